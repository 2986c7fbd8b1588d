/* How the ends of trials look in every plot: by shape and colour, never by colour alone. */

import { RAMP, type ChartColors } from "../../components/chart";
import type { Goal } from "./plot_types";

/* A cross, as a path: ECharts has none. */
export const CROSS = "path://M1,0L5,4L9,0L10,1L6,5L10,9L9,10L5,6L1,10L0,9L4,5L0,1Z";

export interface Mark {
  name: string;
  symbol: string;
  size: number;
  style: Record<string, unknown>;
}

export function markOf(state: "SUCCEEDED" | "STOPPED_EARLY" | "INFEASIBLE", colors: ChartColors): Mark {
  if (state === "INFEASIBLE") return { name: "Failed", symbol: CROSS, size: 8, style: { color: colors.bad } };
  if (state === "STOPPED_EARLY")
    return { name: "Stopped early", symbol: "diamond", size: 7, style: { color: "transparent", borderColor: colors.quiet, borderWidth: 1.2 } };
  return { name: "Trial", symbol: "circle", size: 6, style: { color: colors.palette[0], opacity: 0.7 } };
}

export function stateColor(state: string, colors: ChartColors): string {
  if (state === "SUCCEEDED") return colors.palette[2];
  if (state === "STOPPED_EARLY") return colors.palette[7];
  if (state === "INFEASIBLE") return colors.bad;
  return colors.palette[0];
}

/* The ramp with the good end bright, whichever way the goal points. */
export const rampFor = (goal: Goal): string[] => (goal === "MAXIMIZE" ? RAMP : [...RAMP].reverse());

const channel = (color: string, at: number) => parseInt(color.slice(1 + 2 * at, 3 + 2 * at), 16);

/* Between two colours of the ramp; part from 0 to 1. */
export function rampColor(ramp: string[], part: number): string {
  const place = Math.min(1, Math.max(0, part)) * (ramp.length - 1);
  const below = Math.min(ramp.length - 2, Math.floor(place));
  const mixed = [0, 1, 2].map((i) => {
    const from = channel(ramp[below], i);
    return Math.round(from + (place - below) * (channel(ramp[below + 1], i) - from));
  });
  return `rgb(${mixed.join(",")})`;
}

/* Where the values lie but for the farthest out on the bad side: one diverged trial hides the rest. */
export function goodRange(values: number[], goal: Goal): { min?: number; max?: number } {
  if (values.length < 4) return {};
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  const bound = sorted[Math.floor((sorted.length - 1) * (goal === "MINIMIZE" ? 0.75 : 0.25))];
  if (bound === low || bound === high) return {};
  return goal === "MINIMIZE" ? { max: bound } : { min: bound };
}
