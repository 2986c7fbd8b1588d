/* What a view needs of the server, kept fresh for as long as somebody looks. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError } from "./api";
import type { Job, MeasurementEvent, Trial } from "./types";
import { watchJob, type WatchStatus } from "./watch";

export interface Resource<T> {
  data: T | null; // the newest that came; stays while a newer one is asked for
  error: ApiError | null; // of the last try
  isLoading: boolean;
  reload: () => void;
}

/*
 * GET path, again every refreshMs while the page is visible (0: once), and whenever fresh changes.
 * A null path asks for nothing yet.
 */
export function useResource<T>(path: string | null, refreshMs = 0, fresh: unknown = 0): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: ApiError | null }>({
    path,
    data: null,
    error: null,
  });
  const [isLoading, setLoading] = useState(path !== null);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    if (path === null) return;
    const aborter = new AbortController();
    let timer = 0;
    const load = async () => {
      setLoading(true);
      try {
        const data = await api.get<T>(path, aborter.signal);
        if (aborter.signal.aborted) return;
        setState({ path, data, error: null });
      } catch (error) {
        if (aborter.signal.aborted) return;
        setState((old) => ({ path, data: old.path === path ? old.data : null, error: asApiError(error) }));
      }
      setLoading(false);
      if (refreshMs > 0) timer = window.setTimeout(again, refreshMs);
    };
    const again = () => {
      if (!document.hidden) void load();
    };
    const looked = () => {
      clearTimeout(timer);
      again();
    };
    void load();
    if (refreshMs > 0) document.addEventListener("visibilitychange", looked);
    return () => {
      aborter.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", looked);
    };
  }, [path, refreshMs, turn, fresh]);

  const isOther = state.path !== path; // an answer to what was asked before
  return { data: isOther ? null : state.data, error: isOther ? null : state.error, isLoading, reload };
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "UNKNOWN", error instanceof Error ? error.message : String(error));
}

export interface LiveJob {
  job: Job | null;
  error: ApiError | null;
  status: WatchStatus;
  running: Map<string, Trial>; // trials that have not ended, by id
  endedCount: number; // rises with each end that was told; views take it as a sign to ask anew
  rewatch: () => void; // after a deed that lets an ended job go on
}

export interface LiveJobHandlers {
  trial?: (trial: Trial) => void;
  measurement?: (event: MeasurementEvent) => void;
}

/* A job and what happens to it. Events come in bursts: the view is drawn once per frame, not per event. */
export function useLiveJob(id: string, handlers: LiveJobHandlers = {}): LiveJob {
  const kept = useRef(handlers);
  kept.current = handlers;
  const [error, setError] = useState<ApiError | null>(null);
  const [status, setStatus] = useState<WatchStatus>("connecting");
  const [turn, setTurn] = useState(0);
  const rewatch = useCallback(() => setTurn((n) => n + 1), []);
  const live = useRef({ job: null as Job | null, running: new Map<string, Trial>(), endedCount: 0 });
  const [, draw] = useState(0);

  useEffect(() => {
    const aborter = new AbortController();
    let frame = 0;
    const drawSoon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw((n) => n + 1);
      });
    };
    live.current = { job: turn && live.current.job?.id === id ? live.current.job : null, running: new Map(), endedCount: 0 };
    setError(null);
    let stop = () => {};
    const watch = () => {
      if (aborter.signal.aborted) return;
      stop = watchJob(id, {
        job: (job) => {
          live.current.job = job;
          setError(null);
          drawSoon();
        },
        trial: (trial) => {
          if (trial.endOrder > 0) {
            live.current.running.delete(trial.trial.id);
            live.current.endedCount++;
          } else live.current.running.set(trial.trial.id, trial);
          kept.current.trial?.(trial);
          drawSoon();
        },
        measurement: (event) => kept.current.measurement?.(event),
        deleted: (event) => {
          if (!event.trialId) setError(new ApiError(404, "NOT_FOUND", "This job was deleted."));
        },
        status: setStatus,
      });
    };
    /* The stream says the same, but not why there is no such job; and the trials of a large one are counted
     * once for both, where the second asks after the first was answered. */
    api.get<Job>(`/assay/v1/jobs/${encodeURIComponent(id)}`, aborter.signal).then(
      (job) => {
        if (aborter.signal.aborted) return;
        live.current.job ??= job;
        drawSoon();
        watch();
      },
      (cause) => {
        const why = asApiError(cause);
        if (aborter.signal.aborted) return;
        setError(why);
        if (why.status !== 404) watch();
      },
    );
    return () => {
      aborter.abort();
      cancelAnimationFrame(frame);
      stop();
    };
  }, [id, turn]);

  return { ...live.current, error, status, rewatch };
}

/* A number that follows another, but changes at most every ms: for what is dear to ask anew. */
export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + ms - performance.now());
    const timer = window.setTimeout(() => {
      last.current = performance.now();
      setShown(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return shown;
}

/* The same, but as soon as it has been still for ms: for what is typed. */
export function useSettled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return shown;
}
