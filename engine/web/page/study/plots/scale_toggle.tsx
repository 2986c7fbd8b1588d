/* The small controls above a plot. */

import type { ComponentChildren } from "preact";

interface LogToggleProps {
  axis: string; // what is scaled, for the button's name
  label?: string;
  isOn: boolean;
  isPossible: boolean; // not where a value is zero or below
  onChange: (isOn: boolean) => void;
}

export function LogToggle({ axis, label = "log", isOn, isPossible, onChange }: LogToggleProps) {
  return (
    <button
      type="button"
      class="small"
      aria-pressed={isOn && isPossible}
      disabled={!isPossible}
      title={isPossible ? `Logarithmic ${axis}` : `${axis} has values that are not above zero`}
      aria-label={`${label}: logarithmic ${axis}`}
      onClick={() => onChange(!isOn)}
    >
      {label}
    </button>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
  isLabelHidden?: boolean;
}

export function Choice({ label, value, options, onChange, isLabelHidden = false }: ChoiceProps) {
  return (
    <label class="is-inline choice">
      <span class={isLabelHidden ? "sr-only" : "quiet"}>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option value={option.value}>{option.label}</option>
        ))}
      </select>
    </label>
  );
}

/* A list of checkboxes behind a button: which of many are shown. */
export function Chooser({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <details class="chooser">
      <summary class="button small">{label}</summary>
      <div class="chooser-list">{children}</div>
    </details>
  );
}
