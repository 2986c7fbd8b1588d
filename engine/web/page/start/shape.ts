/* What a document makes, and where in it the parts of a training are. */

import type { Path, Plain, TrainingDocument } from "./document";

export type What = "custom" | "tuning" | "pipeline";

export const CUSTOM_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml";
export const TUNING_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/hyperparameter_tuning_task_1.0.0.yaml";

export interface Shape {
  what: What;
  isTuning: boolean;
  job: Path; // the CustomJobSpec
  task: Path; // what has studySpec and the budgets
}

const JOB_SPEC_MEMBERS = /^(worker_?pool_?specs|scheduling|base_?output_?directory|service_?account|network|enable_?web_?access|tensorboard)$/i;

export function shapeOf(doc: TrainingDocument): Shape {
  if (doc.has(["trainingTaskDefinition"]) || doc.has(["trainingTaskInputs"])) {
    const task: Path = ["trainingTaskInputs"];
    const isTuning = /hyperparameter_tuning/.test(doc.text(["trainingTaskDefinition"]));
    return { what: "pipeline", isTuning, task, job: isTuning ? [...task, "trialJobSpec"] : task };
  }
  if (doc.has(["studySpec"]) || doc.has(["trialJobSpec"]))
    return { what: "tuning", isTuning: true, task: [], job: ["trialJobSpec"] };
  const isBare = doc.has(["workerPoolSpecs"]) && !doc.has(["jobSpec"]);
  return { what: "custom", isTuning: false, task: [], job: isBare ? [] : ["jobSpec"] };
}

const STUDY_MEMBERS = ["maxTrialCount", "parallelTrialCount", "maxFailedTrialCount", "studySpec"];
const PIPELINE_MEMBERS = ["inputDataConfig", "modelToUpload", "modelId", "parentModel"];

/* What was put away when a kind was changed that has no place for it, to be had again when it is changed back. */
export type Shelf = Record<string, Plain>;

function putAway(doc: TrainingDocument, names: string[], at: Path, shelf: Shelf): void {
  for (const name of names) {
    const value = doc.plain([...at, name]);
    if (value !== undefined) shelf[name] = value;
    doc.remove([...at, name]);
  }
}

function takeOut(doc: TrainingDocument, names: string[], at: Path, shelf: Shelf): void {
  for (const name of names) {
    if (shelf[name] === undefined || doc.has([...at, name])) continue;
    doc.setPlain([...at, name], shelf[name]);
    delete shelf[name];
  }
}

const NEW_STUDY: Shelf = {
  maxTrialCount: 20,
  parallelTrialCount: 2,
  studySpec: {
    metrics: [{ metricId: "loss", goal: "MINIMIZE" }],
    parameters: [{ parameterId: "lr", scaleType: "UNIT_LOG_SCALE", doubleValueSpec: { minValue: 0.00001, maxValue: 0.1 } }],
  },
};

/* Makes the document one of another kind; the job itself is moved as it stands. */
export function reshape(doc: TrainingDocument, what: What, isTuning: boolean, shelf: Shelf): void {
  let old = shapeOf(doc);
  if (old.what === what && old.isTuning === isTuning) return;
  if (old.job.length === 0) {
    doc.wrap("jobSpec", (name) => JOB_SPEC_MEMBERS.test(name));
    old = shapeOf(doc);
  }
  const carried = "carriedJobSpec";
  doc.move(old.job, [carried]);
  const study: Shelf = {};
  putAway(doc, STUDY_MEMBERS, old.task, study);
  if (old.what === "pipeline") {
    doc.remove(["trainingTaskInputs"]);
    doc.remove(["trainingTaskDefinition"]);
  }
  if (old.what === "pipeline" && what !== "pipeline") putAway(doc, PIPELINE_MEMBERS, [], shelf);
  if (what === "pipeline") {
    takeOut(doc, PIPELINE_MEMBERS, [], shelf);
    doc.setText(["trainingTaskDefinition"], isTuning ? TUNING_TASK : CUSTOM_TASK);
  }
  const task: Path = what === "pipeline" ? ["trainingTaskInputs"] : [];
  Object.assign(shelf, study);
  if (isTuning) {
    for (const name of STUDY_MEMBERS) if (NEW_STUDY[name] !== undefined) shelf[name] ??= structuredClone(NEW_STUDY[name]);
    takeOut(doc, STUDY_MEMBERS, task, shelf);
  }
  const job: Path = isTuning ? [...task, "trialJobSpec"] : what === "pipeline" ? task : ["jobSpec"];
  doc.move([carried], job);
  keepAssayFitting(doc, isTuning, shelf);
}

/* Of our block, what only a study has would be a fault in a custom job. */
function keepAssayFitting(doc: TrainingDocument, isTuning: boolean, shelf: Shelf): void {
  const names = ["algorithm", "stopping", "metricRegex"];
  if (isTuning) takeOut(doc, names, ["assay"], shelf);
  else putAway(doc, names, ["assay"], shelf);
}
