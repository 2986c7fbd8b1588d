/* A log that is read where the reader is: its end as it is written, or any part of it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api, trialPath, type ApiError } from "../api";
import { asApiError } from "../hooks";
import { LogText } from "./log_text";

export interface LogId {
  job: string;
  trial: string;
  stream: string;
  attempt: number;
  replica: string;
}

export interface LogStat {
  size: string;
  attempts: number;
  replicas: string[];
}

export interface Log {
  text: LogText;
  turn: number; // rises when another part is gone to
  isAtOffset: boolean; // that part is not the end
  isAtEnd: boolean; // the newest bytes are here, and further ones come
  isLoading: boolean;
  isEnded: boolean; // nothing more will be written
  error: ApiError | null;
  earlier: () => Promise<void>;
  later: () => Promise<void>;
  toEnd: () => void;
  toOffset: (offset: number) => void;
  hold: (isHeld: boolean) => void; // the reader looks at something: nothing is taken away above
}

const WHOLE_BYTES = 1024 * 1024; // a log up to this size is shown from its begin
const FIRST_BYTES = 256 * 1024; // else so much of its end
const STEP_BYTES = 256 * 1024; // that are read at a time
const BEFORE_BYTES = 32 * 1024; // shown before an offset that is gone to
const KEPT_BYTES = 3 * 1024 * 1024;
const HELD_BYTES = 2 * KEPT_BYTES;
const RETRY_MS = 1000;

export function logPath(id: LogId, what = "logs", more: Record<string, string | number> = {}): string {
  const query = new URLSearchParams({ stream: id.stream, attempt: String(id.attempt), replica: id.replica });
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return `${trialPath(id.job, id.trial)}/${what}?${query}`;
}

/* Adds bytes from the part's end to offset end; the middle of a very long log may be gone. */
async function readPart(id: LogId, part: LogText, end: number, signal: AbortSignal): Promise<void> {
  for (let at = part.to; at < end; at = part.to) {
    const bytes = await api.bytes(logPath(id, "logs", { offset: at }), signal);
    if (bytes.length > 0) {
      part.append(bytes.subarray(0, end - at));
      continue;
    }
    const left = await api.get<{ leftOut: string; text: string }>(logPath(id, "logs", { gap: "true", offset: at }), signal);
    if (Number(left.leftOut) === 0) return;
    part.appendGap(left.text, Number(left.leftOut));
  }
}

/* Bytes begin..end, from the first line that begins there; all of them where none does. */
async function partOf(id: LogId, begin: number, end: number, signal: AbortSignal): Promise<LogText> {
  const part = new LogText(begin, begin > 0);
  await readPart(id, part, end, signal);
  if (part.from < end || begin === 0) return part;
  const whole = new LogText(begin);
  await readPart(id, whole, end, signal);
  return whole;
}

/* start: an offset to begin at; null: the end. isOver: the attempt writes no more. */
export function useLog(id: LogId, start: number | null, isOver: boolean): Log {
  const [where, setWhere] = useState<{ offset: number | null; turn: number }>({ offset: start, turn: 0 });
  const text = useRef(new LogText(0));
  const aborter = useRef(new AbortController());
  const isHeld = useRef(false);
  const frame = useRef(0);
  const [, draw] = useState(0);
  const state = useRef({ isAtEnd: false, isLoading: true, isEnded: false, error: null as ApiError | null });
  const key = JSON.stringify([id, where]);

  const drawSoon = () => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      draw((n) => n + 1);
    });
  };
  const set = (change: Partial<typeof state.current>) => {
    Object.assign(state.current, change);
    drawSoon();
  };

  /* Reads on from the end of what is here, for as long as the attempt writes. */
  async function follow(signal: AbortSignal): Promise<void> {
    const response = await api.stream(logPath(id, "logs", { follow: "true", offset: text.current.to }), signal);
    const reader = response.body!.getReader();
    set({ isAtEnd: true, isLoading: false, error: null });
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) return set({ isEnded: true });
      text.current.append(value);
      if (!isHeld.current) text.current.trimBegin(KEPT_BYTES);
      else if (text.current.size > HELD_BYTES) {
        set({ isAtEnd: false });
        await reader.cancel();
        return;
      }
      drawSoon();
    }
  }

  async function open(signal: AbortSignal): Promise<void> {
    const size = Number((await api.get<LogStat>(logPath(id, "logs:stat"), signal)).size);
    if (where.offset === null || where.offset >= size) {
      const begin = size <= WHOLE_BYTES ? 0 : size - FIRST_BYTES;
      text.current = new LogText(begin, begin > 0);
      return follow(signal);
    }
    const part = await partOf(id, Math.max(0, where.offset - BEFORE_BYTES), where.offset, signal);
    part.mark();
    const end = Math.min(size, where.offset + STEP_BYTES);
    await readPart(id, part, end, signal);
    if (signal.aborted) return;
    text.current = part;
    if (end >= size) await follow(signal);
    else set({ isAtEnd: false, isLoading: false, error: null });
  }

  useEffect(() => {
    const mine = new AbortController();
    let timer = 0;
    aborter.current = mine;
    text.current = new LogText(0);
    set({ isAtEnd: false, isLoading: true, isEnded: false, error: null });
    const failed = (again: () => Promise<void>) => (error: unknown) => {
      if (mine.signal.aborted) return;
      set({ error: asApiError(error), isLoading: false });
      timer = window.setTimeout(() => again().catch(failed(() => follow(mine.signal))), RETRY_MS);
    };
    open(mine.signal).catch(failed(() => open(mine.signal)));
    return () => {
      mine.abort();
      aborter.current.abort();
      clearTimeout(timer);
    };
  }, [key]);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  /* One step at a time; what was asked for before another part was gone to is forgotten. */
  const step = async (read: (signal: AbortSignal) => Promise<void>) => {
    const { signal } = aborter.current;
    if (state.current.isLoading) return;
    set({ isLoading: true });
    try {
      await read(signal);
      if (!signal.aborted) set({ isLoading: false, error: null });
    } catch (error) {
      if (!signal.aborted) set({ isLoading: false, error: asApiError(error) });
    }
  };
  const earlier = () =>
    step(async (signal) => {
      const { from } = text.current;
      const begin = Math.max(0, from - STEP_BYTES);
      const part = await partOf(id, begin, from, signal);
      if (signal.aborted) return;
      text.current.prepend(part);
      if (text.current.trimEnd(HELD_BYTES)) {
        aborter.current.abort();
        aborter.current = new AbortController();
        set({ isAtEnd: false, isLoading: false });
      }
    });
  const later = () =>
    step(async (signal) => {
      const size = Number((await api.get<LogStat>(logPath(id, "logs:stat"), signal)).size);
      const end = Math.min(size, text.current.to + STEP_BYTES);
      await readPart(id, text.current, end, signal);
      text.current.trimBegin(HELD_BYTES);
      if (end >= size) void follow(signal).catch((error: unknown) => !signal.aborted && set({ error: asApiError(error) }));
    });
  const to = (offset: number | null) => {
    aborter.current.abort();
    text.current = new LogText(0);
    set({ isAtEnd: false, isLoading: true });
    setWhere(({ turn }) => ({ offset, turn: turn + 1 }));
  };

  return {
    text: text.current,
    turn: where.turn,
    isAtOffset: where.offset !== null,
    ...state.current,
    isEnded: state.current.isEnded || (isOver && state.current.isAtEnd),
    earlier,
    later,
    toEnd: () => to(null),
    toOffset: to,
    hold: (held) => {
      isHeld.current = held;
    },
  };
}
