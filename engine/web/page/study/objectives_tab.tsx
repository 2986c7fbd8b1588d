/* What was reached: the front of several objectives, and how values are distributed. */

import { hasSeveral, ParetoPanel } from "./pareto_panel";
import { MetricChoice } from "./overview_tab";
import { EdfPlot } from "./plots/edf_plot";
import type { Edf, Pareto, Sample } from "./plots/plot_types";
import { PlotSlot } from "./plot_slot";
import type { StudyView } from "./study_view";
import { usePlot } from "./use_plot";
import { href, Link } from "../route";

export function ObjectivesTab({ view }: { view: StudyView }) {
  const isSeveral = hasSeveral(view.job);
  const pareto = usePlot<Pareto>(isSeveral ? view.plot("pareto") : null, view.fresh, 2 * view.restMs);
  const sample = usePlot<Sample>(isSeveral ? view.plot("sample") : null, view.fresh, 2 * view.restMs);
  const edf = usePlot<Edf>(view.plot("edf"), view.fresh, 2 * view.restMs);
  return (
    <>
      {isSeveral && (
        <PlotSlot
          title="Pareto front"
          of={pareto}
          isEmpty={(data) => data.front.trial.length === 0}
          empty="No trial has succeeded yet."
          show={(data) => <ParetoPanel name={view.name} data={data} sample={sample.data} lookup={view.lookup} />}
        />
      )}
      <PlotSlot
        title="Distribution of values"
        of={edf}
        isEmpty={(data) => data.value.length === 0}
        empty="No trial has succeeded yet."
        show={(data) => (
          <EdfPlot
            name={view.name}
            studies={[{ label: view.job.displayName || view.job.id, data }]}
            tools={
              <>
                <MetricChoice view={view} />
                <Link to={href("/compare", { jobs: view.job.id })} class="button small">
                  Compare with others
                </Link>
              </>
            }
          />
        )}
      />
    </>
  );
}
