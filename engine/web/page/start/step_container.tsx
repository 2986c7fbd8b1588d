/* Training container: what is run. Of several worker pools each has its own. */

import { useQuery } from "../route";
import { Faults, ListField, Radios, SelectField, TextField, WordsField } from "./fields";
import type { Path, TrainingDocument } from "./document";
import { TRAINING_IMAGES } from "./images";
import { ImageFields } from "./image_fields";
import { EnvironmentField } from "./pairs_fields";
import type { Shape } from "./shape";
import { useWizard } from "./wizard_context";

type Container = "prebuilt" | "custom" | "host";

function containerOf(doc: TrainingDocument, pool: Path): Container {
  if (doc.has([...pool, "pythonPackageSpec"])) return "prebuilt";
  const isHost = doc.text([...pool, "containerSpec", "imageUri"]).startsWith("host:") || doc.flag(["assay", "onHost"]);
  return isHost || !doc.has([...pool, "containerSpec"]) ? "host" : "custom";
}

/* Arguments and environment are the same whatever they are given to. */
function become(doc: TrainingDocument, pool: Path, container: Container): void {
  const old = containerOf(doc, pool);
  if (old === container) return;
  const from: Path = [...pool, old === "prebuilt" ? "pythonPackageSpec" : "containerSpec"];
  const args = doc.plain([...from, "args"]);
  const env = doc.plain([...from, "env"]);
  doc.remove(["assay", "onHost"]);
  if (container === "prebuilt" || old === "prebuilt") doc.remove(from);
  const to: Path = [...pool, container === "prebuilt" ? "pythonPackageSpec" : "containerSpec"];
  if (container === "prebuilt") doc.setText([...to, "executorImageUri"], TRAINING_IMAGES[0].versions[0].image);
  else if (!doc.has(to)) doc.setPlain(to, {});
  if (container === "host") doc.setText([...to, "imageUri"], "host:");
  if (container === "custom") doc.remove([...to, "imageUri"]);
  if (args !== undefined && !doc.has([...to, "args"])) doc.setPlain([...to, "args"], args);
  if (env !== undefined && !doc.has([...to, "env"])) doc.setPlain([...to, "env"], env);
}

export function StepContainer() {
  const { doc, edit, shape, sourceDir, setSourceDir } = useWizard();
  const [chosen, setChosen] = useQuery("pool", "0");
  const pools: Path = [...shape.job, "workerPoolSpecs"];
  const count = Math.max(1, doc.count(pools));
  const number = Math.min(Number(chosen) || 0, count - 1);
  const pool: Path = [...pools, number];
  const container = containerOf(doc, pool);
  return (
    <>
      {count > 1 && (
        <SelectField
          label="Of worker pool" at={[...pool, "container"]} value={String(number)} onPick={setChosen}
          choices={Array.from({ length: count }, (_, i) => ({ value: String(i), label: `Worker pool ${i}` }))}
        />
      )}
      <Radios
        label="Container" name="container" value={container} onPick={(picked) => edit((changed) => become(changed, pool, picked as Container))}
        choices={[
          { value: "prebuilt", label: "Prebuilt container", help: "A Python package; its image stands for a Python of this machine." },
          { value: "custom", label: "Custom container", help: "An image of yours, by podman or docker." },
          { value: "host", label: "A program on this machine", help: "A command, straight on the server's machine, in no container." },
        ]}
      />
      <Faults at={pool} />
      {container === "prebuilt" && <PackageFields at={[...pool, "pythonPackageSpec"]} />}
      {container !== "prebuilt" && <ContainerFields key={container} at={[...pool, "containerSpec"]} isHost={container === "host"} />}
      <OutputField shape={shape} />
      <div class="field">
        <label for="source-dir">Folder on the server's machine (optional)</label>
        <input id="source-dir" type="text" class="mono" autocomplete="off" spellcheck={false} value={sourceDir} placeholder="/home/me/study" onInput={(event) => setSourceDir(event.currentTarget.value)} />
        <span class="field-help">Where relative paths begin, and what <code>$(ASSAY_SOURCE_DIR)</code> stands for. It is handed in beside the document.</span>
      </div>
    </>
  );
}

function OutputField({ shape }: { shape: Shape }) {
  const help = shape.isTuning ? "Each trial's is a folder below it, with the trial's number." : "The training's AIP_MODEL_DIR is model/ in it.";
  const at: Path = [...shape.job, "baseOutputDirectory"];
  return (
    <div>
      <TextField label={`Model output directory${shape.what === "pipeline" ? "" : " (optional)"}`} at={[...at, "outputUriPrefix"]} placeholder="gs://bucket/folder" help={help} />
      <Faults at={at} />
    </div>
  );
}

function PackageFields({ at }: { at: Path }) {
  return (
    <>
      <ImageFields images={TRAINING_IMAGES} at={[...at, "executorImageUri"]} label="Executor image" />
      <ListField label="Package location" at={[...at, "packageUris"]} placeholder="gs://bucket/trainer-0.1.tar.gz" help="One in a line: a path, or gs://." />
      <TextField label="Python module" at={[...at, "pythonModule"]} placeholder="trainer.task" />
      <WordsField label="Arguments" item="Argument" at={[...at, "args"]} />
      <EnvironmentField label="Environment variables" item="variable" at={[...at, "env"]} />
    </>
  );
}

function ContainerFields({ at, isHost }: { at: Path; isHost: boolean }) {
  return (
    <>
      {!isHost && <TextField label="Container image" at={[...at, "imageUri"]} placeholder="docker.io/library/python:3.11" />}
      {isHost && <Faults at={[...at, "imageUri"]} />}
      <WordsField label={isHost ? "Command" : "Command (optional)"} item="Word" at={[...at, "command"]} help={isHost ? "A word in each line: the program, then its arguments." : "In place of the image's ENTRYPOINT, a word in each line."} />
      <WordsField label="Arguments (optional)" item="Argument" at={[...at, "args"]} help={isHost ? undefined : "In place of the image's CMD."} />
      <EnvironmentField label="Environment variables" item="variable" at={[...at, "env"]} />
    </>
  );
}

