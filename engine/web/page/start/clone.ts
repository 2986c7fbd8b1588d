/* What one may begin with that was run before. */

import { stringify } from "yaml";
import { api, jobPath, trialPath, word } from "../api";
import type { Trial } from "../types";
import { TrainingDocument, type Path, type Plain } from "./document";
import { reshape, shapeOf } from "./shape";

export interface Origin {
  source: string;
  sourceDir: string;
}

export function cloneJob(job: string): Promise<Origin> {
  return api.get<Origin>(`${jobPath(job)}/document`);
}

/* A trial's training by itself: its job's document, with the trial's parameters as arguments. */
export async function cloneTrial(job: string, trial: string): Promise<Origin> {
  const [origin, shown] = await Promise.all([cloneJob(job), api.get<Trial>(trialPath(job, trial))]);
  const doc = TrainingDocument.read(origin.source);
  if (!doc) return origin;
  const name = doc.text(["displayName"]);
  reshape(doc, "custom", false, {});
  doc.remove(["assay", "seed"]);
  const args = Object.entries(shown.parameters).map(([id, value]) => `--${id}=${value}`);
  const pools: Path = [...shapeOf(doc).job, "workerPoolSpecs"];
  for (let i = 0; i < doc.count(pools); i++)
    for (const program of ["containerSpec", "pythonPackageSpec"]) {
      const at: Path = [...pools, i, program];
      if (doc.has(at)) doc.setTexts([...at, "args"], [...doc.texts([...at, "args"]), ...args]);
    }
  doc.setText(["displayName"], `${name || `job ${job}`} trial ${trial}`);
  return { ...origin, source: doc.toString() };
}

/* What the API says of a pipeline, without what it has become. */
const MADE = ["name", "state", "createTime", "startTime", "endTime", "updateTime", "error", "trainingTaskMetadata"];

export async function clonePipeline(pipeline: string): Promise<Origin> {
  const resource = await api.get<Record<string, Plain>>(`/assay/v1/pipelines/${word(pipeline)}/resource`);
  for (const name of MADE) delete resource[name];
  const model = resource.modelToUpload as Record<string, Plain> | undefined;
  for (const name of ["name", "versionId", "createTime", "updateTime", "versionCreateTime", "versionUpdateTime", "etag"]) delete model?.[name];
  return { source: stringify(resource, { lineWidth: 0 }), sourceDir: "" };
}
