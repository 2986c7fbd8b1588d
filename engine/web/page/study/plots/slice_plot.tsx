/* One parameter: what the model of the trials expects of it, and the trials themselves. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { edgeLabels, FocusToggle, hiddenWords, useFocus, type Focus } from "./focus_toggle";
import { markOf } from "./plot_marks";
import { allPositive, finite, isNamed, plain, plainValue, shownOf, tick } from "./plot_text";
import type { Goal, Sample, Slice } from "./plot_types";
import { LogToggle } from "./scale_toggle";
import { trialTooltip, type TrialLookup } from "./trial_lookup";
import { useFlag } from "./words";

interface SlicePlotProps {
  name: string;
  data: Slice;
  sample: Sample;
  goal: Goal;
  lookup: TrialLookup;
  tools?: ComponentChildren;
}

type Place = number | string;

interface RenderApi {
  value: (dimension: number) => number;
  coord: (point: Place[]) => [number, number];
}

/* The band between low and high, as one shape. */
function band(data: Slice, fill: string) {
  return (params: { dataIndex: number }, api: RenderApi) => {
    if (params.dataIndex !== 0) return null;
    const known = data.x.map((_, i) => i).filter((i) => data.low[i] !== null && data.high[i] !== null);
    const along = (values: (number | null)[], order: number[]) => order.map((i) => api.coord([data.x[i], values[i]!]));
    return { type: "polygon", shape: { points: [...along(data.high, known), ...along(data.low, [...known].reverse())] }, style: { fill }, silent: true };
  };
}

/* Of a category: a stroke from low to high. */
function whisker(data: Slice, color: string) {
  return (params: { dataIndex: number }, api: RenderApi) => {
    const i = params.dataIndex;
    if (data.low[i] === null || data.high[i] === null) return null;
    const [x, low] = api.coord([String(data.x[i]), data.low[i]!]);
    const [, high] = api.coord([String(data.x[i]), data.high[i]!]);
    return { type: "line", shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: color, lineWidth: 6, opacity: 0.45 }, silent: true };
  };
}

function modelSeries(data: Slice, isCategory: boolean, colors: ChartColors): Record<string, unknown>[] {
  const color = colors.palette[1];
  const placed = (x: Place) => (isCategory ? String(x) : x);
  const places = data.x.map((x, i) => [placed(x), data.mean[i]]);
  const spread = {
    type: "custom",
    name: "Spread of the model",
    data: data.x.map((x, i) => [placed(x), data.low[i], data.high[i]]),
    encode: { x: 0, y: [1, 2] },
    renderItem: isCategory ? whisker(data, color) : band(data, color + "33"),
    clip: true,
    silent: true,
    color: color + "77",
    z: isCategory ? 3 : 1,
  };
  const mean = isCategory
    ? { type: "scatter", symbol: "rect", symbolSize: [26, 3], data: places }
    : { type: "line", showSymbol: false, data: places, lineStyle: { width: 2 }, silent: true };
  return [spread, { ...mean, id: "mean", name: "Expected", color, z: 4 }];
}

function optionOf(data: Slice, sample: Sample, rows: number[], isLog: boolean, bounds: Focus["bounds"], colors: ChartColors, lookup: TrialLookup): Option {
  const parameter = sample.parameters.find((each) => each.parameterId === data.parameterId);
  const isCategory = isNamed(parameter?.type, data.x);
  const xs = sample.parameterValues[data.parameterId] ?? [];
  const ys = sample.metricValues[data.metricId] ?? [];
  const mark = markOf("SUCCEEDED", colors);
  const isLogX = !isCategory && parameter?.scale === "LOG" && allPositive(data.x as number[]);
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "all" },
    legend: { type: "scroll", top: 0, left: 0, itemWidth: 14, itemHeight: 9, textStyle: { color: colors.quiet } },
    tooltip: {
      trigger: "item",
      formatter: trialTooltip(
        lookup,
        (params) =>
          params.seriesId === "trials"
            ? {
                trial: sample.trial[rows[params.dataIndex]],
                says: [`${plain(data.metricId)}  ${format.number(ys[rows[params.dataIndex]])}`, `${plain(data.parameterId)}  ${plainValue(xs[rows[params.dataIndex]])}`],
              }
            : null,
        (params) => (params.seriesId === "mean" ? `${plainValue(data.x[params.dataIndex])}\nexpected ${format.number(data.mean[params.dataIndex])}` : ""),
      ),
    },
    xAxis: axis(colors, {
      name: data.parameterId,
      nameTruncate: { maxWidth: 260, ellipsis: "…" },
      ...(isCategory
        ? { type: "category", data: data.x.map(String), axisLabel: { color: colors.quiet, width: 110, overflow: "truncate", hideOverlap: true } }
        : { type: isLogX ? "log" : "value", min: parameter?.min ?? "dataMin", max: parameter?.max ?? "dataMax", axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true } }),
    }),
    yAxis: axis(colors, { type: isLog ? "log" : "value", scale: true, ...bounds, axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true, ...edgeLabels(bounds) } }),
    series: [
      { id: "trials", name: mark.name, type: "scatter", data: rows.map((row) => [isCategory ? String(xs[row]) : xs[row], ys[row]]), symbolSize: mark.size, itemStyle: { ...mark.style, opacity: 0.5 }, z: 2 },
      ...modelSeries(data, isCategory, colors),
    ],
  };
}

export function SlicePlot({ name, data, sample, goal, lookup, tools }: SlicePlotProps) {
  const colors = useChartColors();
  const [wantsLog, setLog] = useFlag("sliceLog");
  const rows = useMemo(
    () =>
      sample.trial.map((_, row) => row).filter((row) => sample.metricValues[data.metricId]?.[row] != null && sample.parameterValues[data.parameterId]?.[row] != null),
    [sample, data.metricId, data.parameterId],
  );
  const values = useMemo(() => finite(rows.map((row) => sample.metricValues[data.metricId]?.[row])), [rows]);
  const focus = useFocus("sliceFocus", values, goal);
  const canLog = allPositive([...(sample.metricValues[data.metricId] ?? []), ...data.low, ...data.mean]);
  const isLog = wantsLog && canLog;
  const option = useMemo(() => optionOf(data, sample, rows, isLog, focus.bounds, colors, lookup), [data, sample, rows, isLog, focus.isFocused, goal, colors.surface, lookup]);
  const kept = useRef({ sample, rows, lookup });
  kept.current = { sample, rows, lookup };
  const ready = (chart: Chart) => {
    chart.on("click", { seriesId: "trials" }, (event) => kept.current.lookup.open?.(kept.current.sample.trial[kept.current.rows[event.dataIndex]]));
  };
  const csv = (): Record<string, Cell[]> => ({ [data.parameterId]: data.x, mean: data.mean, low: data.low, high: data.high });
  return (
    <Plot
      name={`${name}-slice-${data.parameterId}`}
      title="Slice"
      describe={`${data.metricId} by ${data.parameterId}: ${rows.length} trials and what a model of them expects`}
      option={option}
      height={360}
      data={csv}
      onReady={ready}
      tools={
        <>
          {tools}
          <FocusToggle focus={focus} />
          <LogToggle axis={data.metricId} isOn={isLog} isPossible={canLog} onChange={setLog} />
        </>
      }
      note={
        <>
          {shownOf(rows.length, sample.trialCount)}
          {hiddenWords(focus)}. Expected: over all values of the other parameters, of a random forest; the band is the spread of its trees
        </>
      }
    />
  );
}
