/* What a tooltip says of a trial: its parameters are asked for when somebody points at it. */

import * as format from "../../format";
import type { ParameterValue, Trial } from "../../types";
import { plain, plainValue } from "./plot_text";

export interface TrialFacts {
  number: number;
  state: string;
  parameters: Record<string, ParameterValue | null>;
  metrics: Record<string, number | null>;
  failure?: string;
}

export interface TrialLookup {
  known: (trial: number) => TrialFacts | undefined;
  ask: (trial: number) => Promise<TrialFacts | undefined>;
  open?: (trial: number) => void;
}

export function factsOf(item: Trial): TrialFacts {
  return {
    number: Number(item.trial.id),
    state: endStateOf(item),
    parameters: item.parameters,
    metrics: item.metrics,
    failure: item.failure || undefined,
  };
}

/* As the plots name it: a trial that a stopping rule ended is neither failed nor like the others. */
export function endStateOf(item: Trial): string {
  return item.earlyStop && item.trial.state === "SUCCEEDED" ? "STOPPED_EARLY" : item.trial.state;
}

const STATE_WORDS: Record<string, string> = {
  SUCCEEDED: "succeeded",
  STOPPED_EARLY: "stopped early",
  INFEASIBLE: "failed",
  ACTIVE: "running",
  REQUESTED: "waiting",
  STOPPING: "stopping",
};
export const stateWord = (state: string): string => STATE_WORDS[state] ?? state.toLowerCase();

const SHOWN_PARAMETERS = 12;

function lines(facts: TrialFacts): string[] {
  const metrics = Object.entries(facts.metrics).map(([name, value]) => `${plain(name)}  ${format.number(value)}`);
  const parameters = Object.entries(facts.parameters);
  const shown = parameters.slice(0, SHOWN_PARAMETERS).map(([name, value]) => `${plain(name)}  ${plainValue(value)}`);
  const more = parameters.length > shown.length ? [`… ${parameters.length - shown.length} more`] : [];
  const failure = facts.failure ? [plain(facts.failure.replaceAll("_", " "))] : [];
  return [...failure, ...metrics, ...(shown.length ? ["", ...shown] : []), ...more];
}

const title = (trial: number, state: string | undefined) => `Trial ${trial}${state ? ` · ${stateWord(state)}` : ""}`;

export type TooltipFormatter = (params: unknown, ticket: string, callback: (ticket: string, text: string) => string) => string;

/* A formatter for points that stand for trials; others get the text of otherwise, if any. */
export function trialTooltip(
  lookup: TrialLookup,
  trialAt: (params: TooltipParams) => { trial: number; state?: string; says: string[] } | null,
  otherwise: (params: TooltipParams) => string = () => "",
): TooltipFormatter {
  return (given, ticket, callback) => {
    const params = given as TooltipParams;
    const at = trialAt(params);
    if (!at) return otherwise(params);
    const whole = (facts: TrialFacts) => [title(at.trial, facts.state), ...lines(facts)].join("\n");
    const known = lookup.known(at.trial);
    if (known) return whole(known);
    lookup
      .ask(at.trial)
      .then((facts) => facts && callback(ticket, whole(facts)))
      .catch(() => undefined); // what is known at once stays; or the plot is gone by now
    return [title(at.trial, at.state), ...at.says].join("\n");
  };
}

export interface TooltipParams {
  seriesId?: string;
  seriesIndex: number;
  seriesName: string;
  dataIndex: number;
  data: unknown;
  value: unknown;
  componentType: string;
}
