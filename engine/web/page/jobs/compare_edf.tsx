/* Which part of a study's trials was at least as good as a value: whose curve is further on the good side is better. */

import { useMemo } from "preact/hooks";
import { jobPath, word } from "../api";
import { axis, Plot, useChartColors } from "../components/chart";
import * as format from "../format";
import { lineOf, type PlotJob } from "./compare_lines";
import type { Compared } from "./compare_page";
import { useEach } from "./use_each";

interface Edf {
  goal: string;
  trialCount: number;
  value: number[];
  fraction: number[];
}

export function CompareEdf({ of, metric, refreshMs }: { of: Compared[]; metric: string; refreshMs: number }) {
  const colors = useChartColors();
  const parts = useEach<Edf>(of.map(({ job }) => `${jobPath(job.id)}/plots/edf?metric=${word(metric)}`), refreshMs);
  const lines = of.map((one, i): PlotJob => {
    const edf = parts[i].data;
    return { ...one, points: edf ? edf.value.map((value, at) => [value, edf.fraction[at]]) : [] };
  });
  const goals = new Set(parts.flatMap(({ data }) => (data ? [data.goal] : [])));
  const key = JSON.stringify(lines.map(({ points }) => [points.length, points[0], points[points.length - 1]]));
  const option = useMemo(
    () => ({
      grid: { left: 64, right: 32, top: 40, bottom: 48 },
      legend: { type: "scroll", top: 0, left: 0, textStyle: { color: colors.ink, width: 220, overflow: "truncate" }, pageTextStyle: { color: colors.quiet }, pageIconColor: colors.accent, pageIconInactiveColor: colors.grid },
      tooltip: {
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: [number, number] }) =>
          `${seriesName}\n${Math.round(value[1] * 1000) / 10} % of the trials: ${metric} up to ${format.number(value[0])}`,
      },
      xAxis: axis(colors, { type: "value", scale: true, name: metric }),
      yAxis: axis(colors, { type: "value", min: 0, max: 1, name: "part of the trials", nameGap: 44, axisLabel: { color: colors.quiet, formatter: (part: number) => `${Math.round(part * 100)} %` } }),
      dataZoom: [{ type: "inside", xAxisIndex: 0 }],
      series: lines.map((line, i) => ({ ...lineOf(line, i, colors), step: "end", showSymbol: false })),
    }),
    [key, colors, metric],
  );
  return (
    <Plot
      name={`compare-edf-${metric.replace(/[^\w.-]+/g, "_")}`}
      title="Distribution of values (EDF)"
      describe={`Of each study the part of its trials with ${metric} up to a value`}
      option={option}
      height={380}
      data={() => ({
        job: lines.flatMap(({ job, points }) => points.map(() => job.id)),
        [metric]: lines.flatMap(({ points }) => points.map((point) => point[0])),
        fraction: lines.flatMap(({ points }) => points.map((point) => point[1])),
      })}
      note={goals.size === 1 && `Better is further ${goals.has("MINIMIZE") ? "left and up" : "right and down"}.`}
    />
  );
}
