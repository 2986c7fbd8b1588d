/* Where a new document comes from: the address may name a study, a trial or a pipeline to begin with. */

import { stringify } from "yaml";
import { api, jobPath, trialPath, word } from "../api";
import type { Trial } from "../types";
import { readDraft, type Draft } from "./draft";
import { TEMPLATES } from "./templates";

interface JobDocument {
  source: string;
  document: Record<string, unknown>;
  sourceDir: string;
}

interface CustomJob {
  displayName?: string;
  jobSpec?: unknown;
}

/* The trial's own CustomJob: its parameters stand among its arguments. */
async function ofTrial(job: string, trial: string): Promise<Draft> {
  const [{ sourceDir }, found] = await Promise.all([
    api.get<JobDocument>(`${jobPath(job)}/document`),
    api.get<Trial>(trialPath(job, trial)),
  ]);
  if (!found.trial.customJob) throw new Error("this trial was not run here: there is nothing to clone");
  const resource = await api.get<CustomJob>(`/v1/${found.trial.customJob}`);
  return { source: stringify({ displayName: `${resource.displayName ?? "trial"} again`, jobSpec: resource.jobSpec }), sourceDir };
}

async function ofPipeline(pipeline: string): Promise<Draft> {
  const resource = await api.get<Record<string, unknown>>(`/assay/v1/pipelines/${word(pipeline)}/resource`);
  const asked = ["displayName", "inputDataConfig", "trainingTaskDefinition", "trainingTaskInputs", "modelToUpload", "modelId", "parentModel", "labels"];
  const members = asked.filter((name) => resource[name] !== undefined).map((name) => [name, resource[name]]);
  return { source: stringify(Object.fromEntries(members)), sourceDir: "" };
}

export async function beginning(query: URLSearchParams): Promise<Draft> {
  const job = query.get("from");
  const trial = query.get("trial");
  const pipeline = query.get("pipeline");
  if (job && trial) return ofTrial(job, trial);
  if (job) {
    const { source, sourceDir } = await api.get<JobDocument>(`${jobPath(job)}/document`);
    return { source, sourceDir };
  }
  if (pipeline) return ofPipeline(pipeline);
  return readDraft() ?? { source: TEMPLATES[0].source, sourceDir: "" };
}
