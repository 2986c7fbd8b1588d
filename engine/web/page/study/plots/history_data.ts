/* What the history shows: the whole study in outline, what was zoomed into in full, and what ended
 * since the server was asked. */

import type { Goal, History } from "./plot_types";

export interface End {
  endOrder: number;
  trial: number;
  state: string;
  value: number | null;
}

const isBetter = (value: number, than: number, goal: Goal) => (goal === "MINIMIZE" ? value < than : value > than);

function points(history: History): End[] {
  return history.endOrder.map((endOrder, i) => ({
    endOrder,
    trial: history.trial[i],
    state: history.state[i],
    value: history.value[i],
  }));
}

/* outline's points outside of detail's range, detail's within. */
function withDetail(outline: History, detail: History | null): End[] {
  if (!detail) return points(outline);
  const isOutside = (end: End) => end.endOrder < detail.from || end.endOrder > detail.to;
  return [...points(outline).filter(isOutside), ...points(detail)].sort((a, b) => a.endOrder - b.endOrder);
}

export function mergeHistory(outline: History, detail: History | null, newEnds: End[]): History {
  const ends = withDetail(outline, detail);
  const best = { endOrder: [...outline.best.endOrder], trial: [...outline.best.trial], value: [...outline.best.value] };
  let last = Math.max(Number(outline.version), detail ? Number(detail.version) : 0);
  let added = 0;
  for (const end of newEnds) {
    if (end.endOrder <= last) continue;
    last = end.endOrder;
    added++;
    ends.push(end);
    const least = best.value[best.value.length - 1];
    if (end.state === "INFEASIBLE" || end.value === null) continue;
    if (least !== undefined && !isBetter(end.value, least, outline.goal)) continue;
    best.endOrder.push(end.endOrder);
    best.trial.push(end.trial);
    best.value.push(end.value);
  }
  return {
    ...outline,
    version: String(last),
    trialCount: outline.trialCount + added,
    from: Math.min(1, last),
    to: last,
    endOrder: ends.map((end) => end.endOrder),
    trial: ends.map((end) => end.trial),
    state: ends.map((end) => end.state),
    value: ends.map((end) => end.value),
    best,
  };
}
