/* Several paths asked for at once: a place for each, in their order. */

import { useEffect, useState } from "preact/hooks";
import { api, type ApiError } from "../api";
import { asApiError } from "../hooks";

export interface Part<T> {
  data: T | null;
  error: ApiError | null;
}

/* Asked anew every refreshMs (0: once) while the page is looked at. */
export function useEach<T>(paths: string[], refreshMs = 0): Part<T>[] {
  const key = paths.join("\n");
  const [state, setState] = useState<{ key: string; parts: Part<T>[] }>({ key: "", parts: [] });

  useEffect(() => {
    const aborter = new AbortController();
    let timer = 0;
    const ask = async (path: string): Promise<Part<T>> => {
      try {
        return { data: await api.get<T>(path, aborter.signal), error: null };
      } catch (error) {
        return { data: null, error: asApiError(error) };
      }
    };
    const load = async () => {
      const parts = await Promise.all(paths.map(ask));
      if (aborter.signal.aborted) return;
      setState({ key, parts });
      if (refreshMs > 0) timer = window.setTimeout(again, refreshMs);
    };
    const again = () => {
      if (!document.hidden) void load();
      else timer = window.setTimeout(again, refreshMs);
    };
    void load();
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }, [key, refreshMs]);

  return paths.map((_, i) => (state.key === key ? state.parts[i] : undefined) ?? { data: null, error: null });
}
