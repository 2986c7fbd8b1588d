/* A training pipeline as GET /assay/v1/pipelines has it. */

export type SplitSet = "training" | "validation" | "test";
export const SPLIT_SETS: readonly SplitSet[] = ["training", "validation", "test"];

export interface Split {
  kind: "fractionSplit" | "filterSplit" | "predefinedSplit" | "timestampSplit" | "stratifiedSplit";
  key?: string; // the column it goes by
  fractions?: Record<SplitSet, number>;
  filters?: Record<SplitSet, string>;
}

export interface Pipeline {
  id: string;
  displayName: string;
  state: string;
  step?: string;
  isWorkedOn: boolean;
  createTime: string;
  startTime?: string;
  endTime?: string;
  errorMessage?: string;
  job?: string;
  jobState?: string;
  dataset?: string;
  split?: Split;
  model?: string;
  version?: string;
  data?: { format: string; uri: string; dir?: string } & Record<SplitSet, number>;
}
