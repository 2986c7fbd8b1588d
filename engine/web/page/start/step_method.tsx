/* Training method: what is made, and of which data. */

import { useResource } from "../hooks";
import { CheckField, Radios, SelectField, TextField } from "./fields";
import type { Path } from "./document";
import type { What } from "./shape";
import { useWizard } from "./wizard_context";

const LOCATION = "/v1/projects/0/locations/local";
const DATA: Path = ["inputDataConfig"];

interface Dataset {
  name: string;
  displayName: string;
  metadataSchemaUri: string;
}

interface SavedQuery {
  name: string;
  displayName: string;
}

const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);
const isTable = (dataset: Dataset | undefined) => !dataset || /tabular/.test(dataset.metadataSchemaUri);

export function StepMethod() {
  const { shape, reshape } = useWizard();
  return (
    <>
      <Radios
        label="What to make" name="what" value={shape.what} onPick={(what) => reshape(what as What, what === "tuning" || (what === "pipeline" && shape.isTuning))}
        choices={[
          { value: "custom", label: "Custom job", help: "Runs your training once." },
          { value: "tuning", label: "Hyperparameter tuning job", help: "Runs it many times, each trial with other parameters." },
          { value: "pipeline", label: "Training pipeline", help: "Either of them, with a managed dataset in front and a model in the registry behind." },
        ]}
      />
      <TextField label={shape.what === "pipeline" ? "Pipeline name" : "Job name"} at={["displayName"]} />
      {shape.what === "pipeline" ? <DataFields /> : <p class="quiet">A managed dataset and a model in the registry need a training pipeline.</p>}
    </>
  );
}

function DataFields() {
  const { doc, edit } = useWizard();
  const { data, error } = useResource<{ datasets?: Dataset[] }>(`${LOCATION}/datasets?pageSize=100`);
  const id = doc.text([...DATA, "datasetId"]);
  const datasets = data?.datasets ?? [];
  const dataset = datasets.find((one) => idOf(one.name) === id);
  const pick = (picked: string) =>
    edit((changed) => {
      if (picked === "") changed.remove(DATA);
      else changed.setText([...DATA, "datasetId"], picked);
    });
  return (
    <>
      <SelectField
        label="Dataset" at={[...DATA, "datasetId"]} value={id} onPick={pick} help={error?.message}
        choices={[
          { value: "", label: "No managed dataset" },
          ...datasets.map((one) => ({ value: idOf(one.name), label: `${one.displayName} (${isTable(one) ? "table" : "items"})` })),
        ]}
      />
      {doc.has(DATA) && (
        <>
          {dataset && !isTable(dataset) && <AnnotationFields dataset={id} />}
          <SplitFields isItems={dataset !== undefined && !isTable(dataset)} />
          <TextField label="Where the data is exported to" at={[...DATA, "gcsDestination", "outputUriPrefix"]} placeholder="gs://bucket/folder" help="Trials find the three sets there, by AIP_TRAINING_DATA_URI, AIP_VALIDATION_DATA_URI and AIP_TEST_DATA_URI." />
        </>
      )}
    </>
  );
}

function AnnotationFields({ dataset }: { dataset: string }) {
  const { data } = useResource<{ savedQueries?: SavedQuery[] }>(`${LOCATION}/datasets/${encodeURIComponent(dataset)}/savedQueries`);
  const sets = data?.savedQueries ?? [];
  return (
    <>
      <SelectField
        label="Annotation set" at={[...DATA, "savedQueryId"]}
        choices={[{ value: "", label: "All annotations" }, ...sets.map((set) => ({ value: idOf(set.name), label: set.displayName }))]}
      />
      <TextField label="Annotations filter" at={[...DATA, "annotationsFilter"]} placeholder="labels.KEY=VALUE" />
      <CheckField label="Write the set of each item to its labels" at={[...DATA, "persistMlUseAssignment"]} />
    </>
  );
}

const SPLITS = [
  { value: "", label: "Random: 80 % training, 10 % validation, 10 % test", items: true, tables: true },
  { value: "fractionSplit", label: "Random, by fractions", items: true, tables: true },
  { value: "stratifiedSplit", label: "Stratified: shares alike for each value of a column", items: false, tables: true },
  { value: "predefinedSplit", label: "Predefined: a column says the set", items: false, tables: true },
  { value: "timestampSplit", label: "Chronological, by a column of times", items: false, tables: true },
  { value: "filterSplit", label: "By filters", items: true, tables: false },
];
const SETS = [
  { name: "training", label: "Training" },
  { name: "validation", label: "Validation" },
  { name: "test", label: "Test" },
];

function SplitFields({ isItems }: { isItems: boolean }) {
  const { doc, edit } = useWizard();
  const split = SPLITS.find((one) => one.value && doc.has([...DATA, one.value]))?.value ?? "";
  const pick = (picked: string) =>
    edit((changed) => {
      for (const { value } of SPLITS) if (value) changed.remove([...DATA, value]);
      if (picked === "predefinedSplit" || picked === "filterSplit") changed.setPlain([...DATA, picked], {});
      else if (picked) changed.setPlain([...DATA, picked], { trainingFraction: 0.8, validationFraction: 0.1, testFraction: 0.1 });
    });
  const at = [...DATA, split];
  const hasFractions = /^(fraction|stratified|timestamp)Split$/.test(split);
  return (
    <>
      <SelectField label="Data split" at={split ? at : [...DATA, "split"]} value={split} onPick={pick} choices={SPLITS.filter((one) => (isItems ? one.items : one.tables) || one.value === split)} />
      {/^(stratified|predefined|timestamp)Split$/.test(split) && <TextField label="Column" at={[...at, "key"]} />}
      {hasFractions && (
        <div class="field-row">
          {SETS.map(({ name, label }) => <TextField key={name} label={`${label} fraction`} kind="number" at={[...at, `${name}Fraction`]} />)}
        </div>
      )}
      {split === "filterSplit" && SETS.map(({ name, label }) => (
        <TextField key={name} label={`${label} filter`} at={[...at, `${name}Filter`]} placeholder={`labels.aiplatform.googleapis.com/ml_use=${name}`} />
      ))}
    </>
  );
}
