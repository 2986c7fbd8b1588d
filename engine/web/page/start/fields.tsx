/* The controls of the wizard. Each is of one path of the document, reads from it and writes to it. */

import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { fieldOf, type Path } from "./document";
import { useFaults, useWizard } from "./wizard_context";

interface FieldProps {
  label: string;
  at: Path;
  help?: ComponentChildren;
}

interface Described {
  id: string;
  name: string;
  "aria-invalid": "true" | undefined;
  "aria-describedby": string | undefined;
}

/* A label above its control, its help and its faults below. */
function Field({ label, at, help, children }: FieldProps & { children: (described: Described) => JSX.Element }) {
  const faults = useFaults(at);
  const id = useId();
  const describedBy = [help && `${id}-help`, faults.length > 0 && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, name: fieldOf(at), "aria-invalid": faults.length ? "true" : undefined, "aria-describedby": describedBy || undefined })}
      {help && <span class="field-help" id={`${id}-help`}>{help}</span>}
      {faults.length > 0 && <span class="field-error" id={`${id}-fault`}>{faults.join("\n")}</span>}
    </div>
  );
}

/* The faults of what has no control of its own: a table, a pool. */
export function Faults({ at }: { at: Path }) {
  const faults = useFaults(at);
  return faults.length > 0 ? <p class="field-error">{faults.join("\n")}</p> : null;
}

interface TextFieldProps extends FieldProps {
  kind?: "text" | "number";
  placeholder?: string;
  choices?: readonly string[]; // offered; others may be typed
}

/* While it is typed in, it shows what was typed: "1." is on its way to "1.5". */
export function TextField({ kind = "text", placeholder, choices, ...field }: TextFieldProps) {
  const { doc, edit } = useWizard();
  const [typed, setTyped] = useState<string | null>(null);
  const list = useId();
  const set = (text: string) => {
    setTyped(text);
    edit((changed) => (kind === "number" ? changed.setNumber(field.at, text) : changed.setText(field.at, text)));
  };
  return (
    <Field {...field}>
      {(described) => (
        <>
          <input
            {...described} type="text" autocomplete="off" spellcheck={false} inputMode={kind === "number" ? "decimal" : "text"}
            placeholder={placeholder} list={choices && list} value={typed ?? doc.text(field.at)}
            onInput={(event) => set(event.currentTarget.value)} onBlur={() => setTyped(null)}
          />
          {choices && <datalist id={list}>{choices.map((choice) => <option key={choice} value={choice} />)}</datalist>}
        </>
      )}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
}

interface SelectProps extends FieldProps {
  choices: Choice[];
  value?: string; // else what the document has
  onPick?: (value: string) => void; // else it is written to the document
}

/* What the document has and the form does not know is a choice, too. */
export function SelectField({ choices, value, onPick, ...field }: SelectProps) {
  const { doc, edit } = useWizard();
  const shown = value ?? doc.text(field.at);
  const pick = onPick ?? ((picked: string) => edit((changed) => changed.setText(field.at, picked)));
  const isKnown = choices.some((choice) => choice.value === shown);
  return (
    <Field {...field}>
      {(described) => (
        <select {...described} value={shown} onChange={(event) => pick(event.currentTarget.value)}>
          {!isKnown && <option value={shown}>{shown || "–"}</option>}
          {choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
        </select>
      )}
    </Field>
  );
}

export function CheckField({ label, at, help }: FieldProps) {
  const { doc, edit } = useWizard();
  const faults = useFaults(at);
  return (
    <label class="is-inline">
      <input type="checkbox" name={fieldOf(at)} checked={doc.flag(at)} onChange={(event) => edit((changed) => changed.setFlag(at, event.currentTarget.checked))} />
      <span>
        {label} {help && <span class="field-help">{help}</span>}
        {faults.length > 0 && <span class="field-error">{faults.join("\n")}</span>}
      </span>
    </label>
  );
}

interface ListFieldProps extends FieldProps {
  kind?: "text" | "number";
  placeholder?: string;
  separator?: "line" | "comma";
}

/* A list of short words: one in a line, or with commas between them. */
export function ListField({ kind = "text", placeholder, separator = "line", ...field }: ListFieldProps) {
  const { doc, edit } = useWizard();
  const [typed, setTyped] = useState<string | null>(null);
  const texts = doc.texts(field.at);
  const isComma = separator === "comma";
  const shown = typed ?? texts.join(isComma ? ", " : "\n");
  const set = (text: string) => {
    setTyped(text);
    const words = text.split(isComma ? "," : "\n").map((word) => word.trim()).filter(Boolean);
    edit((changed) => changed.setTexts(field.at, words, kind));
  };
  const control = { placeholder, autocomplete: "off", spellcheck: false, value: shown, onBlur: () => setTyped(null) };
  return (
    <Field {...field}>
      {(described) =>
        isComma ? (
          <input {...described} {...control} type="text" onInput={(event) => set(event.currentTarget.value)} />
        ) : (
          <textarea {...described} {...control} rows={Math.min(Math.max(shown.split("\n").length, 2), 8)} onInput={(event) => set(event.currentTarget.value)} />
        )
      }
    </Field>
  );
}

/* A list of words of any kind, line ends among them: a control for each. */
export function WordsField({ label, at, help, item }: FieldProps & { item: string }) {
  const { doc, edit } = useWizard();
  const words = doc.texts(at);
  const set = (next: string[]) => edit((changed) => changed.setTexts(at, next));
  return (
    <fieldset class="is-plain">
      <legend>{label}</legend>
      {help && <span class="field-help">{help}</span>}
      {words.map((word, i) => (
        <div class="row is-tight" key={i}>
          <textarea
            class="mono is-grown" rows={Math.min(word.split("\n").length, 10)} spellcheck={false} value={word} name={fieldOf([...at, i])} aria-label={`${item} ${i + 1}`}
            onInput={(event) => set(words.with(i, event.currentTarget.value))}
          />
          <RemoveButton what={`${item} ${i + 1}`} onDo={() => set(words.toSpliced(i, 1))} />
        </div>
      ))}
      <AddButton label={`Add ${item.toLowerCase()}`} onDo={() => set([...words, ""])} />
      <Faults at={at} />
    </fieldset>
  );
}

export function AddButton({ label, onDo }: { label: string; onDo: () => void }) {
  return <button type="button" class="small is-start" onClick={onDo}>+ {label}</button>;
}

export function RemoveButton({ what, onDo }: { what: string; onDo: () => void }) {
  return <button type="button" class="small" aria-label={`Remove ${what}`} title={`Remove ${what}`} onClick={onDo}>✕</button>;
}

interface RadioProps {
  label: string;
  name: string;
  choices: { value: string; label: string; help?: string }[];
  value: string;
  onPick: (value: string) => void;
}

export function Radios({ label, name, choices, value, onPick }: RadioProps) {
  return (
    <fieldset class="is-plain" role="radiogroup">
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="is-inline is-choice">
          <input type="radio" name={name} value={choice.value} checked={value === choice.value} onChange={() => onPick(choice.value)} />
          <span>
            {choice.label}{" "}
            {choice.help && <span class="field-help">{choice.help}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
