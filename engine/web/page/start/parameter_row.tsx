/* A parameter of the search space, and those below it that depend on its value. */

import { AddButton, Faults, ListField, RemoveButton, SelectField, TextField } from "./fields";
import type { Path, Plain, TrainingDocument } from "./document";
import { useWizard } from "./wizard_context";

type Type = "doubleValueSpec" | "integerValueSpec" | "categoricalValueSpec" | "discreteValueSpec";

const TYPES: { value: Type; label: string }[] = [
  { value: "doubleValueSpec", label: "Double" },
  { value: "integerValueSpec", label: "Integer" },
  { value: "categoricalValueSpec", label: "Categorical" },
  { value: "discreteValueSpec", label: "Discrete" },
];
const FIRST: Record<Type, Plain> = {
  doubleValueSpec: { minValue: 0, maxValue: 1 },
  integerValueSpec: { minValue: 1, maxValue: 10 },
  categoricalValueSpec: { values: ["a", "b"] },
  discreteValueSpec: { values: [1, 2, 4] },
};
const SCALES = [
  { value: "", label: "Linear" },
  { value: "UNIT_LOG_SCALE", label: "Log" },
  { value: "UNIT_REVERSE_LOG_SCALE", label: "Reverse log" },
];
/* How a condition names the parent's values. A double has none to name. */
const CONDITIONS: Partial<Record<Type, string>> = {
  integerValueSpec: "parentIntValues",
  categoricalValueSpec: "parentCategoricalValues",
  discreteValueSpec: "parentDiscreteValues",
};

export const NEW_PARAMETER: Plain = { parameterId: "", doubleValueSpec: { minValue: 0, maxValue: 1 } };

function typeOf(doc: TrainingDocument, at: Path): Type {
  return TYPES.find(({ value }) => doc.has([...at, value]))?.value ?? "doubleValueSpec";
}

function retype(doc: TrainingDocument, at: Path, type: Type): void {
  const old = typeOf(doc, at);
  const range = doc.plain([...at, old]);
  const isNumbers = (one: Type) => one === "doubleValueSpec" || one === "integerValueSpec";
  doc.remove([...at, old]);
  if (!isNumbers(type)) doc.remove([...at, "scaleType"]);
  doc.remove([...at, "conditionalParameterSpecs"]);
  doc.setPlain([...at, type], isNumbers(old) && isNumbers(type) && range !== undefined ? range : FIRST[type]);
}

interface RowProps {
  at: Path;
  onRemove: () => void;
}

export function ParameterRow({ at, onRemove }: RowProps) {
  const { doc, edit } = useWizard();
  const type = typeOf(doc, at);
  const name = doc.text([...at, "parameterId"]);
  const scale = doc.text([...at, "scaleType"]);
  const isNamed = scale === "UNIT_LINEAR_SCALE" || scale === "SCALE_TYPE_UNSPECIFIED";
  const children: Path = [...at, "conditionalParameterSpecs"];
  const condition = CONDITIONS[type];
  const addChild = () =>
    edit((changed) => {
      const values = changed.plain([...at, type, "values"]);
      const first = Array.isArray(values) ? values.slice(0, 1) : [changed.plain([...at, type, "minValue"]) ?? 1];
      changed.setPlain([...children, changed.count(children)], { [condition!]: { values: first }, parameterSpec: NEW_PARAMETER });
    });
  return (
    <li class="parameter">
      <div class="parameter-fields">
        <TextField label="Name" at={[...at, "parameterId"]} />
        <SelectField label="Type" at={[...at, "parameterValueSpec"]} value={type} choices={TYPES} onPick={(picked) => edit((changed) => retype(changed, at, picked as Type))} />
        {type === "doubleValueSpec" || type === "integerValueSpec" ? (
          <>
            <TextField label="Minimum" kind="number" at={[...at, type, "minValue"]} />
            <TextField label="Maximum" kind="number" at={[...at, type, "maxValue"]} />
            <SelectField label="Scale" at={[...at, "scaleType"]} value={isNamed ? "" : scale} choices={SCALES} onPick={(picked) => edit((changed) => changed.setText([...at, "scaleType"], picked))} />
          </>
        ) : (
          <div class="is-grown">
            <ListField label="Values, with commas between them" separator="comma" kind={type === "discreteValueSpec" ? "number" : "text"} at={[...at, type, "values"]} />
          </div>
        )}
        <RemoveButton what={`parameter ${name}`} onDo={onRemove} />
      </div>
      <Faults at={at} />
      {doc.count(children) > 0 && (
        <ul class="parameters">
          {Array.from({ length: doc.count(children) }, (_, i) => (
            <Child key={i} at={[...children, i]} parent={name} condition={condition} isText={type === "categoricalValueSpec"} />
          ))}
        </ul>
      )}
      {condition && <AddButton label="Add parameter that depends on it" onDo={addChild} />}
    </li>
  );
}

function Child({ at, parent, condition, isText }: { at: Path; parent: string; condition: string | undefined; isText: boolean }) {
  const { edit } = useWizard();
  return (
    <li class="condition">
      {condition && <ListField label={`Only where ${parent || "it"} is one of`} separator="comma" kind={isText ? "text" : "number"} at={[...at, condition, "values"]} />}
      <Faults at={at} />
      <ul class="parameters">
        <ParameterRow at={[...at, "parameterSpec"]} onRemove={() => edit((changed) => changed.remove(at))} />
      </ul>
    </li>
  );
}
