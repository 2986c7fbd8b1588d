/* The list of jobs, by windows that the server sorts and filters. */

import type { Job } from "../types";

export interface JobRow extends Job {
  bestValue?: number;
  metricId?: string;
}

export interface JobsWindow {
  count: number; // of all that the filter lets through
  jobs: JobRow[];
}

export const STATE_GROUPS: { id: string; label: string; states: string[] }[] = [
  { id: "running", label: "Running", states: ["JOB_STATE_RUNNING", "JOB_STATE_CANCELLING"] },
  { id: "waiting", label: "Waiting", states: ["JOB_STATE_QUEUED", "JOB_STATE_PENDING"] },
  { id: "paused", label: "Paused", states: ["JOB_STATE_PAUSED"] },
  { id: "succeeded", label: "Succeeded", states: ["JOB_STATE_SUCCEEDED"] },
  { id: "failed", label: "Failed", states: ["JOB_STATE_FAILED"] },
  { id: "cancelled", label: "Cancelled", states: ["JOB_STATE_CANCELLED"] },
];

export const KINDS: { id: string; label: string }[] = [
  { id: "HyperparameterTuningJob", label: "Tuning job" },
  { id: "CustomJob", label: "Custom job" },
  { id: "Study", label: "Study" },
];

export const kindLabel = (kind: string) => KINDS.find((known) => known.id === kind)?.label ?? kind;

const quoted = (text: string) => `"${text.replace(/["'\\]/g, "\\$&")}"`;
const any = (terms: string[]) => (terms.length > 1 ? `(${terms.join(" OR ")})` : terms[0]);

/* Filter words of the list's grammar; nothing asked for matches all. */
export function jobsFilter(of: { groups?: string[]; kind?: string; name?: string }): string {
  const terms: string[] = [];
  const states = STATE_GROUPS.filter((group) => of.groups?.includes(group.id)).flatMap((group) => group.states);
  if (states.length > 0) terms.push(any(states.map((state) => `state=${quoted(state)}`)));
  if (of.kind) terms.push(`kind=${quoted(of.kind)}`);
  if (of.name) terms.push(`displayName:${quoted(of.name)}`);
  return terms.join(" AND ");
}

export function jobsWindowPath(of: { filter: string; orderBy?: string; offset?: number; limit: number }): string {
  const query = new URLSearchParams({ orderBy: of.orderBy ?? "createTime desc", limit: String(of.limit) });
  if (of.filter) query.set("filter", of.filter);
  if (of.offset) query.set("offset", String(of.offset));
  return `/assay/v1/jobs:window?${query}`;
}
