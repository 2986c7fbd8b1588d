/* Hyperparameters: the space that is searched, by what, and what a trial is judged by. */

import { AddButton, Faults, RemoveButton, SelectField, TextField } from "./fields";
import type { Path } from "./document";
import { NEW_PARAMETER, ParameterRow } from "./parameter_row";
import { MapField } from "./pairs_fields";
import { SearchFields } from "./search_fields";
import { useWizard } from "./wizard_context";

export function StepHyperparameters() {
  const { shape, reshape } = useWizard();
  const toggle = (isOn: boolean) => reshape(shape.what === "pipeline" ? "pipeline" : isOn ? "tuning" : "custom", isOn);
  return (
    <>
      <label class="is-inline">
        <input type="checkbox" name="tuning" checked={shape.isTuning} onChange={(event) => toggle(event.currentTarget.checked)} />
        Enable hyperparameter tuning
      </label>
      {shape.isTuning ? <StudyFields task={shape.task} /> : <p class="quiet">The training runs once, with the arguments that its container has.</p>}
    </>
  );
}

function StudyFields({ task }: { task: Path }) {
  const study: Path = [...task, "studySpec"];
  return (
    <>
      <Parameters at={[...study, "parameters"]} />
      <Metrics at={[...study, "metrics"]} />
      <MapField label="How metrics are read from what a trial prints (optional)" item="pattern" at={["assay", "metricRegex"]} help="A metric's name, and a POSIX extended expression whose first group is its value: loss=([0-9.e+-]+)" />
      <div class="field-row">
        <TextField label="Maximum number of trials" kind="number" at={[...task, "maxTrialCount"]} />
        <TextField label="Maximum number of parallel trials" kind="number" at={[...task, "parallelTrialCount"]} />
        <TextField label="Maximum number of failed trials" kind="number" at={[...task, "maxFailedTrialCount"]} placeholder="default" />
      </div>
      <SearchFields study={study} />
    </>
  );
}

function Parameters({ at }: { at: Path }) {
  const { doc, edit } = useWizard();
  return (
    <fieldset>
      <legend>Parameters</legend>
      <ul class="parameters">
        {Array.from({ length: doc.count(at) }, (_, i) => (
          <ParameterRow key={i} at={[...at, i]} onRemove={() => edit((changed) => changed.remove([...at, i]))} />
        ))}
      </ul>
      <Faults at={at} />
      <AddButton label="Add parameter" onDo={() => edit((changed) => changed.setPlain([...at, changed.count(at)], NEW_PARAMETER))} />
    </fieldset>
  );
}

const GOALS = [
  { value: "MINIMIZE", label: "Minimize" },
  { value: "MAXIMIZE", label: "Maximize" },
];

function Metrics({ at }: { at: Path }) {
  const { doc, edit } = useWizard();
  const count = doc.count(at);
  return (
    <fieldset>
      <legend>Metrics to optimize</legend>
      {Array.from({ length: count }, (_, i) => (
        <div class="parameter-fields" key={i}>
          <TextField label="Metric" at={[...at, i, "metricId"]} />
          <SelectField label="Goal" at={[...at, i, "goal"]} choices={GOALS} />
          <TextField label="Safety threshold" kind="number" at={[...at, i, "safetyConfig", "safetyThreshold"]} placeholder="none" />
          <RemoveButton what={`metric ${doc.text([...at, i, "metricId"])}`} onDo={() => edit((changed) => changed.remove([...at, i]))} />
          <Faults at={[...at, i]} />
        </div>
      ))}
      {count > 1 && <p class="field-help">Of several metrics without a threshold the trials make a Pareto front. One with a threshold is no objective: it is kept on its side.</p>}
      <Faults at={at} />
      <AddButton label="Add metric" onDo={() => edit((changed) => changed.setPlain([...at, changed.count(at)], { metricId: "", goal: "MINIMIZE" }))} />
    </fieldset>
  );
}
