/* Commands that mean what the page shows, wherever they are typed. */

import type { Job } from "../types";

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/* On the server's own machine its state folder is named, from elsewhere its address. */
export function assayCommand(job: Pick<Job, "stateDir"> | null, ...words: (string | number)[]): string {
  const isHere = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
  const where = isHere ? (job?.stateDir ? ["--state", job.stateDir] : []) : ["--endpoint", location.origin];
  return ["assay", ...words.map(String), ...where].map(quoted).join(" ");
}
