/* The best value up to then, of each study, over its trials or over time. */

import { useMemo } from "preact/hooks";
import { jobPath, word } from "../api";
import { axis, Plot, useChartColors, type Cell } from "../components/chart";
import * as format from "../format";
import { useQuery } from "../route";
import type { TrialsWindow } from "../types";
import { lineOf, type PlotJob } from "./compare_lines";
import type { Compared } from "./compare_page";
import { useEach } from "./use_each";

interface History {
  trialCount: number;
  to: number;
  best: { endOrder: number[]; trial: number[]; value: number[] };
}

const TIMES_MAX = 90; // trials that one filter can name

/* The times at which the best improved; of very many improvements some. */
function timesPath(job: string, history: History | null): string {
  const numbers = history?.best.trial ?? [];
  const every = Math.ceil(numbers.length / TIMES_MAX);
  const named = numbers.filter((_, i) => i % every === 0 || i === numbers.length - 1);
  const filter = named.length === 0 ? "number=0" : `(${named.map((number) => `number=${number}`).join(" OR ")})`;
  return `${jobPath(job)}/trials:window?filter=${word(filter)}&limit=500`;
}

function pointsByTrial({ best, trialCount }: History): [number, number][] {
  const points = best.endOrder.map((order, i): [number, number] => [order, best.value[i]]);
  const last = points[points.length - 1];
  return last ? [...points, [Math.max(trialCount, last[0]), last[1]]] : [];
}

function pointsByTime({ best }: History, times: TrialsWindow, one: Compared): [number, number][] {
  const start = Date.parse(one.job.startTime ?? one.job.createTime);
  const ends = new Map(times.trials.map(({ trial }) => [Number(trial.id), trial.endTime]));
  const points = best.trial.flatMap((trial, i): [number, number][] => {
    const end = ends.get(trial);
    return end ? [[(Date.parse(end) - start) / 1000, best.value[i]]] : [];
  });
  const last = points[points.length - 1];
  const now = (one.job.endTime ? Date.parse(one.job.endTime) : Date.now()) - start;
  return last ? [...points, [Math.max(now / 1000, last[0]), last[1]]] : [];
}

export function CompareCurves({ of, metric, refreshMs }: { of: Compared[]; metric: string; refreshMs: number }) {
  const [by, setBy] = useQuery("by", "trials");
  const colors = useChartColors();
  const isTime = by === "time";
  const histories = useEach<History>(of.map(({ job }) => `${jobPath(job.id)}/plots/history?metric=${word(metric)}&points=2`), refreshMs);
  const times = useEach<TrialsWindow>(isTime ? of.map(({ job }, i) => timesPath(job.id, histories[i].data)) : []);
  const lines = of.map((one, i): PlotJob => {
    const history = histories[i].data;
    const ends = times[i]?.data;
    return { ...one, points: !history ? [] : !isTime ? pointsByTrial(history) : ends ? pointsByTime(history, ends, one) : [] };
  });
  const key = JSON.stringify(lines.map(({ points }) => points));
  const option = useMemo(
    () => ({
      grid: { left: 70, right: 32, top: 40, bottom: 48 },
      legend: { type: "scroll", top: 0, left: 0, textStyle: { color: colors.ink, width: 220, overflow: "truncate" }, pageTextStyle: { color: colors.quiet }, pageIconColor: colors.accent, pageIconInactiveColor: colors.grid },
      tooltip: {
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: [number, number] }) =>
          `${seriesName}\n${isTime ? `after ${format.duration(value[0] * 1000)}` : `after ${format.count(value[0])} trials`}: ${value[1]}`,
      },
      xAxis: axis(colors, { type: "value", name: isTime ? "time since its start" : "trials that have ended", ...(isTime ? { axisLabel: { color: colors.quiet, hideOverlap: true, formatter: (seconds: number) => format.duration(seconds * 1000) } } : { minInterval: 1 }) }),
      yAxis: axis(colors, { type: "value", scale: true, name: `best ${metric}`, nameGap: 52 }),
      dataZoom: [{ type: "inside" }],
      series: lines.map((line, i) => ({ ...lineOf(line, i, colors), step: "end" })),
    }),
    [key, colors, isTime, metric],
  );
  return (
    <Plot
      name={`compare-best-${metric.replace(/[^\w.-]+/g, "_")}`}
      title="Best so far"
      describe={`Best ${metric} so far: ${lines.map(({ letter, points }) => `${letter} ${format.number(points[points.length - 1]?.[1])}`).join(", ")}`}
      option={option}
      height={380}
      data={() => columnsOf(lines, isTime ? "seconds" : "trials", metric)}
      tools={
        <div class="row" role="group" aria-label="Horizontal axis">
          <button type="button" class="small" aria-pressed={!isTime} onClick={() => setBy("trials")}>Trials</button>
          <button type="button" class="small" aria-pressed={isTime} onClick={() => setBy("time")}>Time</button>
        </div>
      }
    />
  );
}

function columnsOf(lines: PlotJob[], x: string, metric: string): Record<string, Cell[]> {
  return {
    job: lines.flatMap(({ job, points }) => points.map(() => job.id)),
    [x]: lines.flatMap(({ points }) => points.map((point) => point[0])),
    [metric]: lines.flatMap(({ points }) => points.map((point) => point[1])),
  };
}
