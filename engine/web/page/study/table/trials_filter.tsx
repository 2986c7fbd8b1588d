/* Which trials: the filter's text, and the usual ones as buttons. */

import { useEffect, useState } from "preact/hooks";
import { useSettled } from "../../hooks";

const FAILURES = ["user_error", "no_metric", "timeout", "out_of_memory", "not_found", "stopped", "cancelled", "lost"];

const USUAL = [
  { label: "All", filter: "" },
  { label: "Running", filter: 'state="ACTIVE"' },
  { label: "Succeeded", filter: 'state="SUCCEEDED"' },
  { label: "Failed", filter: 'state="INFEASIBLE"' },
];

const TYPED_MS = 300;

interface TrialsFilterProps {
  filter: string;
  onFilter: (filter: string) => void;
  example: string;
  error: string | null;
  chosen: number[];
}

export function TrialsFilter({ filter, onFilter, example, error, chosen }: TrialsFilterProps) {
  const [text, setText] = useState(filter);
  const settled = useSettled(text, TYPED_MS);
  useEffect(() => setText(filter), [filter]);
  useEffect(() => {
    if (settled === text && settled !== filter) onFilter(settled);
  }, [settled]);
  const failure = /^failure="(\w+)"$/.exec(filter)?.[1] ?? "";
  const ofChosen = chosen.map((trial) => `number=${trial}`).join(" OR ");
  return (
    <div class="trials-filter">
      <div class="tools" role="group" aria-label="Usual filters">
        {USUAL.map((usual) => (
          <button type="button" class="small chip" aria-pressed={filter === usual.filter} onClick={() => onFilter(usual.filter)}>
            {usual.label}
          </button>
        ))}
        <select
          aria-label="Failure"
          value={failure}
          onChange={(event) => onFilter(event.currentTarget.value ? `failure="${event.currentTarget.value}"` : "")}
        >
          <option value="">Failed by …</option>
          {FAILURES.map((each) => (
            <option value={each}>{each.replaceAll("_", " ")}</option>
          ))}
        </select>
        {chosen.length > 0 && ofChosen.length < 3000 && chosen.length <= 90 && (
          <button type="button" class="small chip" aria-pressed={filter === ofChosen} onClick={() => onFilter(filter === ofChosen ? "" : ofChosen)}>
            Chosen ({chosen.length})
          </button>
        )}
      </div>
      <label class="filter-field">
        <span class="sr-only">Filter of trials</span>
        <input
          type="search"
          value={text}
          placeholder={example}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={error !== null}
          aria-describedby={error ? "filter-error" : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="field-error" id="filter-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
