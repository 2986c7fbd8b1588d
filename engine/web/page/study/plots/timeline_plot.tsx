/* Who ran where and when: a row for each place that one trial at a time can have. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { stateColor } from "./plot_marks";
import { plain, shownOf } from "./plot_text";
import type { Timeline } from "./plot_types";
import { stateWord, trialTooltip, type TrialLookup } from "./trial_lookup";

interface Bar {
  lane: number;
  start: number;
  end: number;
  index: number; // in the answer
}

interface Lanes {
  labels: string[];
  bars: Bar[];
}

/* Each trial in the first row of its place that is free when it starts. */
export function lanesOf(data: Timeline, now: number): Lanes {
  const order = data.trial.map((_, i) => i).filter((i) => data.start[i] !== null);
  order.sort((a, b) => data.place[a].localeCompare(data.place[b]) || data.start[a]! - data.start[b]!);
  const labels: string[] = [];
  const bars: Bar[] = [];
  let place: string | null = null;
  let first = 0; // row of this place
  let free: number[] = []; // when each row of this place is free again
  for (const i of order) {
    if (data.place[i] !== place) {
      place = data.place[i];
      first += free.length;
      free = [];
    }
    const start = data.start[i]!;
    const end = Math.max(start, data.end[i] ?? now);
    let row = free.findIndex((at) => at <= start);
    if (row < 0) {
      row = free.length;
      labels.push(`${place || "slot"} ${row + 1}`);
    }
    free[row] = end;
    bars.push({ lane: first + row, start, end, index: i });
  }
  return { labels, bars };
}

interface RenderApi {
  value: (dimension: number) => number;
  coord: (point: number[]) => [number, number];
  size: (step: number[]) => [number, number];
}

interface RenderParams {
  dataIndex: number;
  coordSys: { x: number; width: number };
}

function barItem(data: Timeline, bars: Bar[], colors: ChartColors) {
  return (params: RenderParams, api: RenderApi) => {
    const bar = bars[params.dataIndex];
    const [x, y] = api.coord([api.value(1), api.value(0)]);
    const right = api.coord([api.value(2), api.value(0)])[0];
    const height = Math.max(2, api.size([0, 1])[1] * 0.72);
    const left = Math.max(x, params.coordSys.x);
    const width = Math.max(1.5, Math.min(right, params.coordSys.x + params.coordSys.width) - left);
    if (right < params.coordSys.x || x > params.coordSys.x + params.coordSys.width) return null;
    const state = data.state[bar.index];
    const label = String(data.trial[bar.index]);
    const isFailed = state === "INFEASIBLE";
    return {
      type: "rect",
      shape: { x: left, y: y - height / 2, width, height, r: Math.min(3, width / 3) },
      style: {
        fill: isFailed ? colors.surface : stateColor(state, colors),
        stroke: stateColor(state, colors),
        lineWidth: 1,
        opacity: 0.85,
      },
      textContent: width > 8 * label.length + 6 && height > 10 ? { style: { text: label, fill: isFailed ? colors.bad : colors.surface, fontSize: 10.5, fontWeight: 600 } } : undefined,
      textConfig: { position: "inside" },
    };
  };
}

function optionOf(data: Timeline, lanes: Lanes, colors: ChartColors, lookup: TrialLookup): Option {
  return {
    grid: { left: 8, right: 16, top: 8, bottom: 34, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "item",
      formatter: trialTooltip({ ...lookup, known: () => undefined, ask: () => Promise.resolve(undefined) }, (params) => {
        const { index, start, end } = lanes.bars[params.dataIndex];
        const isOver = data.end[index] !== null;
        return {
          trial: data.trial[index],
          state: data.state[index],
          says: [
            `${isOver ? "ran" : "runs for"} ${format.duration(end - start)}`,
            `from ${format.time(start)}`,
            ...(isOver ? [`to ${format.time(end)}`] : []),
            ...(data.place[index] ? [`on ${plain(data.place[index])}`] : []),
            ...(data.attempt[index] > 1 ? [`attempt ${data.attempt[index]}`] : []),
          ],
        };
      }),
    },
    xAxis: axis(colors, { type: "time", axisLabel: { color: colors.quiet, hideOverlap: true } }),
    yAxis: axis(colors, { type: "category", inverse: true, data: lanes.labels, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: colors.quiet, width: 120, overflow: "truncate", hideOverlap: true } }),
    dataZoom: [
      { type: "inside", filterMode: "weakFilter", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false },
      { type: "slider", filterMode: "weakFilter", height: 18, bottom: 4, left: 40, right: 40, showDataShadow: false, borderColor: colors.grid, fillerColor: colors.accent + "22", textStyle: { color: colors.quiet, fontSize: 11 }, labelFormatter: (value: number) => format.time(value) },
    ],
    series: [
      {
        type: "custom",
        renderItem: barItem(data, lanes.bars, colors),
        encode: { x: [1, 2], y: 0 },
        data: lanes.bars.map((bar) => [bar.lane, bar.start, bar.end]),
        clip: true,
      },
    ],
  };
}

const ROW_PX = 22;
const MOST_PX = 900;

interface TimelinePlotProps {
  name: string;
  data: Timeline;
  lookup: TrialLookup;
  now: number; // until when what runs is drawn
  tools?: ComponentChildren;
}

export function TimelinePlot({ name, data, lookup, now, tools }: TimelinePlotProps) {
  const colors = useChartColors();
  const lanes = useMemo(() => lanesOf(data, now), [data, now]);
  const option = useMemo(() => optionOf(data, lanes, colors, lookup), [data, lanes, colors.surface, lookup]);
  const kept = useRef({ data, lanes, lookup });
  kept.current = { data, lanes, lookup };
  const ready = (chart: Chart) => {
    chart.on("click", (event) => {
      const bar = kept.current.lanes.bars[event.dataIndex];
      if (bar) kept.current.lookup.open?.(kept.current.data.trial[bar.index]);
    });
  };
  const csv = (): Record<string, Cell[]> => ({
    trial: data.trial,
    state: data.state,
    attempt: data.attempt,
    place: data.place,
    start: data.start.map((at) => (at === null ? null : new Date(at).toISOString())),
    end: data.end.map((at) => (at === null ? null : new Date(at).toISOString())),
  });
  const states = [...new Set(data.state)];
  return (
    <Plot
      name={`${name}-timeline`}
      title="Timeline"
      describe={`When and where ${data.trial.length} trials ran, at most ${lanes.labels.length} at once`}
      option={option}
      height={Math.min(MOST_PX, 90 + Math.max(2, lanes.labels.length) * ROW_PX)}
      data={csv}
      onReady={ready}
      tools={tools}
      note={
        <span class="legend">
          {shownOf(data.trial.length, data.trialCount)}
          {states.map((state) => (
            <span class="legend-item">
              <span
                class="swatch"
                style={{ borderColor: stateColor(state, colors), backgroundColor: state === "INFEASIBLE" ? "transparent" : stateColor(state, colors) }}
              />
              {stateWord(state)}
            </span>
          ))}
        </span>
      }
    />
  );
}
