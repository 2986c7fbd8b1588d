/* Whether a plot shows all values or their best part. Until someone chooses, the best part where the rest would squash it. */

import { useMemo } from "preact/hooks";
import { goodRange } from "./plot_marks";
import type { Goal } from "./plot_types";
import { useWord } from "./words";

/* The best part takes less than this of what all values span. */
const SQUASHED = 0.1;

function isSquashed(values: number[], goal: Goal): boolean {
  const { min, max } = goodRange(values, goal);
  if (min === undefined && max === undefined) return false;
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return (max ?? high) - (min ?? low) < SQUASHED * (high - low);
}

export interface Focus {
  isFocused: boolean;
  setFocused: (isFocused: boolean) => void;
  bounds: { min?: number; max?: number };
  hiddenCount: number; // values that lie outside
}

export function useFocus(word: string, values: number[], goal: Goal): Focus {
  const [chosen, choose] = useWord(word);
  const shown = useMemo(() => {
    const isFocused = chosen === "" ? isSquashed(values, goal) : chosen === "1";
    const bounds = isFocused ? goodRange(values, goal) : {};
    const isHidden = (value: number) => value < (bounds.min ?? -Infinity) || value > (bounds.max ?? Infinity);
    return { isFocused, bounds, hiddenCount: values.filter(isHidden).length };
  }, [chosen, values, goal]);
  return { ...shown, setFocused: (wanted) => choose(wanted ? "1" : "0") };
}

/* A bound is a trial's value and no round number: its label would stand on top of the next one. */
export function edgeLabels({ min, max }: Focus["bounds"]) {
  return { ...(min !== undefined && { showMinLabel: false }), ...(max !== undefined && { showMaxLabel: false }) };
}

export function FocusToggle({ focus }: { focus: Focus }) {
  return (
    <button
      type="button"
      class="small"
      aria-pressed={focus.isFocused}
      title={focus.isFocused ? `${focus.hiddenCount} worse values lie outside` : "Leave out the worst quarter of the values"}
      onClick={() => focus.setFocused(!focus.isFocused)}
    >
      Best part
    </button>
  );
}

/* For a plot's note. */
export function hiddenWords(focus: Focus): string {
  return focus.hiddenCount > 0 ? `; ${focus.hiddenCount} worse ${focus.hiddenCount === 1 ? "one lies" : "ones lie"} outside` : "";
}
