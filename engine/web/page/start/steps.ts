/* The steps of the wizard, by the console's names, and which of them a fault belongs to. */

import type { Fault } from "../api";

export const STEPS = [
  { id: "method", label: "Training method" },
  { id: "model", label: "Model details" },
  { id: "container", label: "Training container" },
  { id: "hyperparameters", label: "Hyperparameters" },
  { id: "compute", label: "Compute and pricing" },
  { id: "prediction", label: "Prediction container" },
  { id: "summary", label: "Summary" },
] as const;

export type StepId = (typeof STEPS)[number]["id"];

/* The first that fits; paths are the server's. */
const OWNERS: [RegExp, StepId][] = [
  [/^model_to_upload\.(container_spec|artifact_uri|predict_schemata)/, "prediction"],
  [/^(model_to_upload|model_id|parent_model)/, "model"],
  [/^input_data_config|^training_task_definition|^display_name/, "method"],
  [/(^|\.)study_spec|(^|\.)(max|parallel|max_failed)_trial_count/, "hyperparameters"],
  [/^assay\.(seed|algorithm|stopping|metric_regex)/, "hyperparameters"],
  [/worker_pool_specs\[\d+\]\.(machine_spec|replica_count|disk_spec|nfs_mounts|lustre_mounts)|(^|\.)scheduling/, "compute"],
  [/^assay\.(memory|gpu_share|grace|keep|log_max|nice|io_class|slurm|container)/, "compute"],
  [/worker_pool_specs|base_output_directory|^assay\.(env|on_host|data)/, "container"],
];

export function stepOf(fault: Fault): StepId {
  const field = fault.field.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
  return OWNERS.find(([pattern]) => pattern.test(field))?.[1] ?? "summary";
}

export function isStep(text: string): text is StepId {
  return STEPS.some((step) => step.id === text);
}
