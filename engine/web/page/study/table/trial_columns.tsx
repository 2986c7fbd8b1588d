/* The columns that a table of trials can have. */

import type { ComponentChildren } from "preact";
import { Elapsed, Num, StateBadge, Time } from "../../components/basics";
import * as format from "../../format";
import { href, Link } from "../../route";
import type { Job, Trial } from "../../types";
import { endStateOf } from "../plots/trial_lookup";

export interface Column {
  id: string; // what the server sorts by
  label: string;
  group: "trial" | "metric" | "parameter";
  width: number; // pixels
  isNumber: boolean;
  show: (trial: Trial) => ComponentChildren;
  text: (trial: Trial) => string | number | null; // for the CSV and the title
}

/* A key of orderBy and filter: quoted where it is no plain word. */
export function memberKey(group: "metrics" | "parameters", id: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(id) ? `${group}.${id}` : `${group}.${quoted(id)}`;
}

export const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

const wide = (label: string, least: number) => Math.min(220, Math.max(least, 34 + 7.5 * label.length));

function trialColumns(job: string): Column[] {
  const number = (trial: Trial) => Number(trial.trial.id);
  const ms = ({ trial }: Trial) => (trial.startTime && trial.endTime ? Date.parse(trial.endTime) - Date.parse(trial.startTime) : null);
  return [
    {
      id: "number", label: "Trial", group: "trial", width: 92, isNumber: true, text: number,
      show: (trial) => <Link to={href(`/jobs/${job}/trials/${trial.trial.id}`)}>{trial.trial.id}</Link>,
    },
    {
      id: "state", label: "State", group: "trial", width: 140, isNumber: false, text: endStateOf,
      show: (trial) => <StateBadge state={endStateOf(trial)} title={trial.trial.infeasibleReason} />,
    },
    {
      id: "duration", label: "Duration", group: "trial", width: 110, isNumber: true,
      text: (trial) => (ms(trial) === null ? null : ms(trial)! / 1000),
      show: ({ trial }) => <Elapsed from={trial.startTime} to={trial.endTime} />,
    },
    { id: "startTime", label: "Started", group: "trial", width: 170, isNumber: false, text: ({ trial }) => trial.startTime ?? null, show: ({ trial }) => <Time at={trial.startTime} /> },
    { id: "endTime", label: "Ended", group: "trial", width: 170, isNumber: false, text: ({ trial }) => trial.endTime ?? null, show: ({ trial }) => <Time at={trial.endTime} /> },
    { id: "failure", label: "Failure", group: "trial", width: 130, isNumber: false, text: (trial) => trial.failure, show: (trial) => trial.failure.replaceAll("_", " ") },
    { id: "attempt", label: "Attempt", group: "trial", width: 96, isNumber: true, text: (trial) => trial.attempt, show: (trial) => trial.attempt || "–" },
    { id: "endOrder", label: "Ended as", group: "trial", width: 106, isNumber: true, text: (trial) => trial.endOrder || null, show: (trial) => (trial.endOrder ? format.count(trial.endOrder) : "–") },
  ];
}

function metricColumn(id: string): Column {
  return {
    id: memberKey("metrics", id), label: id, group: "metric", width: wide(id, 120), isNumber: true,
    text: (trial) => trial.metrics[id] ?? null,
    show: (trial) => <Num of={trial.metrics[id]} />,
  };
}

function parameterColumn(id: string): Column {
  const valueOf = (trial: Trial) => trial.parameters[id];
  return {
    id: memberKey("parameters", id), label: id, group: "parameter", width: wide(id, 120), isNumber: true,
    text: (trial) => (valueOf(trial) === undefined ? null : String(valueOf(trial))),
    show: (trial) => format.value(valueOf(trial)),
  };
}

export function columnsOf(job: Job): Column[] {
  const [number, state, ...rest] = trialColumns(job.id);
  return [number, state, ...(job.metricIds ?? []).map(metricColumn), ...(job.parameterIds ?? []).map(parameterColumn), ...rest];
}

const FIRST_PARAMETERS = 10;

/* What is shown until somebody chooses: what tells trials apart. */
export function usualColumns(columns: Column[]): string[] {
  const parameters = columns.filter((column) => column.group === "parameter").slice(0, FIRST_PARAMETERS);
  const shown = new Set(["number", "state", "duration", "startTime", ...parameters.map((column) => column.id)]);
  return columns.filter((column) => column.group === "metric" || shown.has(column.id)).map((column) => column.id);
}
