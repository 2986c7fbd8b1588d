/* Which parameters decide, with how sure that is. */

import { useMemo } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { plain } from "./plot_text";
import type { Importance } from "./plot_types";
import { useFlag } from "./words";

const SHOWN = 20;
const ROW_PX = 24;

interface Row {
  label: string;
  importance: number;
  low: number;
  high: number;
}

const percent = (part: number) => part === 0 ? "0" : `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)} %`;

interface RenderApi {
  value: (dimension: number) => number;
  coord: (point: number[]) => [number, number];
}

/* A line from low to high with a stroke at both ends. */
function interval(color: string) {
  return (_: unknown, api: RenderApi) => {
    const [low, y] = api.coord([api.value(1), api.value(0)]);
    const [high] = api.coord([api.value(2), api.value(0)]);
    const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: color, lineWidth: 1.5 } });
    return { type: "group", children: [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)] };
  };
}

function optionOf(rows: Row[], colors: ChartColors): Option {
  return {
    grid: { left: 8, right: 56, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "item",
      formatter: (given: unknown) => {
        const row = rows[(given as { dataIndex: number }).dataIndex];
        return `${plain(row.label)}\n${percent(row.importance)} of the variance\nbetween ${percent(row.low)} and ${percent(row.high)}`;
      },
    },
    xAxis: axis(colors, { type: "value", min: 0, axisLabel: { color: colors.quiet, formatter: percent, hideOverlap: true }, splitNumber: 4 }),
    yAxis: axis(colors, { type: "category", inverse: true, data: rows.map((row) => row.label), axisTick: { show: false }, axisLabel: { color: colors.ink, width: 130, overflow: "truncate", interval: 0 } }),
    series: [
      { type: "bar", data: rows.map((row) => row.importance), barMaxWidth: 14, color: colors.palette[0], itemStyle: { borderRadius: [0, 3, 3, 0] } },
      {
        type: "custom",
        data: rows.map((row, i) => [i, row.low, row.high]),
        renderItem: interval(colors.ink),
        encode: { x: [1, 2], y: 0 },
        z: 3,
        label: { show: false },
      },
      {
        type: "scatter",
        data: rows.map((row, i) => [Math.max(row.high, row.importance), i]),
        symbolSize: 0.01,
        silent: true,
        label: { show: true, position: "right", distance: 8, color: colors.ink, formatter: (params: { dataIndex: number }) => percent(rows[params.dataIndex].importance) },
      },
    ],
  };
}

export function ImportancePlot({ name, data }: { name: string; data: Importance }) {
  const colors = useChartColors();
  const [showsPairs, setPairs] = useFlag("pairs");
  const isPairs = showsPairs && data.pairs.length > 0;
  const all = useMemo(
    (): Row[] =>
      isPairs
        ? data.pairs.map((pair) => ({ ...pair, label: pair.parameterIds.join(" × ") }))
        : data.parameters.map((parameter) => ({ ...parameter, label: parameter.parameterId })),
    [data, isPairs],
  );
  const rows = useMemo(() => all.slice(0, SHOWN), [all]);
  const option = useMemo(() => optionOf(rows, colors), [rows, colors.surface]);
  const csv = (): Record<string, Cell[]> => ({
    parameter: all.map((row) => row.label),
    importance: all.map((row) => row.importance),
    low: all.map((row) => row.low),
    high: all.map((row) => row.high),
  });
  const top = rows[0];
  return (
    <Plot
      name={`${name}-importance`}
      title={isPairs ? "Importance of pairs" : "Importance"}
      describe={top ? `How much each parameter decides ${data.metricId}; the most: ${top.label}, ${percent(top.importance)}` : "No parameter's importance is known"}
      option={option}
      height={Math.max(140, 48 + rows.length * ROW_PX)}
      data={csv}
      tools={
        data.pairs.length > 0 && (
          <button type="button" class="small" aria-pressed={isPairs} onClick={() => setPairs(!isPairs)}>
            Pairs
          </button>
        )
      }
      note={
        <>
          {data.method}: {data.detail ?? `of ${format.count(data.trialCount)} trials`}
          {rows.length < all.length && `. The first ${rows.length} of ${all.length}`}
        </>
      }
    />
  );
}
