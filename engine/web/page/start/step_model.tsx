/* Model details: which model the pipeline makes a version of. */

import { useResource } from "../hooks";
import { ListField, Radios, SelectField, TextField } from "./fields";
import { MapField } from "./pairs_fields";
import { useWizard } from "./wizard_context";

interface Model {
  name: string;
  displayName: string;
}

export function StepModel() {
  const { doc, edit, shape, reshape } = useWizard();
  if (shape.what !== "pipeline")
    return (
      <>
        <p>A job by itself leaves its model as files. A training pipeline registers it, as a new model or as a new version of one.</p>
        <button type="button" class="is-start" onClick={() => reshape("pipeline", shape.isTuning)}>Make it a training pipeline</button>
      </>
    );
  const kind = !doc.has(["modelToUpload"]) ? "none" : doc.has(["parentModel"]) ? "version" : "new";
  const pick = (picked: string) =>
    edit((changed) => {
      if (picked === "none") for (const name of ["modelToUpload", "modelId", "parentModel"]) changed.remove([name]);
      else if (!changed.has(["modelToUpload"])) changed.setPlain(["modelToUpload"], { displayName: changed.text(["displayName"]) || "model" });
      if (picked === "new") changed.remove(["parentModel"]);
      if (picked === "version") {
        changed.remove(["modelId"]);
        changed.setText(["parentModel"], "projects/0/locations/local/models/");
      }
    });
  return (
    <>
      <Radios
        label="Model" name="model" value={kind} onPick={pick}
        choices={[
          { value: "new", label: "Train new model" },
          { value: "version", label: "Train new version", help: "Of a model that is in the registry." },
          { value: "none", label: "No model", help: "The pipeline ends with its job." },
        ]}
      />
      {kind === "version" && <ParentField />}
      {kind !== "none" && <TextField label="Model name" at={["modelToUpload", "displayName"]} />}
      {kind === "new" && (
        <>
          <TextField label="Model ID (optional)" at={["modelId"]} help="What the registry calls it; else a number is drawn." />
          <TextField label="Description (optional)" at={["modelToUpload", "description"]} />
        </>
      )}
      {kind === "version" && <TextField label="Version description (optional)" at={["modelToUpload", "versionDescription"]} />}
      {kind !== "none" && (
        <>
          <ListField label="Version aliases (optional)" at={["modelToUpload", "versionAliases"]} separator="comma" placeholder="gold, default" />
          <MapField label="Labels" item="label" at={["modelToUpload", "labels"]} />
        </>
      )}
    </>
  );
}

function ParentField() {
  const { data, error } = useResource<{ models?: Model[] }>("/v1/projects/0/locations/local/models?pageSize=100");
  const models = (data?.models ?? []).map((model) => {
    const name = model.name.replace(/@.*$/, "");
    return { value: name, label: `${model.displayName} (${name.slice(name.lastIndexOf("/") + 1)})` };
  });
  return <SelectField label="Model to train a new version of" at={["parentModel"]} choices={models} help={error?.message ?? (data && models.length === 0 ? "There is no model yet." : undefined)} />;
}
