/* A training pipeline as GET /assay/v1/pipelines has it. */

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
  model?: string;
  version?: string;
  data?: { format: string; uri: string; dir?: string; training: number; validation: number; test: number };
}
