/* Prediction container: what would serve the model. It is kept with it; nothing is deployed here. */

import { Radios, TextField, WordsField } from "./fields";
import type { Path } from "./document";
import { ImageFields } from "./image_fields";
import { frameworkOf, PREDICTION_IMAGES } from "./images";
import { useState } from "preact/hooks";
import { useWizard } from "./wizard_context";

const MODEL: Path = ["modelToUpload"];
const CONTAINER: Path = [...MODEL, "containerSpec"];

export function StepPrediction() {
  const { doc, edit, shape } = useWizard();
  const image = doc.text([...CONTAINER, "imageUri"]);
  const known = frameworkOf(PREDICTION_IMAGES, image) ? "prebuilt" : "custom";
  const [isCustom, setCustom] = useState(known === "custom");
  if (!doc.has(MODEL))
    return <p class="quiet">Without a model in the registry there is nothing to serve. {shape.what === "pipeline" ? "Model details has the choice." : "A training pipeline makes one."}</p>;
  const kind = !doc.has(CONTAINER) ? "none" : isCustom || known === "custom" ? "custom" : "prebuilt";
  const pick = (picked: string) => {
    setCustom(picked === "custom");
    edit((changed) => {
      if (picked === "none") changed.remove(CONTAINER);
      else if (picked === "prebuilt") changed.setText([...CONTAINER, "imageUri"], PREDICTION_IMAGES[2].versions[0].image);
      else if (!changed.has(CONTAINER)) changed.setPlain(CONTAINER, {});
    });
  };
  return (
    <>
      <Radios
        label="Prediction container" name="prediction" value={kind} onPick={pick}
        choices={[
          { value: "prebuilt", label: "Prebuilt container" },
          { value: "custom", label: "Custom container" },
          { value: "none", label: "No prediction container" },
        ]}
      />
      {kind === "prebuilt" && <ImageFields images={PREDICTION_IMAGES} at={[...CONTAINER, "imageUri"]} label="Container image" />}
      {kind === "custom" && (
        <>
          <TextField label="Container image" at={[...CONTAINER, "imageUri"]} placeholder="registry.example/serve:1" />
          <WordsField label="Command (optional)" item="Word" at={[...CONTAINER, "command"]} />
          <WordsField label="Arguments (optional)" item="Argument" at={[...CONTAINER, "args"]} />
        </>
      )}
      <TextField label="Model directory" at={[...shape.job, "baseOutputDirectory", "outputUriPrefix"]} help="The model output directory of the training container." />
      <TextField label="Model files from elsewhere (optional)" at={[...MODEL, "artifactUri"]} placeholder="gs://bucket/folder" help="These are taken in place of what the training leaves." />
    </>
  );
}
