/* What the trial wrote, as it writes it. The browser draws only the blocks that are seen. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Card, ErrorBox, Loading } from "../components/basics";
import * as format from "../format";
import { useResource, useSettled } from "../hooks";
import { useQuery } from "../route";
import type { Job, Trial } from "../types";
import { LogDownload } from "./log_download";
import { LogSearch } from "./log_search";
import type { Block } from "./log_text";
import { useHits, type Hits } from "./use_hits";
import { logPath, useLog, type Log, type LogId, type LogStat } from "./use_log";

const PRIMARY = "workerpool0-0";
const STAT_MS = 5000;

export function LogView({ job, item }: { job: Job; item: Trial }) {
  const [stream, setStream] = useQuery("stream", "stdout");
  const [attemptWord, setAttempt] = useQuery("attempt", "");
  const [replica, setReplica] = useQuery("replica", PRIMARY);
  const [at, setAt] = useQuery("at");
  const attempt = Number(attemptWord) || item.attempt;
  const isOver = item.endOrder > 0 || attempt < item.attempt;
  const id: LogId = { job: job.id, trial: item.trial.id, stream, attempt, replica };
  const stat = useResource<LogStat>(logPath(id, "logs:stat"), isOver ? 0 : STAT_MS, item.endOrder);
  const attempts = Math.max(item.attempt, stat.data?.attempts ?? 0);
  const replicas = stat.data?.replicas ?? [];
  const chosen = (set: (value: string) => void) => (value: string) => {
    setAt("");
    set(value);
  };

  if (attempt === 0) return <Card><p class="quiet">It has not been started yet: there is no log.</p></Card>;
  return (
    <Card
      title="Logs"
      tools={
        <>
          <div class="row" role="group" aria-label="Stream">
            {["stdout", "stderr"].map((name) => (
              <button key={name} type="button" class="small" aria-pressed={stream === name} onClick={() => chosen(setStream)(name)}>{name}</button>
            ))}
          </div>
          {attempts > 1 && (
            <select aria-label="Attempt" value={String(attempt)} onChange={(event) => chosen(setAttempt)(event.currentTarget.value)}>
              {Array.from({ length: attempts }, (_, i) => <option key={i} value={String(i + 1)}>Attempt {i + 1}</option>)}
            </select>
          )}
          {replicas.length > 1 && (
            <select aria-label="Replica" value={replica} onChange={(event) => chosen(setReplica)(event.currentTarget.value)}>
              {replicas.map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          )}
          <LogDownload id={id} size={Number(stat.data?.size ?? 0)} />
        </>
      }
    >
      <Reader key={JSON.stringify(id)} id={id} isOver={isOver} at={at} onAt={setAt} size={Number(stat.data?.size ?? 0)} />
    </Card>
  );
}

interface ReaderProps {
  id: LogId;
  isOver: boolean;
  at: string; // an offset that the address names
  onAt: (at: string) => void;
  size: number;
}

function Reader({ id, isOver, at, onAt, size }: ReaderProps) {
  const [find, setFind] = useQuery("find");
  const [wrap, setWrap] = useQuery("wrap", "yes");
  const log = useLog(id, at === "" ? null : Number(at), isOver);
  const box = useRef<HTMLDivElement>(null);
  const needle = useSettled(find.trim(), 200);
  const hits = useHits(box, needle, log.text.blocks);
  const goTo = (offset: string) => {
    onAt(offset);
    log.toOffset(Number(offset));
  };
  return (
    <div class="stack">
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <input type="search" aria-label="Search in the log" placeholder="Search in the log" value={find} onInput={(event) => setFind(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && hits.go(event.shiftKey ? -1 : 1)} />
        {needle !== "" && (
          <>
            <span class="quiet num" role="status">{hitsText(hits)}</span>
            <button type="button" class="small" disabled={hits.count === 0} onClick={() => hits.go(-1)}>Previous</button>
            <button type="button" class="small" disabled={hits.count === 0} onClick={() => hits.go(1)}>Next</button>
          </>
        )}
        <label class="is-inline">
          <input type="checkbox" checked={wrap === "yes"} onChange={() => setWrap(wrap === "yes" ? "no" : "yes")} /> Wrap lines
        </label>
      </form>
      {needle !== "" && <LogSearch key={needle} id={id} text={needle} onChoose={goTo} />}
      <ErrorBox error={log.error} />
      <Lines key={log.turn} box={box} log={log} isWrapped={wrap === "yes"} />
      <Foot log={log} size={size} isOver={isOver} onEnd={() => {
        onAt("");
        log.toEnd();
      }} />
    </div>
  );
}

function hitsText({ count, current, isCut }: Hits): string {
  if (count === 0) return "not in what is loaded";
  const all = format.count(count) + (isCut ? " and more" : "");
  return current < 0 ? `${all} in what is loaded` : `${format.count(current + 1)} of ${all}`;
}

function Foot({ log, size, isOver, onEnd }: { log: Log; size: number; isOver: boolean; onEnd: () => void }) {
  const { from, to } = log.text;
  const whole = Math.max(size, to);
  const part = log.isAtEnd ? `The last ${format.bytes(to - from)}` : `${format.bytes(to - from)} from byte ${format.count(from)} on`;
  return (
    <div class="row quiet">
      <span class="num">{from === 0 && to >= whole ? `All of it, ${format.bytes(whole)}.` : `${part}, of ${format.bytes(whole)}.`}</span>
      <span>{log.isEnded ? "It has ended." : log.isAtEnd ? "Following what it writes." : ""}</span>
      {!log.isAtEnd && !log.isLoading && <button type="button" class="small" onClick={onEnd}>{isOver ? "To the end" : "Follow the end"}</button>}
    </div>
  );
}

const NEAR = 40; // pixels from an end that count as being there

interface LinesProps {
  box: { current: HTMLDivElement | null };
  log: Log;
  isWrapped: boolean;
}

function Lines({ box, log, isWrapped }: LinesProps) {
  const { blocks, from, tailText, markedId } = log.text;
  const isSticking = useRef(!log.isAtOffset);
  const isMarkSought = useRef(log.isAtOffset);
  const [isAway, setAway] = useState(log.isAtOffset);
  const before = useRef({ first: 0, height: 0 });

  const scrolled = () => {
    if (log.isLoading) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    isSticking.current = log.isAtEnd && scrollHeight - scrollTop - clientHeight < NEAR;
    log.hold(!isSticking.current);
    setAway(!isSticking.current);
  };
  useEffect(() => log.hold(log.isAtOffset), []);

  /* Who reads the end stays there; who reads something else keeps it in sight when lines come above. */
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const first = blocks[0]?.id ?? 0;
    const marked = isMarkSought.current ? current.querySelector<HTMLElement>(".log-block.is-marked") : null;
    if (marked) {
      isMarkSought.current = false;
      current.scrollTop = marked.offsetTop - current.clientHeight / 3;
    } else if (isSticking.current) current.scrollTop = current.scrollHeight;
    else if (before.current.first !== 0 && first !== before.current.first && blocks.some(({ id }) => id === before.current.first))
      current.scrollTop += current.scrollHeight - before.current.height;
    before.current = { first, height: current.scrollHeight };
  });

  const toEnd = () => {
    box.current!.scrollTop = box.current!.scrollHeight;
    scrolled();
  };
  return (
    <div class="log-frame">
      <div ref={box} class={isWrapped ? "log is-wrapped" : "log"} tabIndex={0} role="log" aria-live="off" aria-label="Lines of the log" onScroll={scrolled}>
        {from > 0 && (
          <button type="button" class="small log-more" disabled={log.isLoading} onClick={() => void log.earlier()}>
            Show earlier lines ({format.bytes(from)} are above)
          </button>
        )}
        {blocks.map((block) => <LogBlock key={block.id} block={block} isMarked={block.id === markedId} />)}
        {log.isAtEnd && tailText !== "" && <div class="log-block">{tailText}</div>}
        {!log.isAtEnd && !log.isLoading && blocks.length > 0 && (
          <button type="button" class="small log-more" onClick={() => void log.later()}>Show later lines</button>
        )}
        {blocks.length === 0 && tailText === "" && (log.isLoading ? <Loading /> : <p class="quiet">Nothing was written{log.isEnded ? "" : " yet"}.</p>)}
      </div>
      {isAway && log.isAtEnd && !log.isEnded && (
        <button type="button" class="small is-primary log-follow" onClick={toEnd}>Follow</button>
      )}
    </div>
  );
}

const LINE_PIXELS = 19;

/* Its height is known before it is drawn, so that the scroll bar stays true. */
function LogBlock({ block, isMarked }: { block: Block; isMarked: boolean }) {
  return (
    <div class={isMarked ? "log-block is-marked" : "log-block"} style={{ containIntrinsicSize: `auto 100px auto ${block.lines * LINE_PIXELS}px` }}>
      {block.text}
    </div>
  );
}
