/* Parameters and the objective: all at once, one by one, and two by two. */

import { Empty } from "../components/basics";
import { MetricChoice } from "./overview_tab";
import { ContourPanel, ParallelPanel, SlicePanel } from "./parameters_panel";
import type { Contour, Importance, Sample, Slice } from "./plots/plot_types";
import { useWord } from "./plots/words";
import { PlotSlot } from "./plot_slot";
import type { StudyView } from "./study_view";
import { usePlot } from "./use_plot";

/* What decides most, first; then those that the model does not know. */
export function byImportance(importance: Importance | null, all: string[]): string[] {
  const first = importance?.parameters.map((each) => each.parameterId).filter((id) => all.includes(id)) ?? [];
  return [...first, ...all.filter((id) => !first.includes(id))];
}

export function ParametersTab({ view }: { view: StudyView }) {
  const importance = usePlot<Importance>(view.hasForest ? view.plot("importance") : null, view.fresh, 2 * view.restMs);
  const sample = usePlot<Sample>(view.plot("sample"), view.fresh, 2 * view.restMs);
  const isRanked = !view.hasForest || importance.data !== null || importance.error !== null;
  const ids = isRanked ? byImportance(importance.data, view.job.parameterIds ?? []) : [];
  const [wantedX, setX] = useWord("x");
  const [wantedY, setY] = useWord("y");
  const x = ids.includes(wantedX) ? wantedX : (ids[0] ?? "");
  const y = ids.includes(wantedY) && wantedY !== x ? wantedY : (ids.find((id) => id !== x) ?? "");
  const slice = usePlot<Slice>(x && view.hasForest ? view.plot("slice", { parameter: x }) : null, view.fresh, 4 * view.restMs);
  const contour = usePlot<Contour>(x && y && view.hasForest ? view.plot("contour", { x, y }) : null, view.fresh, 4 * view.restMs);
  if ((view.job.parameterIds ?? []).length === 0) return <Empty>This job has no parameters.</Empty>;
  const shared = { name: view.name, goal: view.goal, lookup: view.lookup };
  return (
    <>
      {(view.job.metricIds?.length ?? 0) > 1 && (
        <div class="row">
          <MetricChoice view={view} />
        </div>
      )}
      <PlotSlot
        title="Parallel coordinates"
        of={isRanked ? sample : { ...sample, data: null }}
        isEmpty={(data) => data.trial.length === 0}
        empty="No trial has ended yet."
        show={(data) => (
          <>
            <ParallelPanel {...shared} job={view.job.id} sample={data} metricId={view.metricId} parameterIds={ids} />
            <div class="columns is-wide">
              <SlicePanel {...shared} sample={data} parameterIds={ids} x={x} setX={setX} of={slice} />
              {ids.length > 1 && (
                <ContourPanel
                  {...shared}
                  sample={data}
                  of={contour}
                  choices={[
                    { label: "Across", value: x, options: ids, onChange: setX },
                    { label: "Up", value: y, options: ids.filter((id) => id !== x), onChange: setY },
                  ]}
                />
              )}
            </div>
          </>
        )}
      />
    </>
  );
}
