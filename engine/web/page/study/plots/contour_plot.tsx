/* Two parameters: what the model of the trials expects of both, and the trials themselves. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { alongSide, edges, isolines, type Isoline } from "./contour_lines";
import { rampColor, rampFor } from "./plot_marks";
import { allPositive, finite, isNamed, plain, plainValue, shownOf, tick } from "./plot_text";
import type { Contour, ContourSide, Goal, Sample } from "./plot_types";
import { trialTooltip, type TrialLookup } from "./trial_lookup";

interface ContourPlotProps {
  name: string;
  data: Contour;
  sample: Sample;
  goal: Goal;
  lookup: TrialLookup;
  tools?: ComponentChildren;
}

/* A side as it is drawn: names stand side by side. */
function drawn(side: ContourSide, sample: Sample): ContourSide {
  const type = sample.parameters.find((each) => each.parameterId === side.parameterId)?.type;
  return isNamed(type, side.values) ? { ...side, values: side.values.map(String) } : side;
}

const isCategorySide = (side: ContourSide) => typeof side.values[0] === "string";

function sideAxis(side: ContourSide, sample: Sample, colors: ChartColors, nameGap: number): Record<string, unknown> {
  const parameter = sample.parameters.find((each) => each.parameterId === side.parameterId);
  const shared = { name: side.parameterId, nameGap, nameTruncate: { maxWidth: 220, ellipsis: "…" }, splitLine: { show: false } };
  if (isCategorySide(side))
    return axis(colors, { ...shared, type: "category", data: side.values.map(String), axisLabel: { color: colors.quiet, width: 90, overflow: "truncate", hideOverlap: true } });
  const numbers = side.values as number[];
  const isLog = parameter?.scale === "LOG" && allPositive(numbers);
  return axis(colors, { ...shared, type: isLog ? "log" : "value", min: Math.min(...numbers), max: Math.max(...numbers), axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true } });
}

interface RenderApi {
  coord: (point: (number | string)[]) => [number, number];
  size: (step: number[]) => [number, number];
}

interface Surface {
  data: Contour;
  lines: Isoline[];
  low: number;
  high: number;
  ramp: string[];
  lineColor: string;
}

/* Where cells begin and end: between categories as wide as a band, else between the values. */
function cellEdges(side: ContourSide, middles: number[], step: number): number[] {
  if (!isCategorySide(side)) return edges(middles);
  const half = (Math.sign(middles[1] - middles[0] || 1) * step) / 2;
  return [...middles.map((middle) => middle - half), middles[middles.length - 1] + half];
}

/* The whole surface as one item: cells, and the lines over them. */
function surfaceItem({ data, lines, low, high, ramp, lineColor }: Surface) {
  return (params: { dataIndex: number }, api: RenderApi) => {
    if (params.dataIndex !== 0) return null;
    const [x0, y0] = [data.x.values[0], data.y.values[0]];
    const columns = data.x.values.map((value) => api.coord([value, y0])[0]);
    const rows = data.y.values.map((value) => api.coord([x0, value])[1]);
    const [stepX, stepY] = api.size([1, 1]);
    const left = cellEdges(data.x, columns, stepX);
    const top = cellEdges(data.y, rows, stepY);
    const cells = data.mean.flatMap((row, y) =>
      row.flatMap((mean, x) => {
        if (mean === null) return [];
        const shape = { x: Math.min(left[x], left[x + 1]), y: Math.min(top[y], top[y + 1]), width: Math.abs(left[x + 1] - left[x]) + 0.6, height: Math.abs(top[y + 1] - top[y]) + 0.6 };
        return [{ type: "rect", shape, style: { fill: rampColor(ramp, (mean - low) / (high - low || 1)) }, silent: true }];
      }),
    );
    const strokes = lines.flatMap((line) =>
      line.rings.map((ring) => ({
        type: "polyline",
        shape: { points: ring.map(([x, y]) => [alongSide(columns, x), alongSide(rows, y)]) },
        style: { stroke: lineColor, lineWidth: 0.8, opacity: 0.55, fill: "none" },
        silent: true,
      })),
    );
    return { type: "group", children: [...cells, ...strokes] };
  };
}

function optionOf(answer: Contour, sample: Sample, rows: number[], goal: Goal, colors: ChartColors, lookup: TrialLookup): Option {
  const data = { ...answer, x: drawn(answer.x, sample), y: drawn(answer.y, sample) };
  const means = finite(data.mean.flat());
  const low = Math.min(...means);
  const high = Math.max(...means);
  const ramp = rampFor(goal);
  const hasLines = !isCategorySide(data.x) && !isCategorySide(data.y);
  const lines = hasLines ? isolines(data.mean, low, high) : [];
  const columnOf = (side: ContourSide) => sample.parameterValues[side.parameterId] ?? [];
  const placed = (side: ContourSide, row: number) => (isCategorySide(side) ? String(columnOf(side)[row]) : columnOf(side)[row]);
  const values = sample.metricValues[data.metricId] ?? [];
  return {
    grid: { left: 8, right: 16, top: 12, bottom: 36, outerBoundsMode: "same", outerBoundsContain: "all" },
    tooltip: {
      trigger: "item",
      formatter: trialTooltip(lookup, (params) => {
        if (params.seriesId !== "trials") return null;
        const row = rows[params.dataIndex];
        const of = (side: ContourSide) => `${plain(side.parameterId)}  ${plainValue(columnOf(side)[row])}`;
        return { trial: sample.trial[row], says: [`${plain(data.metricId)}  ${format.number(values[row])}`, of(data.x), of(data.y)] };
      }),
    },
    xAxis: sideAxis(data.x, sample, colors, 30),
    yAxis: sideAxis(data.y, sample, colors, 48),
    visualMap: {
      type: "continuous",
      seriesIndex: 1,
      dimension: 2,
      min: low,
      max: high,
      inRange: { color: ramp },
      outOfRange: { color: ramp[goal === "MINIMIZE" ? ramp.length - 1 : 0] },
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemHeight: 140,
      itemWidth: 12,
      text: [format.number(high), format.number(low)],
      calculable: false,
      textStyle: { color: colors.quiet, fontSize: 11 },
    },
    series: [
      {
        id: "surface",
        type: "custom",
        data: data.x.values.flatMap((x, i) => [[x, data.y.values[Math.min(i, data.y.values.length - 1)]]]),
        encode: { x: 0, y: 1 },
        renderItem: surfaceItem({ data, lines, low, high, ramp, lineColor: "#ffffff" }),
        clip: true,
        silent: true,
        z: 1,
      },
      {
        id: "trials",
        type: "scatter",
        data: rows.map((row) => [placed(data.x, row), placed(data.y, row), values[row]]),
        symbolSize: rows.length > 600 ? 5 : 7,
        itemStyle: { borderColor: "#ffffff", borderWidth: 1, shadowBlur: 1, shadowColor: "#000000" },
        z: 3,
      },
    ],
  };
}

const MOST_POINTS = 1500;

export function ContourPlot({ name, data, sample, goal, lookup, tools }: ContourPlotProps) {
  const colors = useChartColors();
  const rows = useMemo(() => {
    const has = (values: unknown[] | undefined, row: number) => values?.[row] !== null && values?.[row] !== undefined;
    const known = sample.trial
      .map((_, row) => row)
      .filter((row) => has(sample.metricValues[data.metricId], row) && has(sample.parameterValues[data.x.parameterId], row) && has(sample.parameterValues[data.y.parameterId], row));
    return known.length > MOST_POINTS ? known.filter((row) => row % Math.ceil(known.length / MOST_POINTS) === 0) : known;
  }, [sample, data.metricId, data.x.parameterId, data.y.parameterId]);
  const option = useMemo(() => optionOf(data, sample, rows, goal, colors, lookup), [data, sample, rows, goal, colors.surface, lookup]);
  const kept = useRef({ sample, rows, lookup });
  kept.current = { sample, rows, lookup };
  const ready = (chart: Chart) => {
    chart.on("click", { seriesId: "trials" }, (event) => kept.current.lookup.open?.(kept.current.sample.trial[kept.current.rows[event.dataIndex]]));
  };
  const csv = (): Record<string, Cell[]> => ({
    [data.x.parameterId]: data.mean.flatMap((row) => row.map((_, x) => data.x.values[x])),
    [data.y.parameterId]: data.mean.flatMap((row, y) => row.map(() => data.y.values[y])),
    [data.metricId]: data.mean.flat(),
  });
  return (
    <Plot
      name={`${name}-contour`}
      title="Contour"
      describe={`${data.metricId} by ${data.x.parameterId} and ${data.y.parameterId}, as a model of the trials expects it, and ${rows.length} trials`}
      option={option}
      height={400}
      data={csv}
      onReady={ready}
      tools={tools}
      note={<>{shownOf(rows.length, sample.trialCount)}. The surface is what a random forest of the trials expects; brighter is better</>}
    />
  );
}
