/* A plot's data, asked for again when something happened, but never faster than the server can
 * answer: one question at a time, and between two of them a rest that grows with what they cost. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type ApiError } from "../api";
import { asApiError } from "../hooks";

export interface PlotData<T> {
  data: T | null;
  error: ApiError | null;
  isLoading: boolean;
}

const REST_FACTOR = 4; // at most a fifth of the time is spent on answers

export function usePlot<T>(path: string | null, fresh: number, restMs: number): PlotData<T> {
  const [state, setState] = useState<{ path: string | null } & PlotData<T>>({ path: null, data: null, error: null, isLoading: false });
  const wanted = useRef(fresh);
  const wake = useRef<() => void>(() => {});
  wanted.current = fresh;

  useEffect(() => {
    if (path === null) return;
    const aborter = new AbortController();
    let timer = 0;
    let answered = -1; // the sign that the newest answer came after
    let isAsking = false;

    const ask = async () => {
      isAsking = true;
      const sign = wanted.current;
      const begin = performance.now();
      let rest = restMs;
      try {
        const data = await api.get<T>(path, aborter.signal);
        if (aborter.signal.aborted) return;
        rest = Math.max(restMs, REST_FACTOR * (performance.now() - begin));
        setState({ path, data, error: null, isLoading: false });
      } catch (cause) {
        if (aborter.signal.aborted) return;
        rest = Math.max(restMs, 2000);
        setState((old) => ({ path, data: old.path === path ? old.data : null, error: asApiError(cause), isLoading: false }));
      }
      answered = sign;
      timer = window.setTimeout(() => {
        isAsking = false;
        wake.current();
      }, rest);
    };
    wake.current = () => {
      if (!isAsking && answered !== wanted.current && !document.hidden) void ask();
    };
    const looked = () => wake.current();
    void ask();
    document.addEventListener("visibilitychange", looked);
    return () => {
      aborter.abort();
      clearTimeout(timer);
      wake.current = () => {};
      document.removeEventListener("visibilitychange", looked);
    };
  }, [path, restMs]);
  useEffect(() => wake.current(), [fresh]);

  const isOther = state.path !== path;
  return isOther ? { data: null, error: null, isLoading: path !== null } : state;
}
