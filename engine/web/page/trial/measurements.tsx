/* What it reported on its way, metric by metric. */

import { useMemo } from "preact/hooks";
import { Card, Empty, Num } from "../components/basics";
import { axis, Plot, useChartColors } from "../components/chart";
import * as format from "../format";
import { useQuery } from "../route";
import type { Job, Measurement, Trial } from "../types";

interface MeasurementsProps {
  job: Job;
  item: Trial;
  measurements: Measurement[];
}

interface Rows {
  step: (number | null)[];
  elapsed: (number | null)[]; // seconds
  values: Map<string, (number | null)[]>; // by metric
}

function rowsOf(measurements: Measurement[]): Rows {
  const names = new Set(measurements.flatMap((one) => (one.metrics ?? []).map(({ metricId }) => metricId)));
  const values = new Map<string, (number | null)[]>();
  for (const name of names)
    values.set(name, measurements.map((one) => one.metrics?.find(({ metricId }) => metricId === name)?.value ?? null));
  return {
    step: measurements.map((one) => (one.stepCount === undefined ? null : Number(one.stepCount))),
    elapsed: measurements.map((one) => (one.elapsedDuration === undefined ? null : Number.parseFloat(one.elapsedDuration))),
    values,
  };
}

export function Measurements({ job, item, measurements }: MeasurementsProps) {
  const [by, setBy] = useQuery("by", "step");
  const rows = useMemo(() => rowsOf(measurements), [measurements]);
  if (measurements.length === 0)
    return (
      <Card>
        <Empty>{item.endOrder > 0 ? "It reported nothing on its way." : "Nothing was reported yet; what comes is shown at once."}</Empty>
      </Card>
    );
  return (
    <>
      <div class="row" role="group" aria-label="Horizontal axis">
        <button type="button" class="small" aria-pressed={by === "step"} onClick={() => setBy("step")}>By step</button>
        <button type="button" class="small" aria-pressed={by === "time"} onClick={() => setBy("time")}>By time</button>
      </div>
      <div class="columns is-wide">
        {[...rows.values].map(([name, values]) => (
          <Curve key={name} name={`${job.id}-trial-${item.trial.id}`} metric={name} x={by === "time" ? rows.elapsed : rows.step} isTime={by === "time"} values={values} />
        ))}
      </div>
      <Table rows={rows} />
    </>
  );
}

interface CurveProps {
  name: string;
  metric: string;
  x: (number | null)[];
  isTime: boolean;
  values: (number | null)[];
}

const MARKED = 60; // points up to which each has a mark

function Curve({ name, metric, x, isTime, values }: CurveProps) {
  const colors = useChartColors();
  const points = useMemo(
    () => values.flatMap((value, i) => (value === null ? [] : [[x[i] ?? i + 1, value]])).sort((one, other) => one[0] - other[0]),
    [x, values],
  );
  const option = useMemo(
    () => ({
      grid: { left: 64, right: 16, top: 12, bottom: 44 },
      tooltip: {
        trigger: "axis",
        formatter: (shown: { value: number[] }[]) =>
          shown.length === 0 ? "" : `${isTime ? format.duration(shown[0].value[0] * 1000) : `step ${shown[0].value[0]}`}: ${shown[0].value[1]}`,
      },
      xAxis: axis(colors, { type: "value", name: isTime ? "seconds since its start" : "step", min: "dataMin", max: "dataMax", splitLine: { show: false } }),
      yAxis: axis(colors, { type: "value", scale: true, nameGap: 48 }),
      dataZoom: [{ type: "inside" }],
      series: [{ type: "line", data: points, showSymbol: points.length <= MARKED, symbolSize: 6, sampling: "minmax", lineStyle: { width: 2 } }],
    }),
    [points, colors, isTime],
  );
  const last = points[points.length - 1];
  return (
    <Plot
      name={`${name}-${metric.replace(/[^\w.-]+/g, "_")}`}
      title={metric}
      describe={`${metric} over ${points.length} measurements, last ${format.number(last?.[1])}`}
      option={option}
      height={300}
      data={() => ({ [isTime ? "elapsed" : "step"]: points.map((point) => point[0]), [metric]: points.map((point) => point[1]) })}
    />
  );
}

const SHOWN = 200;

/* The newest first: what one waits for stands at the top. */
function Table({ rows }: { rows: Rows }) {
  const count = rows.step.length;
  const names = [...rows.values.keys()];
  const order = Array.from({ length: Math.min(count, SHOWN) }, (_, i) => count - 1 - i);
  return (
    <Card title="All measurements" tools={<span class="quiet">{count > SHOWN ? `the newest ${SHOWN} of ${format.count(count)}; each plot's CSV has all` : format.count(count)}</span>}>
      <div class="table-box is-scrolled" tabIndex={0} role="region" aria-label="Measurements">
        <table>
          <thead>
            <tr>
              <th scope="col" class="num">Step</th>
              <th scope="col" class="num">After</th>
              {names.map((name) => <th key={name} scope="col" class="num text">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {order.map((i) => (
              <tr key={i}>
                <td class="num">{format.count(rows.step[i])}</td>
                <td class="num">{rows.elapsed[i] === null ? "–" : format.duration(rows.elapsed[i]! * 1000)}</td>
                {names.map((name) => <td key={name} class="num"><Num of={rows.values.get(name)![i]} /></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
