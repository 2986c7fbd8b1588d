/* A prebuilt image by its framework and version, or by its name. */

import { SelectField, TextField } from "./fields";
import type { Path } from "./document";
import { frameworkOf, type Prebuilt } from "./images";
import { useWizard } from "./wizard_context";

export function ImageFields({ images, at, label }: { images: Prebuilt[]; at: Path; label: string }) {
  const { doc, edit } = useWizard();
  const image = doc.text(at);
  const framework = frameworkOf(images, image);
  const set = (name: string) => edit((changed) => changed.setText(at, name));
  const pickFramework = (name: string) => set(images.find((one) => one.framework === name)?.versions[0].image ?? "");
  /* Of these two the name's own field shows the faults. */
  const besides = (member: string): Path => [...at.slice(0, -1), member];
  return (
    <>
      <div class="field-row">
        <SelectField
          label="Model framework" at={besides("modelFramework")} value={framework?.framework ?? ""} onPick={pickFramework}
          choices={[...(framework ? [] : [{ value: "", label: "Another" }]), ...images.map((one) => ({ value: one.framework, label: one.framework }))]}
        />
        {framework && (
          <SelectField
            label="Model framework version" at={besides("modelFrameworkVersion")} value={image} onPick={set}
            choices={framework.versions.map((one) => ({ value: one.image, label: one.version }))}
          />
        )}
      </div>
      <TextField label={label} at={at} />
    </>
  );
}
