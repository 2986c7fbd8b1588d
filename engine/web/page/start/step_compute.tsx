/* Compute and pricing: the worker pools, and what each of their replicas asks for. */

import * as format from "../format";
import { useResource } from "../hooks";
import type { Places } from "../types";
import { AddButton, Faults, RemoveButton, SelectField, TextField } from "./fields";
import type { Path } from "./document";
import { ACCELERATORS, MACHINE_TYPES } from "./images";
import { useWizard } from "./wizard_context";

const ROLES = ["primary", "workers", "parameter or reduction servers", "evaluators"];

export function StepCompute() {
  const { doc, edit, shape } = useWizard();
  const pools: Path = [...shape.job, "workerPoolSpecs"];
  const count = Math.max(1, doc.count(pools));
  /* A further pool runs what the first one runs, until its container is changed. */
  const add = () =>
    edit((changed) => {
      const pool: Path = [...pools, changed.count(pools)];
      changed.setPlain(pool, changed.plain([...pools, 0]) ?? {});
      changed.setNumber([...pool, "replicaCount"], "1");
    });
  return (
    <>
      <Machine />
      {Array.from({ length: count }, (_, i) => (
        <Pool key={i} number={i} at={[...pools, i]} onRemove={count > 1 ? () => edit((changed) => changed.remove([...pools, i])) : undefined} />
      ))}
      <Faults at={pools} />
      {count < ROLES.length && <AddButton label="Add more worker pools" onDo={add} />}
      <div class="field-row">
        <TextField label="Timeout (optional)" at={[...shape.job, "scheduling", "timeout"]} placeholder="3600s" help={shape.isTuning ? "Of each trial." : undefined} />
        <TextField label="Memory limit (optional)" at={["assay", "memory"]} placeholder="2G" help="A trial that needs more is killed." />
      </div>
    </>
  );
}

function Machine() {
  const { data } = useResource<Places>("/assay/v1/places");
  if (!data?.machine) return null;
  const { cpus, memoryBytes, gpus } = data.machine;
  return (
    <p class="note-box">
      Trials share {format.count(cpus)} CPUs, {format.bytes(memoryBytes)} of memory and {gpus.length === 0 ? "no GPU" : gpus.length === 1 ? "one GPU" : `${gpus.length} GPUs`}; nothing is charged. A replica without a machine type asks for nothing and starts at once.
    </p>
  );
}

function Pool({ number, at, onRemove }: { number: number; at: Path; onRemove?: () => void }) {
  return (
    <fieldset>
      <legend>Worker pool {number} ({ROLES[number] ?? "further"})</legend>
      <div class="field-row">
        <TextField label="Machine type" at={[...at, "machineSpec", "machineType"]} choices={MACHINE_TYPES} placeholder="any" />
        <TextField label="Replicas" kind="number" at={[...at, "replicaCount"]} placeholder="1" />
      </div>
      <div class="field-row">
        <SelectField label="Accelerator type" at={[...at, "machineSpec", "acceleratorType"]} choices={[{ value: "", label: "None" }, ...ACCELERATORS.map((value) => ({ value, label: value }))]} />
        <TextField label="Accelerators" kind="number" at={[...at, "machineSpec", "acceleratorCount"]} placeholder="0" />
      </div>
      <div class="field-row">
        <SelectField
          label="Disk type" at={[...at, "diskSpec", "bootDiskType"]}
          choices={[{ value: "", label: "Any" }, { value: "pd-ssd", label: "SSD (pd-ssd)" }, { value: "pd-standard", label: "HDD (pd-standard)" }]}
        />
        <TextField label="Disk size (GB)" kind="number" at={[...at, "diskSpec", "bootDiskSizeGb"]} placeholder="any" />
      </div>
      <Faults at={[...at, "machineSpec"]} />
      {onRemove && <div class="row is-end"><RemoveButton what={`worker pool ${number}`} onDo={onRemove} /></div>}
    </fieldset>
  );
}
