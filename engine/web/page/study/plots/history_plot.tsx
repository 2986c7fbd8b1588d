/* All trials in the order of their ends, and the best so far. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { edgeLabels, FocusToggle, hiddenWords, useFocus, type Focus } from "./focus_toggle";
import { markOf } from "./plot_marks";
import { allPositive, finite, plain, shownOf, tick } from "./plot_text";
import type { History } from "./plot_types";
import { LogToggle } from "./scale_toggle";
import { trialTooltip, type TrialLookup } from "./trial_lookup";
import { useFlag } from "./words";

export type Range = [from: number, to: number];

interface HistoryPlotProps {
  name: string;
  data: History;
  lookup: TrialLookup;
  range?: Range | null; // what is zoomed into; null: everything
  onRange?: (range: Range | null) => void;
  tools?: ComponentChildren;
}

const ZOOM_SETTLE_MS = 250;

type Point = [endOrder: number, value: number, trial: number];

function marked(data: History, state: "SUCCEEDED" | "STOPPED_EARLY" | "INFEASIBLE", colors: ChartColors): Record<string, unknown> {
  const mark = markOf(state, colors);
  const isFailed = state === "INFEASIBLE";
  const rows: Point[] = [];
  data.endOrder.forEach((endOrder, i) => {
    const value = data.value[i];
    if (data.state[i] === state && (isFailed || value !== null)) rows.push([endOrder, isFailed ? 0 : value!, data.trial[i]]);
  });
  return {
    id: state,
    name: mark.name,
    type: "scatter",
    data: rows,
    symbol: mark.symbol,
    symbolSize: mark.size,
    itemStyle: mark.style,
    yAxisIndex: isFailed ? 1 : 0,
    symbolOffset: isFailed ? [0, -7] : [0, 0],
    z: isFailed ? 1 : 2,
  };
}

/* The line goes on to both ends of what is shown: what lies outside of it is not drawn. */
function bestSeries(data: History, colors: ChartColors, range: Range | null): Record<string, unknown> {
  const all = data.best.endOrder.map((endOrder, i): Point => [endOrder, data.best.value[i], data.best.trial[i]]);
  const [from, to] = range ?? [1, data.to];
  const rows: (Point | { value: Point; symbol: string })[] = all.filter((point) => point[0] >= from && point[0] <= to);
  const before = all.findLast((point) => point[0] < from);
  const last = all.findLast((point) => point[0] <= to);
  if (before) rows.unshift({ value: [from, before[1], before[2]], symbol: "none" });
  if (last && last[0] < to) rows.push({ value: [to, last[1], last[2]], symbol: "none" });
  return {
    id: "best",
    name: "Best so far",
    type: "line",
    step: "end",
    data: rows,
    symbol: "rect",
    symbolSize: 6,
    lineStyle: { width: 2 },
    color: colors.palette[1],
    z: 3,
  };
}

function optionOf(data: History, colors: ChartColors, isLog: boolean, bounds: Focus["bounds"], range: Range | null, lookup: TrialLookup): Option {
  const end = Math.max(data.to, 2);
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 34, outerBoundsMode: "same", outerBoundsContain: "all" },
    legend: { type: "scroll", top: 0, left: 0, itemWidth: 14, itemHeight: 9, textStyle: { color: colors.quiet } },
    tooltip: {
      trigger: "item",
      formatter: trialTooltip(lookup, (params) => {
        const point = (params.data as { value?: Point }).value ?? (params.data as Point);
        const says = params.seriesId === "INFEASIBLE" ? [] : [`${plain(data.metricId)}  ${format.number(point[1])}`];
        return { trial: point[2], says };
      }),
    },
    xAxis: axis(colors, { type: "value", name: "Trials in the order of their ends", min: 1, max: end, minInterval: 1, splitLine: { show: false }, axisLabel: { color: colors.quiet, formatter: format.count, hideOverlap: true } }),
    yAxis: [
      axis(colors, { type: isLog ? "log" : "value", scale: true, ...bounds, axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true, ...edgeLabels(bounds) } }),
      { type: "value", min: 0, max: 1, show: false },
    ],
    dataZoom: [
      { type: "inside", startValue: range?.[0] ?? 1, endValue: range?.[1] ?? end, minValueSpan: 5, zoomOnMouseWheel: "ctrl", moveOnMouseMove: "shift", moveOnMouseWheel: false },
      { type: "slider", startValue: range?.[0] ?? 1, endValue: range?.[1] ?? end, minValueSpan: 5, height: 18, bottom: 4, left: 40, right: 40, showDataShadow: false, brushSelect: true, borderColor: colors.grid, fillerColor: colors.accent + "22", textStyle: { color: colors.quiet, fontSize: 11 }, labelFormatter: (value: number) => format.count(Math.round(value)) },
    ],
    brush: { xAxisIndex: 0, brushType: "lineX", transformable: false, toolbox: [], brushStyle: { color: colors.accent + "22", borderColor: colors.accent }, outOfBrush: {} },
    series: [marked(data, "SUCCEEDED", colors), marked(data, "STOPPED_EARLY", colors), marked(data, "INFEASIBLE", colors), bestSeries(data, colors, range)],
  };
}

interface BrushEnd {
  areas: { coordRange: [number, number] }[];
}

function startBrush(chart: Chart): void {
  chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "lineX", brushMode: "single" } });
}

export function HistoryPlot({ name, data, lookup, range = null, onRange, tools }: HistoryPlotProps) {
  const colors = useChartColors();
  const [wantsLog, setLog] = useFlag("log");
  const focus = useFocus("focus", useMemo(() => finite(data.value), [data]), data.goal);
  const canLog = allPositive(data.value);
  const isLog = wantsLog && canLog;
  const chart = useRef<Chart | null>(null);
  const kept = useRef({ data, onRange, lookup });
  kept.current = { data, onRange, lookup };

  const option = useMemo(
    () => optionOf(data, colors, isLog, focus.bounds, range, lookup),
    [data, colors.surface, isLog, focus.isFocused, range?.[0], range?.[1], lookup],
  );
  /* What is drawn anew has lost the cursor that drags a range. */
  useEffect(() => {
    if (chart.current && kept.current.onRange) startBrush(chart.current);
  }, [option]);

  const ready = (made: Chart) => {
    chart.current = made;
    let timer = 0;
    const chosen = (from: number, to: number) => {
      const last = kept.current.data.to;
      const isWhole = from <= 1 && to >= last;
      kept.current.onRange?.(isWhole ? null : [Math.max(1, Math.floor(from)), Math.min(last, Math.ceil(to))]);
    };
    made.on("brushEnd", (event) => {
      const area = (event as BrushEnd).areas[0];
      if (!area) return;
      made.dispatchAction({ type: "brush", areas: [] });
      if (area.coordRange[1] - area.coordRange[0] >= 1) chosen(...area.coordRange);
    });
    made.on("datazoom", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        if (made.isDisposed()) return;
        const zoom = (made.getOption().dataZoom as { startValue: number; endValue: number }[])[0];
        chosen(zoom.startValue, zoom.endValue);
      }, ZOOM_SETTLE_MS);
    });
    made.on("click", (event) => {
      const point = (event.data as { value?: Point } | null)?.value ?? (event.data as Point | null);
      if (Array.isArray(point)) kept.current.lookup.open?.(point[2]);
    });
  };

  const best = data.best.value[data.best.value.length - 1];
  const csv = (): Record<string, Cell[]> => ({ endOrder: data.endOrder, trial: data.trial, state: data.state, [data.metricId]: data.value });
  return (
    <Plot
      name={`${name}-history`}
      title="History"
      describe={`${data.metricId} of ${data.trialCount} trials in the order of their ends; best so far ${format.number(best)}`}
      option={option}
      height={380}
      data={csv}
      onReady={ready}
      tools={
        <>
          {tools}
          {range && onRange && (
            <button type="button" class="small" onClick={() => onRange(null)}>
              Whole history
            </button>
          )}
          <FocusToggle focus={focus} />
          <LogToggle axis={data.metricId} isOn={isLog} isPossible={canLog} onChange={setLog} />
        </>
      }
      note={
        <>
          {shownOf(data.endOrder.length, data.trialCount)}
          {data.endOrder.length < data.trialCount && ": the least and the greatest of each stretch"}
          {hiddenWords(focus)}
          {onRange && "; drag across the plot to look closer"}
        </>
      }
    />
  );
}
