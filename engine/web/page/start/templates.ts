/* What one may begin with. */

import { TUNING_TASK } from "./shape";

export interface Template {
  id: string;
  label: string;
  help: string;
  source: string;
}

const POOL = `workerPoolSpecs:
- containerSpec:
    imageUri: "host:"            # straight on this machine
    command: [python3, $(ASSAY_SOURCE_DIR)/train.py]`;

const indented = (text: string, by: number) => text.replace(/^/gm, " ".repeat(by));

export const TEMPLATES: Template[] = [
  {
    id: "tune",
    label: "Tune a script",
    help: "Many trials of a program on this machine, each with other parameters.",
    source: `displayName: tune
maxTrialCount: 20
parallelTrialCount: 2
studySpec:
  metrics:
  - metricId: loss
    goal: MINIMIZE
  parameters:
  - parameterId: lr
    scaleType: UNIT_LOG_SCALE
    doubleValueSpec: {minValue: 1e-5, maxValue: 0.1}
trialJobSpec:
${indented(POOL, 2)}
`,
  },
  {
    id: "custom",
    label: "Custom job",
    help: "One training: a container, a Python package, or a program on this machine.",
    source: `displayName: train
jobSpec:
${indented(POOL, 2)}
`,
  },
  {
    id: "pipeline",
    label: "Pipeline with a dataset",
    help: "A managed dataset is split, a training is tuned on it, the best one becomes a model.",
    source: `displayName: pipeline
inputDataConfig:
  datasetId: ""
  gcsDestination: {outputUriPrefix: gs://pipeline/data}
trainingTaskDefinition: ${TUNING_TASK}
trainingTaskInputs:
  maxTrialCount: 8
  parallelTrialCount: 2
  studySpec:
    metrics:
    - metricId: loss
      goal: MINIMIZE
    parameters:
    - parameterId: lr
      scaleType: UNIT_LOG_SCALE
      doubleValueSpec: {minValue: 1e-5, maxValue: 0.1}
  trialJobSpec:
${indented(POOL, 4)}
    baseOutputDirectory: {outputUriPrefix: gs://pipeline/trials}
modelToUpload:
  displayName: model
`,
  },
];
