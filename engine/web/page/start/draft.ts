/* What was typed, kept over a reload for as long as the browser's tab is open. */

export interface Draft {
  source: string;
  sourceDir: string;
}

const KEY = "assay-draft";

export function readDraft(): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    /* a browser without storage forgets it */
  }
}

export function dropDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    /* there was none */
  }
}
