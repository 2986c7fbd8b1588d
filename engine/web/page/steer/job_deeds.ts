/* When what can be done with a job; a sentence says why it cannot be done now. */

import { hasEnded } from "../components/basics";
import type { Job, Trial } from "../types";

const isTuning = (job: Job) => job.kind === "HyperparameterTuningJob";

export function whyNotCancel(job: Job): string {
  if (hasEnded(job.state)) return "It has ended.";
  return job.state === "JOB_STATE_CANCELLING" ? "It is being cancelled already." : "";
}

export function canResume(job: Job): boolean {
  return job.state === "JOB_STATE_PAUSED" || (!hasEnded(job.state) && !job.isWorkedOn);
}

export function whyNotPause(job: Job): string {
  if (hasEnded(job.state)) return "It has ended.";
  return job.isWorkedOn && job.state !== "JOB_STATE_CANCELLING" ? "" : "Nothing of it runs.";
}

export function whyNotRetry(job: Job): string {
  if (!isTuning(job)) return "Only trials of a tuning job are run again.";
  if (!job.trialCounts?.failed) return "No trial has failed.";
  return job.state === "JOB_STATE_CANCELLING" ? "It is being cancelled." : "";
}

export function whyNotExtend(job: Job): string {
  if (!isTuning(job)) return "Only a tuning job has budgets.";
  return job.state === "JOB_STATE_CANCELLING" ? "It is being cancelled." : "";
}

export function whyNotDelete(job: Job): string {
  if (hasEnded(job.state) || job.state === "JOB_STATE_PAUSED") return "";
  return "It has not ended; cancel it first.";
}

export function whyNotStopTrial(trial: Trial): string {
  if (trial.endOrder > 0) return "It has ended.";
  if (trial.trial.state === "STOPPING") return "It is being stopped already.";
  return trial.trial.startTime ? "" : "It has not started yet.";
}

export function whyNotRetryTrial(job: Job, trial: Trial): string {
  if (!isTuning(job)) return "Only trials of a tuning job are run again.";
  if (trial.endOrder === 0) return "It has not ended.";
  return trial.failure ? "" : "It has not failed.";
}
