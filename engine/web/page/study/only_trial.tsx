/* A custom job is one trial: what became of it. */

import { trialPath } from "../api";
import { Card, Elapsed, Empty, ErrorBox, Facts, Loading, Num, StateBadge, Time } from "../components/basics";
import { href, Link } from "../route";
import type { Trial } from "../types";
import { CurvesPlot } from "./plots/curves_plot";
import { useCurves } from "./reports";
import type { StudyView } from "./study_view";
import { usePlot } from "./use_plot";

export function OnlyTrial({ view }: { view: StudyView }) {
  const trial = usePlot<Trial>(trialPath(view.job.id, 1), view.fresh + view.running.size, view.restMs);
  const curves = useCurves(view, view.metricId !== "", view.restMs);
  const item = trial.data;
  if (trial.error?.code === "NOT_FOUND") return <Empty>The job has not started yet.</Empty>;
  if (!item) return trial.error ? <ErrorBox error={trial.error} /> : <Loading />;
  return (
    <>
      <Card
        title="Run"
        tools={
          <Link to={href(`/jobs/${view.job.id}/trials/1`)} class="button small">
            Logs and files
          </Link>
        }
      >
        <Facts
          of={[
            ["State", <StateBadge state={item.trial.state} />],
            ["Duration", <Elapsed from={item.trial.startTime} to={item.trial.endTime} />],
            ["Started", <Time at={item.trial.startTime} />],
            ["Ended", <Time at={item.trial.endTime} />],
            ["Attempt", String(item.attempt || "–")],
            ...(item.failure ? ([["Failure", item.failure.replaceAll("_", " ")]] as [string, string][]) : []),
            ...Object.entries(item.metrics).map(([name, value]): [string, preact.JSX.Element] => [name, <Num of={value} />]),
            ...(view.job.modelDir ? ([["Model", view.job.modelDir]] as [string, string][]) : []),
          ]}
        />
        {item.trial.infeasibleReason && !view.job.errorMessage?.includes(item.trial.infeasibleReason) && <p class="error-box under">{item.trial.infeasibleReason}</p>}
      </Card>
      {curves.data && curves.data.curves.some((curve) => curve.value.length > 0) && <CurvesPlot name={view.name} data={curves.data} lookup={view.lookup} />}
    </>
  );
}
