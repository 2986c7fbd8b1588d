/* Two objectives: all trials, and those than which none is better in both. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { allPositive, plain, tick } from "./plot_text";
import type { Goal, Pareto, Sample } from "./plot_types";
import { LogToggle } from "./scale_toggle";
import { trialTooltip, type TrialLookup } from "./trial_lookup";
import { useFlag } from "./words";

interface ParetoPlotProps {
  name: string;
  data: Pareto;
  sample: Sample | null;
  x: string; // metrics
  y: string;
  lookup: TrialLookup;
  tools?: ComponentChildren;
}

type Point = [x: number, y: number, trial: number];

const arrow = (goal: Goal | undefined) => (goal === "MAXIMIZE" ? "more is better" : "less is better");

interface Shown {
  front: Point[];
  others: Point[];
  isLine: boolean; // with two objectives the front is a staircase
  x: string;
  y: string;
  isLogX: boolean;
  isLogY: boolean;
}

function optionOf(data: Pareto, shown: Shown, colors: ChartColors, lookup: TrialLookup): Option {
  const goalOf = (id: string) => data.metrics.find((metric) => metric.metricId === id)?.goal;
  const side = (id: string, isLog: boolean, nameGap: number) =>
    axis(colors, { type: isLog ? "log" : "value", scale: true, name: `${id}: ${arrow(goalOf(id))}`, nameGap, nameTruncate: { maxWidth: 260, ellipsis: "…" }, axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true } });
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "all" },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 9, textStyle: { color: colors.quiet } },
    tooltip: {
      trigger: "item",
      formatter: trialTooltip(lookup, (params) => {
        const point = params.data as Point;
        return { trial: point[2], says: [`${plain(shown.x)}  ${format.number(point[0])}`, `${plain(shown.y)}  ${format.number(point[1])}`] };
      }),
    },
    xAxis: side(shown.x, shown.isLogX, 30),
    yAxis: side(shown.y, shown.isLogY, 52),
    series: [
      { name: "Trial", type: "scatter", data: shown.others, symbolSize: 5, itemStyle: { color: colors.palette[7], opacity: 0.45 }, large: shown.others.length > 4000, z: 1 },
      {
        name: "Front",
        type: shown.isLine ? "line" : "scatter",
        step: "start",
        data: shown.front,
        symbol: "diamond",
        symbolSize: 9,
        showSymbol: true,
        lineStyle: { width: 1.5 },
        color: colors.palette[1],
        z: 3,
      },
    ],
  };
}

export function ParetoPlot({ name, data, sample, x, y, lookup, tools }: ParetoPlotProps) {
  const colors = useChartColors();
  const [wantsLogX, setLogX] = useFlag("paretoLogX");
  const [wantsLogY, setLogY] = useFlag("paretoLogY");
  const { front, others } = useMemo(() => {
    const inFront = new Set(data.front.trial);
    const front = data.front.trial.map((trial, i): Point => [data.front.values[x][i], data.front.values[y][i], trial]);
    front.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const others = (sample?.trial ?? []).flatMap((trial, row): Point[] => {
      const [a, b] = [sample!.metricValues[x]?.[row] ?? null, sample!.metricValues[y]?.[row] ?? null];
      return a === null || b === null || inFront.has(trial) ? [] : [[a, b, trial]];
    });
    return { front, others };
  }, [data, sample, x, y]);
  const all = [...front, ...others];
  const canLogX = allPositive(all.map((point) => point[0]));
  const canLogY = allPositive(all.map((point) => point[1]));
  const isLogX = wantsLogX && canLogX;
  const isLogY = wantsLogY && canLogY;
  const option = useMemo(
    () => optionOf(data, { front, others, isLine: data.metrics.length === 2, x, y, isLogX, isLogY }, colors, lookup),
    [data, front, others, x, y, isLogX, isLogY, colors.surface, lookup],
  );
  const kept = useRef(lookup);
  kept.current = lookup;
  const ready = (chart: Chart) => {
    chart.on("click", (event) => {
      if (Array.isArray(event.data)) kept.current.open?.((event.data as Point)[2]);
    });
  };
  const csv = (): Record<string, Cell[]> => ({ trial: data.front.trial, ...data.front.values });
  return (
    <Plot
      name={`${name}-pareto`}
      title="Pareto front"
      describe={`${front.length} trials than which none is better in all objectives, by ${x} and ${y}`}
      option={option}
      height={420}
      data={csv}
      onReady={ready}
      tools={
        <>
          {tools}
          <LogToggle axis={x} label="log across" isOn={isLogX} isPossible={canLogX} onChange={setLogX} />
          <LogToggle axis={y} label="log up" isOn={isLogY} isPossible={canLogY} onChange={setLogY} />
        </>
      }
      note={
        <>
          {format.count(front.length)} of {format.count(data.trialCount)} trials are in the front of {data.metrics.length} objectives
        </>
      }
    />
  );
}
