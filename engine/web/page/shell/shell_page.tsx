/* A shell beside a trial that runs: what `assay exec` is in a terminal. */

import { useEffect, useRef, useState } from "preact/hooks";
import { trialPath, type ApiError } from "../api";
import { Command, ErrorBox } from "../components/basics";
import { useResource } from "../hooks";
import { href, Link, useQuery } from "../route";
import type { Replica } from "../types";
import type { ShellState } from "./shell_link";
import { Terminal } from "./terminal";

const SAYS: Record<ShellState, string> = {
  connecting: "Connecting …",
  open: "Connected",
  lost: "The connection is lost; trying again",
  busy: "It does not read what is typed; trying again",
  over: "The shell has ended",
};

const TONES: Record<ShellState, string> = { connecting: "idle", open: "good", lost: "bad", busy: "wait", over: "idle" };

export function ShellPage({ job, trial }: { job: string; trial: string }) {
  const [replica, setReplica] = useQuery("replica");
  const [isSpoken, setSpoken] = useState(false);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<ShellState>("connecting");
  const [error, setError] = useState<ApiError | null>(null);
  const way = useRef<HTMLDivElement>(null);
  const { data } = useResource<{ replicas: Replica[] }>(`${trialPath(job, trial)}/replicas`);
  const replicas = [...new Set((data?.replicas ?? []).map((one) => one.replica))];

  useEffect(() => {
    document.title = `Shell of trial ${trial} · assay`;
    /* From the browser's memory a page comes back with a shell that has ended. */
    const shown = (event: PageTransitionEvent) => event.persisted && location.reload();
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, [trial]);

  const again = () => {
    setError(null);
    setTurn(turn + 1);
  };
  const choose = (name: string) => {
    setReplica(name);
    again();
  };

  return (
    <>
      <div class="page-head">
        <div>
          <div class="crumbs" ref={way}>
            <Link to={href("/jobs")}>Jobs</Link> / <Link to={href(`/jobs/${job}`)}>{job}</Link> / <Link to={href(`/jobs/${job}/trials/${trial}`)}>Trial {trial}</Link>
          </div>
          <h1>Shell of trial {trial}</h1>
        </div>
        <div class="row">
          {replicas.length > 1 && (
            <label class="is-inline choice">
              <span class="quiet">Replica</span>
              <select value={replica || replicas[0]} onChange={(event) => choose(event.currentTarget.value)}>
                {replicas.map((name) => <option key={name} value={name}>{name}</option>)}
              </select>
            </label>
          )}
          <label class="is-inline">
            <input type="checkbox" checked={isSpoken} onChange={(event) => setSpoken(event.currentTarget.checked)} /> for a screen reader
          </label>
          {!error && <span role="status" class={`badge tone-${TONES[state]}`}>{SAYS[state]}</span>}
          {(state === "over" || error) && <button type="button" onClick={again}>Open another one</button>}
        </div>
      </div>
      <ErrorBox error={error}>
        <p>In a terminal of the server's machine: <Command text={`assay exec ${job} ${trial}`} /></p>
      </ErrorBox>
      {!error && (
        <Terminal
          key={`${turn} ${replica}`}
          place={{ job, trial, ...(replica ? { replica } : {}) }}
          isSpoken={isSpoken}
          onState={setState}
          onError={setError}
          onLeave={() => way.current?.querySelector<HTMLElement>("a:last-child")?.focus()}
        />
      )}
      <p class="quiet">
        <kbd>Shift</kbd>+<kbd>F6</kbd> leaves the terminal, <kbd>Ctrl</kbd>+<kbd>Shift</kbd>+<kbd>C</kbd> copies. The shell ends when this page is left; what it started ends with it.
      </p>
    </>
  );
}
