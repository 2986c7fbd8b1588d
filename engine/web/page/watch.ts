/* To stay with a job: the server's stream of events, for as long as the page is looked at. Who comes
 * back goes on after the last event that was seen, so nothing is missed and nothing is asked for twice. */

import { jobPath } from "./api";
import type { Job, MeasurementEvent, Trial } from "./types";

export type WatchStatus = "connecting" | "live" | "lost" | "ended";

export interface WatchHandlers {
  job?: (job: Job) => void;
  trial?: (trial: Trial) => void;
  measurement?: (event: MeasurementEvent) => void;
  deleted?: (event: { id: string; trialId?: string }) => void;
  status?: (status: WatchStatus) => void;
}

const RETRY_MS = [500, 1000, 2000, 4000, 8000];
/* A page that nobody looks at costs the server nothing after a while. */
const HIDDEN_MS = 15_000;

/* The returned function ends it. */
export function watchJob(id: string, handlers: WatchHandlers): () => void {
  let source: EventSource | null = null;
  let lastEventId = "";
  let failures = 0;
  let timer = 0;
  let isOver = false;

  const told = (status: WatchStatus) => handlers.status?.(status);

  function listen<T>(type: string, tell: ((value: T) => void) | undefined) {
    source!.addEventListener(type, (event) => {
      const message = event as MessageEvent<string>;
      lastEventId = message.lastEventId;
      tell?.(JSON.parse(message.data) as T);
    });
  }

  function close() {
    source?.close();
    source = null;
    clearTimeout(timer);
  }

  function open() {
    close();
    const after = lastEventId ? `&lastEventId=${encodeURIComponent(lastEventId)}` : "";
    source = new EventSource(`${jobPath(id)}:watch?gather=true${after}`);
    source.onopen = () => {
      failures = 0;
      told("live");
    };
    source.onerror = () => lost();
    listen<Job>("job", handlers.job);
    listen<Trial>("trial", handlers.trial);
    listen<MeasurementEvent>("measurement", handlers.measurement);
    listen<{ id: string; trialId?: string }>("deleted", (event) => {
      handlers.deleted?.(event);
      if (!event.trialId) end();
    });
  }

  /* The end of a job is told by an id that says so (docs/design/watch.md). */
  function lost() {
    close();
    if (lastEventId.includes("-end-")) return end();
    told("lost");
    timer = window.setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  }

  function end() {
    isOver = true;
    close();
    told("ended");
    document.removeEventListener("visibilitychange", looked);
  }

  function looked() {
    clearTimeout(timer);
    if (document.hidden) timer = window.setTimeout(close, HIDDEN_MS);
    else if (!source && !isOver) open();
  }

  told("connecting");
  document.addEventListener("visibilitychange", looked);
  open();
  return () => {
    isOver = true;
    close();
    document.removeEventListener("visibilitychange", looked);
  };
}
