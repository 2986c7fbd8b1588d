/* Which part of a study's trials is at least as good: of one study or of several beside each other. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { allPositive, plain, tick } from "./plot_text";
import type { Edf } from "./plot_types";
import { LogToggle } from "./scale_toggle";
import { useFlag } from "./words";

export interface NamedEdf {
  label: string;
  data: Edf;
}

interface EdfPlotProps {
  name: string;
  studies: NamedEdf[]; // of one metric
  tools?: ComponentChildren;
}

const DASHES = ["solid", "dashed", "dotted"];

function optionOf(studies: NamedEdf[], colors: ChartColors, isLog: boolean): Option {
  return {
    grid: { left: 8, right: 16, top: studies.length > 1 ? 36 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "all" },
    legend: { show: studies.length > 1, type: "scroll", top: 0, left: 0, icon: "roundRect", itemWidth: 16, itemHeight: 4, textStyle: { color: colors.quiet, width: 180, overflow: "truncate" } },
    tooltip: {
      trigger: "item",
      formatter: (given: unknown) => {
        const params = given as { seriesIndex: number; value: [number, number] };
        const share = `${(100 * params.value[1]).toFixed(1)} % of the trials`;
        return `${plain(studies[params.seriesIndex].label)}\n${share}\nhave at most ${format.number(params.value[0])}`;
      },
    },
    xAxis: axis(colors, { type: isLog ? "log" : "value", scale: true, name: studies[0]?.data.metricId, nameTruncate: { maxWidth: 260, ellipsis: "…" }, axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true } }),
    yAxis: axis(colors, { type: "value", min: 0, max: 1, axisLabel: { color: colors.quiet, formatter: (part: number) => `${Math.round(100 * part)} %` } }),
    series: studies.map((study, i) => ({
      type: "line",
      step: "end",
      name: study.label,
      data: study.data.value.map((value, at) => [value, study.data.fraction[at]]),
      symbolSize: 5,
      showSymbol: true,
      itemStyle: { opacity: 0 },
      emphasis: { itemStyle: { opacity: 1 } },
      lineStyle: { width: 2, type: DASHES[Math.floor(i / colors.palette.length) % DASHES.length] },
    })),
  };
}

export function EdfPlot({ name, studies, tools }: EdfPlotProps) {
  const colors = useChartColors();
  const [wantsLog, setLog] = useFlag("edfLog");
  const canLog = allPositive(studies.flatMap((study) => study.data.value));
  const isLog = wantsLog && canLog;
  const option = useMemo(() => optionOf(studies, colors, isLog), [studies, colors.surface, isLog]);
  const csv = (): Record<string, Cell[]> => ({
    study: studies.flatMap((study) => study.data.value.map(() => study.label)),
    value: studies.flatMap((study) => study.data.value),
    fraction: studies.flatMap((study) => study.data.fraction),
  });
  const metric = studies[0]?.data.metricId ?? "";
  return (
    <Plot
      name={`${name}-edf`}
      title="Distribution of values"
      describe={`The part of the trials with at most a value of ${metric}, of ${studies.length} ${studies.length === 1 ? "study" : "studies"}`}
      option={option}
      height={360}
      data={csv}
      tools={
        <>
          {tools}
          <LogToggle axis={metric} isOn={isLog} isPossible={canLog} onChange={setLog} />
        </>
      }
      note={<>The empirical distribution function: how many of the trials have at most this value</>}
    />
  );
}
