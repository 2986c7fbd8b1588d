/* What is being made, for as long as the tab is open: a reload loses nothing. */

import type { Shelf } from "./shape";

export interface Draft {
  source: string;
  sourceDir: string;
  shelf: Shelf;
  from: string; // the query that it was made from; "" for none
}

const KEY = "assay-draft";

export function loadDraft(): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

export function saveDraft(draft: Draft | null): void {
  try {
    if (draft?.source) sessionStorage.setItem(KEY, JSON.stringify(draft));
    else sessionStorage.removeItem(KEY);
  } catch {
    /* no room for it: the page goes on without */
  }
}
