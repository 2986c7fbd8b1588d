/* What the server answers, as docs/api.md has it; members that nobody here reads are left out. */

export type JobState =
  | "JOB_STATE_QUEUED"
  | "JOB_STATE_PENDING"
  | "JOB_STATE_RUNNING"
  | "JOB_STATE_PAUSED"
  | "JOB_STATE_CANCELLING"
  | "JOB_STATE_CANCELLED"
  | "JOB_STATE_SUCCEEDED"
  | "JOB_STATE_FAILED";

export type ParameterValue = number | string | boolean;

export interface Objective {
  metricId: string;
  goal: "MINIMIZE" | "MAXIMIZE";
}

export interface TrialCounts {
  created: number;
  running: number;
  ended: number;
  succeeded: number;
  failed: number;
  stoppedEarly?: number;
  lastEndOrder: number;
}

export interface BestTrial {
  id: number;
  parameters: Record<string, ParameterValue>;
  metrics: Record<string, number>;
  outputDir?: string;
}

export interface Job {
  id: string;
  name: string;
  kind: "HyperparameterTuningJob" | "CustomJob" | "Study";
  displayName: string;
  state: JobState;
  isWorkedOn: boolean;
  createTime: string;
  startTime?: string;
  endTime?: string;
  errorCode?: number;
  errorMessage?: string;
  note?: string;
  maxTrialCount?: number;
  parallelTrialCount?: number;
  seed?: string;
  algorithm?: string;
  objective?: Objective;
  objectives?: Objective[];
  metricIds?: string[];
  parameterIds?: string[];
  stateDir?: string;
  enableWebAccess?: boolean;
  modelDir?: string;
  trialCounts?: TrialCounts;
  bestTrial?: BestTrial;
}

export type TrialState = "REQUESTED" | "ACTIVE" | "STOPPING" | "SUCCEEDED" | "INFEASIBLE";

export interface Measurement {
  stepCount?: string;
  elapsedDuration?: string;
  metrics?: { metricId: string; value: number }[];
}

/* As a watched job tells it. */
export interface MeasurementEvent {
  trialId: string;
  index: number;
  measurement: Measurement;
}

export interface Trial {
  trial: {
    name: string;
    id: string;
    state: TrialState;
    parameters?: { parameterId: string; value: ParameterValue }[];
    finalMeasurement?: Measurement;
    measurements?: Measurement[];
    startTime?: string;
    endTime?: string;
    infeasibleReason?: string;
    customJob?: string;
    clientId?: string;
  };
  parameters: Record<string, ParameterValue>;
  metrics: Record<string, number>;
  attempt: number;
  endOrder: number;
  failure: string;
  retryOf?: string;
  earlyStop?: { progress?: number; why?: string };
}

export interface TrialsWindow {
  count: number;
  offset: number;
  version: string;
  trials: Trial[];
}

export interface Attempt {
  job: string;
  trial: string;
  attempt: number;
  replica: number;
  state: "PREPARING" | "WAITING" | "RUNNING";
  isElsewhere: boolean;
  cpus?: number;
  memoryBytes?: number;
  gpuCount?: number;
  gpuShare?: number;
  gpus?: string[];
  why?: string;
  place?: string;
  startTime?: string;
  node?: string;
}

export interface Places {
  machine?: { cpus: number; memoryBytes: number; gpus: string[] };
  free?: { cpus: number; memoryBytes: number; gpus: string[] };
  attempts?: Attempt[];
  time?: string;
  disk?: Record<string, unknown>;
}

export interface ReplicaEnd {
  kind: string;
  status: number;
  text: string;
  startTime?: string;
  endTime?: string;
  cpuSeconds?: number;
  peakMemoryBytes?: number;
}

export interface Replica {
  attempt: number;
  replica: string;
  directory: string;
  place?: string;
  pid?: number;
  container?: string;
  slurmJob?: string;
  node?: string;
  command?: string[];
  exit?: ReplicaEnd;
}
