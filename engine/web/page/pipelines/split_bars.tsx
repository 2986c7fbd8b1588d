/* How a dataset is split for a training: by what rule, and what came of it. */

import * as format from "../format";
import { SPLIT_SETS, type Split, type SplitSet } from "./pipeline_types";

const LABELS: Record<SplitSet, string> = { training: "Training", validation: "Validation", test: "Test" };

const percent = (part: number) => Number((part * 100).toFixed(1));

function shares(split: Split): string {
  return SPLIT_SETS.map((set) => percent(split.fractions?.[set] ?? 0)).join(" : ");
}

/* The rule, in a sentence. */
export function SplitRule({ split }: { split: Split }) {
  const key = <code class="text">{split.key}</code>;
  switch (split.kind) {
    case "predefinedSplit":
      return <>By column {key}, which names the set of each row; other rows are left out</>;
    case "timestampSplit":
      return <>By the time in column {key}, the newest for training: {shares(split)}</>;
    case "stratifiedSplit":
      return <>The values of column {key} in equal shares in each set: {shares(split)}</>;
    case "filterSplit":
      return <>By filters, the first that holds; other items are left out</>;
    case "fractionSplit":
      return <>At random: {shares(split)}</>;
  }
}

/* One bar of three parts, and the same in numbers. */
export function SplitBars({ counts, filters }: { counts: Record<SplitSet, number>; filters?: Record<SplitSet, string> }) {
  const total = SPLIT_SETS.reduce((sum, set) => sum + counts[set], 0);
  const part = (set: SplitSet) => (total > 0 ? counts[set] / total : 0);
  return (
    <div class="split">
      <div class="place-bar" aria-hidden="true">
        {SPLIT_SETS.map((set, i) => counts[set] > 0 && <span class={`place-part shade-${i}`} style={{ flexGrow: counts[set] }} />)}
      </div>
      <ul class="split-sets" aria-label="Sizes of the sets">
        {SPLIT_SETS.map((set, i) => (
          <li>
            <span class={`place-part shade-${i}`} aria-hidden="true" />
            <span>
              {LABELS[set]} <strong class="num">{format.count(counts[set])}</strong> <span class="quiet num">{percent(part(set))} %</span>
              {filters && <code class="text split-filter">{filters[set]}</code>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
