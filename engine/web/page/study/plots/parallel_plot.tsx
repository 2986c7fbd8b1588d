/* Every trial as a line through its parameters and metrics; a stretch of an axis chooses trials. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { goodRange, rampFor } from "./plot_marks";
import { allPositive, finite, plain, shownOf, tick } from "./plot_text";
import type { Goal, Sample } from "./plot_types";
import { LogToggle } from "./scale_toggle";
import { trialTooltip, type TrialLookup } from "./trial_lookup";
import { useFlag } from "./words";

/* Of one axis: what was brushed, by the axis' own coordinates. */
export type Brush = Record<string, [number, number][]>;

interface ParallelPlotProps {
  name: string;
  data: Sample;
  metricId: string;
  goal: Goal;
  parameterIds: string[]; // in the order of the axes
  lookup: TrialLookup;
  brush: Brush;
  onBrush: (brush: Brush, trials: number[]) => void;
  tools?: ComponentChildren;
  note?: ComponentChildren;
}

interface Axis {
  id: string; // of the parameter, or the metric
  option: Record<string, unknown>;
  values: (number | string | null)[];
}

function parameterAxis(data: Sample, id: string, usesScale: boolean): Axis {
  const parameter = data.parameters.find((each) => each.parameterId === id);
  const values = data.parameterValues[id] ?? [];
  if (parameter?.type === "CATEGORICAL" || parameter?.type === "DISCRETE")
    return { id, values: values.map((value) => (value === null ? null : String(value))), option: { type: "category", data: (parameter.values ?? []).map(String) } };
  const numbers = finite(values as (number | null)[]);
  const isLog = usesScale && parameter?.scale === "LOG" && allPositive(numbers);
  return { id, values, option: { type: isLog ? "log" : "value", scale: true, min: parameter?.min ?? "dataMin", max: parameter?.max ?? "dataMax" } };
}

function metricAxis(data: Sample, id: string, isLog: boolean): Axis {
  return { id, values: data.metricValues[id] ?? [], option: { type: isLog ? "log" : "value", scale: true } };
}

function optionOf(axes: Axis[], rows: number[], data: Sample, metricId: string, goal: Goal, colors: ChartColors, lookup: TrialLookup): Option {
  const objective = axes.findIndex((each) => each.id === metricId);
  const values = finite(rows.map((row) => data.metricValues[metricId][row]));
  const range = goodRange(values, goal);
  /* Without a single value there is no ramp, but ECharts wants ends for one. */
  const low = values.length ? (range.min ?? Math.min(...values)) : 0;
  const high = values.length ? (range.max ?? Math.max(...values)) : 1;
  const width = Math.max(44, Math.min(140, (document.documentElement.clientWidth - 150) / axes.length - 6));
  return {
    parallel: {
      left: 40,
      right: 64,
      top: 40,
      bottom: 56,
      parallelAxisDefault: {
        nameLocation: "end",
        nameGap: 22,
        nameTextStyle: { color: colors.ink, fontWeight: 600, width, overflow: "truncate" },
        nameTruncate: { maxWidth: width, ellipsis: "…" },
        axisLine: { lineStyle: { color: colors.quiet } },
        axisTick: { lineStyle: { color: colors.grid } },
        axisLabel: { color: colors.ink, textBorderColor: colors.surface, textBorderWidth: 3, width: Math.min(90, width), overflow: "truncate", hideOverlap: true },
        areaSelectStyle: { width: 22, borderWidth: 1, borderColor: colors.accent, color: colors.accent, opacity: 0.25 },
      },
    },
    parallelAxis: axes.map((each, dim) => ({
      dim,
      id: `axis-${dim}`,
      name: each.id,
      realtime: false,
      ...each.option,
      axisLabel: each.option.type === "category" ? {} : { formatter: tick },
    })),
    visualMap: {
      show: values.length > 0,
      type: "continuous",
      dimension: objective,
      min: low,
      max: high > low ? high : low + 1, // a ramp needs two ends
      text: [format.number(high), format.number(low)],
      inRange: { color: rampFor(goal) },
      outOfRange: { color: rampFor(goal)[goal === "MINIMIZE" ? 7 : 0] },
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemHeight: 120,
      itemWidth: 12,
      textStyle: { color: colors.quiet, fontSize: 11 },
      calculable: false,
    },
    tooltip: { trigger: "item", formatter: trialTooltip(lookup, (params) => ({ trial: data.trial[rows[params.dataIndex]], says: [plain(metricId)] })) },
    series: [
      {
        id: "trials",
        type: "parallel",
        data: rows.map((row) => axes.map((each) => each.values[row] ?? null)),
        lineStyle: { width: rows.length > 1000 ? 1 : 1.4, opacity: rows.length > 1000 ? 0.35 : 0.55 },
        emphasis: { lineStyle: { width: 3, opacity: 1 } },
        inactiveOpacity: 0.03,
        activeOpacity: 0.9,
        smooth: false,
        progressive: 400,
      },
    ],
  };
}

/* What ECharts tells of brushes is in its model only. */
interface ParallelModel {
  getSeriesByIndex: (index: number) => { getRawIndicesByActiveState: (state: string) => number[] };
  getComponent: (type: "parallelAxis", index: number) => { axis?: object; activeIntervals?: [number, number][] } | undefined;
}

const modelOf = (chart: Chart) => (chart as unknown as { getModel: () => ParallelModel }).getModel();

const hasAxes = (chart: Chart) => modelOf(chart).getComponent("parallelAxis", 0)?.axis !== undefined;

function brushOf(chart: Chart, axes: Axis[]): Brush {
  const brush: Brush = {};
  axes.forEach((each, dim) => {
    const intervals = modelOf(chart).getComponent("parallelAxis", dim)?.activeIntervals ?? [];
    if (intervals.length > 0) brush[each.id] = intervals.map(([from, to]) => [Number(from.toPrecision(5)), Number(to.toPrecision(5))]);
  });
  return brush;
}

export function ParallelPlot({ name, data, metricId, goal, parameterIds, lookup, brush, onBrush, tools, note }: ParallelPlotProps) {
  const colors = useChartColors();
  const [isLinear, setLinear] = useFlag("linear");
  const [wantsLog, setLog] = useFlag("parallelLog");
  const canLog = allPositive(data.metricValues[metricId] ?? []);
  const isLog = wantsLog && canLog;
  const hasLogScale = data.parameters.some((parameter) => parameter.scale === "LOG");
  const rows = useMemo(() => data.trial.map((_, row) => row).filter((row) => data.metricValues[metricId]?.[row] != null), [data, metricId]);
  const axes = useMemo(
    () => [
      ...parameterIds.map((id) => parameterAxis(data, id, !isLinear)),
      ...data.metrics.map((metric) => metricAxis(data, metric.metricId, isLog && metric.metricId === metricId)),
    ],
    [data, parameterIds.join("\n"), isLinear, isLog, metricId],
  );
  const option = useMemo(() => optionOf(axes, rows, data, metricId, goal, colors, lookup), [axes, rows, data, metricId, goal, colors.surface, lookup]);

  const chart = useRef<Chart | null>(null);
  const kept = useRef({ axes, rows, data, onBrush, lookup });
  kept.current = { axes, rows, data, onBrush, lookup };
  const isRestoring = useRef(false);
  const brushText = JSON.stringify(brush);
  /* What is drawn anew has lost its brushes; the axes are there a frame after the option. */
  useEffect(() => {
    let frame = 0;
    const restore = () => {
      const made = chart.current;
      if (!made || made.isDisposed()) return;
      if (!hasAxes(made)) {
        frame = requestAnimationFrame(restore);
        return;
      }
      if (JSON.stringify(brushOf(made, axes)) === brushText) return;
      isRestoring.current = true;
      axes.forEach((each, dim) => made.dispatchAction({ type: "axisAreaSelect", parallelAxisId: `axis-${dim}`, intervals: brush[each.id] ?? [] }));
      isRestoring.current = false;
    };
    frame = requestAnimationFrame(restore);
    return () => cancelAnimationFrame(frame);
  }, [option, brushText]);

  const ready = (made: Chart) => {
    chart.current = made;
    made.on("axisareaselected", () => {
      if (isRestoring.current) return;
      const now = kept.current;
      const chosen = brushOf(made, now.axes);
      const active = Object.keys(chosen).length ? modelOf(made).getSeriesByIndex(0).getRawIndicesByActiveState("active") : [];
      now.onBrush(
        chosen,
        active.map((index) => now.data.trial[now.rows[index]]),
      );
    });
    made.on("click", { seriesType: "parallel" }, (event) => kept.current.lookup.open?.(kept.current.data.trial[kept.current.rows[event.dataIndex]]));
  };

  const csv = (): Record<string, Cell[]> => ({
    trial: rows.map((row) => data.trial[row]),
    ...Object.fromEntries(axes.map((each) => [each.id, rows.map((row) => each.values[row])])),
  });
  return (
    <Plot
      name={`${name}-parallel`}
      title="Parallel coordinates"
      describe={`${rows.length} trials as lines through ${parameterIds.length} parameters and ${data.metrics.length} metrics; the table of trials has the same`}
      option={option}
      height={420}
      data={csv}
      onReady={ready}
      tools={
        <>
          {tools}
          {hasLogScale && (
            <button type="button" class="small" aria-pressed={!isLinear} title="Parameters on the scale they are searched on" onClick={() => setLinear(!isLinear)}>
              log parameters
            </button>
          )}
          <LogToggle axis={metricId} isOn={isLog} isPossible={canLog} onChange={setLog} />
        </>
      }
      note={
        <>
          {shownOf(rows.length, data.trialCount)}; drag along an axis to choose trials
          {note}
        </>
      }
    />
  );
}
