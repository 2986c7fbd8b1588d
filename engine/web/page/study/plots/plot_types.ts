/* The answers of …/plots/…, as docs/api.md has them: columns, null where a trial has nothing. */

export type Goal = "MINIMIZE" | "MAXIMIZE";
export type Numbers = (number | null)[];
export type EndState = "SUCCEEDED" | "INFEASIBLE" | "STOPPED_EARLY";

export interface PlotAnswer {
  version: string; // the last end order that was counted
  trialCount: number;
  isSampled?: boolean;
}

export interface History extends PlotAnswer {
  metricId: string;
  goal: Goal;
  from: number;
  to: number;
  endOrder: number[];
  trial: number[];
  value: Numbers;
  state: string[];
  best: { endOrder: number[]; trial: number[]; value: number[] };
}

export interface SampleParameter {
  parameterId: string;
  type: "DOUBLE" | "INTEGER" | "CATEGORICAL" | "DISCRETE";
  scale?: "LINEAR" | "LOG" | "REVERSE_LOG";
  min?: number;
  max?: number;
  values?: (string | number)[];
}

export interface Sample extends PlotAnswer {
  parameters: SampleParameter[];
  metrics: { metricId: string; goal: Goal }[];
  trial: number[];
  endOrder: number[];
  state: string[];
  duration: Numbers;
  parameterValues: Record<string, (number | string | null)[]>;
  metricValues: Record<string, Numbers>;
}

export interface Importance extends PlotAnswer {
  metricId: string;
  method: string;
  detail?: string;
  parameters: { parameterId: string; importance: number; low: number; high: number }[];
  pairs: { parameterIds: [string, string]; importance: number; low: number; high: number }[];
}

export interface Slice extends PlotAnswer {
  parameterId: string;
  metricId: string;
  x: (number | string)[];
  mean: Numbers;
  low: Numbers;
  high: Numbers;
}

export interface ContourSide {
  parameterId: string;
  values: (number | string)[];
}

export interface Contour extends PlotAnswer {
  metricId: string;
  x: ContourSide;
  y: ContourSide;
  mean: Numbers[]; // mean[yIndex][xIndex]
}

export interface Pareto extends PlotAnswer {
  metrics: { metricId: string; goal: Goal }[];
  front: { trial: number[]; values: Record<string, number[]> };
}

export interface Curve {
  trial: number;
  state: string;
  isSampled: boolean;
  step: Numbers;
  elapsed: Numbers;
  value: Numbers;
}

export interface Curves {
  version: string;
  metricId: string;
  goal: Goal;
  curves: Curve[];
}

export interface Timeline extends PlotAnswer {
  from: number;
  to: number;
  trial: number[];
  start: Numbers; // ms since the epoch
  end: Numbers;
  state: string[];
  attempt: number[];
  place: string[];
}

export interface Edf extends PlotAnswer {
  metricId: string;
  goal: Goal;
  value: number[];
  fraction: number[];
}
