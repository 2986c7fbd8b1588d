/* The front by two of the objectives, chosen where there are more. */

import type { Job } from "../types";
import { ParetoPlot } from "./plots/pareto_plot";
import type { Pareto, Sample } from "./plots/plot_types";
import { Choice } from "./plots/scale_toggle";
import type { TrialLookup } from "./plots/trial_lookup";
import { useWord } from "./plots/words";

export const hasSeveral = (job: Job) => (job.objectives?.length ?? 0) > 1;

interface ParetoPanelProps {
  name: string;
  data: Pareto;
  sample: Sample | null;
  lookup: TrialLookup;
}

export function ParetoPanel({ name, data, sample, lookup }: ParetoPanelProps) {
  const ids = data.metrics.map((metric) => metric.metricId);
  const [wantedX, setX] = useWord("fx");
  const [wantedY, setY] = useWord("fy");
  const x = ids.includes(wantedX) ? wantedX : ids[0];
  const y = ids.includes(wantedY) && wantedY !== x ? wantedY : ids.find((id) => id !== x)!;
  const options = (without: string) => ids.filter((id) => id !== without).map((id) => ({ value: id, label: id }));
  const tools = ids.length > 2 && (
    <>
      <Choice label="Across" value={x} options={options("")} onChange={setX} />
      <Choice label="Up" value={y} options={options(x)} onChange={setY} />
    </>
  );
  return <ParetoPlot name={name} data={data} sample={sample} x={x} y={y} lookup={lookup} tools={tools} />;
}
