/* One line for each study, told apart by colour, dashes and a letter at its end. */

import type { ChartColors } from "../components/chart";
import type { Compared } from "./compare_page";

export interface PlotJob extends Compared {
  points: [number, number][];
}

const DASHES: (string | number[])[] = ["solid", [8, 4], [2, 3], [10, 3, 2, 3]];

export function lineOf({ letter, label, points }: PlotJob, i: number, colors: ChartColors): Record<string, unknown> {
  const color = colors.palette[i % colors.palette.length];
  return {
    type: "line",
    name: label,
    data: points,
    color,
    symbol: "circle",
    symbolSize: points.length <= 60 ? 5 : 0,
    showSymbol: points.length <= 60,
    lineStyle: { width: 2, type: DASHES[i % DASHES.length] },
    endLabel: { show: true, formatter: () => letter, color, fontWeight: "bold", fontSize: 13 },
    emphasis: { focus: "series" },
  };
}
