/* Trials by their place in the order that was asked for: only the pages that are looked at. */

import { useRef, useState } from "preact/hooks";
import { api, jobPath, type ApiError } from "../../api";
import { asApiError } from "../../hooks";
import type { Trial, TrialsWindow } from "../../types";

const PAGE = 100;
const KEPT = 60; // pages
/* While somebody drags the bar, what is passed by is not asked for. */
const SETTLE_MS = 60;

export interface TrialPages {
  query: string; // what was asked for; other rows where it is another
  count: number | null; // null: not known yet
  at: (place: number) => Trial | undefined;
  error: ApiError | null;
  look: (first: number, last: number, fresh: number) => () => void; // an effect's
}

interface Kept {
  query: string;
  count: number | null;
  pages: Map<number, { trials: Trial[]; fresh: number }>;
}

export function windowPath(job: string, orderBy: string, filter: string, offset: number, limit: number): string {
  const query = new URLSearchParams({ orderBy, offset: String(offset), limit: String(limit) });
  if (filter) query.set("filter", filter);
  return `${jobPath(job)}/trials:window?${query}`;
}

/* What is shown stays until what is newer has come. */
export function useTrialPages(job: string, orderBy: string, filter: string): TrialPages {
  const query = JSON.stringify([job, orderBy, filter]);
  const kept = useRef<Kept>({ query, count: null, pages: new Map() });
  const [error, setError] = useState<ApiError | null>(null);
  const [, draw] = useState(0);
  if (kept.current.query !== query) kept.current = { query, count: kept.current.count, pages: new Map() };
  const mine = kept.current;

  const load = async (page: number, fresh: number, signal: AbortSignal) => {
    try {
      const answer = await api.get<TrialsWindow>(windowPath(job, orderBy, filter, page * PAGE, PAGE), signal);
      if (signal.aborted || kept.current !== mine) return;
      mine.count = answer.count;
      mine.pages.delete(page);
      mine.pages.set(page, { trials: answer.trials, fresh });
      for (const old of mine.pages.keys()) if (mine.pages.size > KEPT) mine.pages.delete(old);
      setError(null);
      draw((n) => n + 1);
    } catch (cause) {
      if (!signal.aborted) setError(asApiError(cause));
    }
  };

  /* The rows first … last - 1 are looked at. */
  const look = (first: number, last: number, fresh: number) => {
    const aborter = new AbortController();
    const wanted: number[] = [];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, last - 1) / PAGE); page++)
      if (mine.pages.get(page)?.fresh !== fresh) wanted.push(page);
    const ask = () => wanted.forEach((page) => void load(page, fresh, aborter.signal));
    const timer = window.setTimeout(ask, mine.pages.size ? SETTLE_MS : 0);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  };

  return {
    query,
    count: mine.count,
    at: (place) => mine.pages.get(Math.floor(place / PAGE))?.trials[place % PAGE],
    error,
    look,
  };
}
