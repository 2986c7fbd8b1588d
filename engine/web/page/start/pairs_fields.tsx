/* Names with values: a map (labels, metrics' patterns), or a list of {name, value} as environments are. */

import { useState } from "preact/hooks";
import { AddButton, Faults, RemoveButton } from "./fields";
import { fieldOf, type Path } from "./document";
import { useFaults, useWizard } from "./wizard_context";

type Pairs = [string, string][];

interface PairsProps {
  label: string;
  help?: string;
  item: string;
  at: Path;
  pairs: Pairs;
  pathOf: (i: number) => Path; // of a pair's value
  onChange: (pairs: Pairs) => void;
}

/* A pair without a name is not in the document yet, or would be lost while its name is typed. */
function PairsTable({ label, help, item, at, pairs, pathOf, onChange }: PairsProps) {
  const [draft, setDraft] = useState<Pairs | null>(null);
  const shown = draft ?? pairs;
  const set = (next: Pairs) => {
    setDraft(next);
    onChange(next.filter(([name]) => name !== ""));
  };
  const leave = () => setDraft((old) => (old?.some(([name]) => name === "") ? old : null));
  return (
    <fieldset class="is-plain" onFocusOut={leave}>
      <legend>{label}</legend>
      {help && <span class="field-help">{help}</span>}
      {shown.map(([name, value], i) => (
        <div key={i}>
          <div class="row is-tight">
            <input class="mono is-name" value={name} placeholder="Name" aria-label={`Name of ${item} ${i + 1}`} autocomplete="off" spellcheck={false} onInput={(event) => set(shown.with(i, [event.currentTarget.value, value]))} />
            <input class="mono is-grown" value={value} placeholder="Value" aria-label={`Value of ${item} ${i + 1}`} name={fieldOf(pathOf(i))} autocomplete="off" spellcheck={false} onInput={(event) => set(shown.with(i, [name, event.currentTarget.value]))} />
            <RemoveButton what={`${item} ${name || i + 1}`} onDo={() => set(shown.toSpliced(i, 1))} />
          </div>
          <PairFaults at={pathOf(i)} />
        </div>
      ))}
      <AddButton label={`Add ${item}`} onDo={() => setDraft([...shown, ["", ""]])} />
      <Faults at={at} />
    </fieldset>
  );
}

function PairFaults({ at }: { at: Path }) {
  const faults = useFaults(at);
  return faults.length > 0 ? <span class="field-error">{faults.join("\n")}</span> : null;
}

interface Props {
  label: string;
  help?: string;
  item: string;
  at: Path;
}

export function MapField(props: Props) {
  const { doc, edit } = useWizard();
  const pairs = doc.entries(props.at);
  return (
    <PairsTable {...props} pairs={pairs} pathOf={(i) => [...props.at, pairs[i]?.[0] ?? ""]} onChange={(next) => edit((changed) => changed.setEntries(props.at, next))} />
  );
}

/* The environment of a container. */
export function EnvironmentField(props: Props) {
  const { doc, edit } = useWizard();
  const pairs = Array.from({ length: doc.count(props.at) }, (_, i): [string, string] => [
    doc.text([...props.at, i, "name"]),
    doc.text([...props.at, i, "value"]),
  ]);
  const change = (next: Pairs) =>
    edit((changed) => {
      if (next.length === 0) changed.remove(props.at);
      else changed.setPlain(props.at, next.map(([name, value]) => ({ name, value })));
    });
  return <PairsTable {...props} pairs={pairs} pathOf={(i) => [...props.at, i]} onChange={change} />;
}
