/* What trials reported on their way. */

import { useMemo, useRef } from "preact/hooks";
import { axis, Plot, useChartColors, type Cell, type Chart, type ChartColors, type Option } from "../../components/chart";
import * as format from "../../format";
import { allPositive, plain, tick } from "./plot_text";
import type { Curve, Curves } from "./plot_types";
import { Choice, LogToggle } from "./scale_toggle";
import { stateWord, type TrialLookup } from "./trial_lookup";
import { useFlag, useWord } from "./words";

const TOLD = 8; // curves in a tooltip
const DASHES = ["solid", "dashed", "dotted"];

const isRunning = (curve: Curve) => curve.state === "ACTIVE" || curve.state === "STOPPING";

interface AxisParams {
  seriesIndex: number;
  value: [number, number];
  marker?: unknown;
}

function tooltipOf(data: Curves, byTime: boolean) {
  const sign = data.goal === "MINIMIZE" ? 1 : -1;
  return (given: unknown) => {
    const params = (given as AxisParams[]).filter((each) => each.value?.[1] !== null);
    if (params.length === 0) return "";
    params.sort((a, b) => sign * (a.value[1] - b.value[1]));
    const lines = params.slice(0, TOLD).map((each) => {
      const curve = data.curves[each.seriesIndex];
      return `trial ${curve.trial}  ${format.number(each.value[1])}${isRunning(curve) ? "  running" : ""}`;
    });
    if (params.length > TOLD) lines.push(`… ${params.length - TOLD} more`);
    const at = params[0].value[0];
    return [byTime ? format.duration(1000 * at) : `step ${format.number(at)}`, plain(data.metricId), ...lines].join("\n");
  };
}

function optionOf(data: Curves, colors: ChartColors, byTime: boolean, isLog: boolean): Option {
  const xOf = (curve: Curve) => (byTime ? curve.elapsed : curve.step);
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "all" },
    legend: { type: "scroll", show: data.curves.length <= 12, top: 0, left: 0, icon: "roundRect", itemWidth: 16, itemHeight: 4, textStyle: { color: colors.quiet } },
    tooltip: { trigger: "axis", formatter: tooltipOf(data, byTime), axisPointer: { lineStyle: { color: colors.quiet } } },
    xAxis: axis(colors, { type: "value", scale: true, minInterval: byTime ? 0 : 1, name: byTime ? "Time since the start" : "Step", axisLabel: { color: colors.quiet, hideOverlap: true, formatter: (x: number) => (byTime ? format.duration(1000 * x) : tick(x)) } }),
    yAxis: axis(colors, { type: isLog ? "log" : "value", scale: true, axisLabel: { color: colors.quiet, formatter: tick, hideOverlap: true } }),
    series: data.curves.map((curve, i) => ({
      type: "line",
      name: isRunning(curve) ? `${curve.trial} (running)` : String(curve.trial),
      data: xOf(curve).flatMap((x, at) => (x === null ? [] : [[x, curve.value[at]]])),
      showSymbol: curve.value.length < 3,
      triggerLineEvent: true,
      symbolSize: 5,
      lineStyle: { width: isRunning(curve) ? 2.2 : 1.5, type: DASHES[Math.floor(i / colors.palette.length) % DASHES.length] },
      emphasis: { focus: "series" },
      blur: { lineStyle: { opacity: 0.2 } },
    })),
  };
}

interface CurvesPlotProps {
  name: string;
  data: Curves;
  lookup: TrialLookup;
  title?: string;
  note?: string;
}

export function CurvesPlot({ name, data, lookup, title = "Learning curves", note }: CurvesPlotProps) {
  const colors = useChartColors();
  const [over, setOver] = useWord("over", "step");
  const [wantsLog, setLog] = useFlag("curvesLog");
  const hasTime = data.curves.some((curve) => curve.elapsed.some((at) => at !== null));
  const byTime = over === "time" && hasTime;
  const canLog = allPositive(data.curves.flatMap((curve) => curve.value));
  const isLog = wantsLog && canLog;
  const option = useMemo(() => optionOf(data, colors, byTime, isLog), [data, colors.surface, byTime, isLog]);
  const kept = useRef({ data, lookup });
  kept.current = { data, lookup };
  const ready = (chart: Chart) => {
    chart.on("click", { seriesType: "line" }, (event) => {
      const curve = kept.current.data.curves[event.seriesIndex ?? -1];
      if (curve) kept.current.lookup.open?.(curve.trial);
    });
  };
  const csv = (): Record<string, Cell[]> => ({
    trial: data.curves.flatMap((curve) => curve.value.map(() => curve.trial)),
    state: data.curves.flatMap((curve) => curve.value.map(() => stateWord(curve.state))),
    step: data.curves.flatMap((curve) => curve.step),
    elapsed: data.curves.flatMap((curve) => curve.elapsed),
    [data.metricId]: data.curves.flatMap((curve) => curve.value),
  });
  return (
    <Plot
      name={`${name}-curves`}
      title={title}
      describe={`${data.metricId} as it was reported by ${data.curves.length} trials`}
      option={option}
      height={340}
      data={csv}
      onReady={ready}
      tools={
        <>
          {hasTime && (
            <Choice
              label="Over"
              value={byTime ? "time" : "step"}
              options={[
                { value: "step", label: "steps" },
                { value: "time", label: "time" },
              ]}
              onChange={setOver}
            />
          )}
          <LogToggle axis={data.metricId} isOn={isLog} isPossible={canLog} onChange={setLog} />
        </>
      }
      note={note}
    />
  );
}
