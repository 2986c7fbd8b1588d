/* How a study goes: its history, what decides, the best trials, what runs. */

import { useMemo } from "preact/hooks";
import { jobPath } from "../api";
import { Card, Elapsed, Num, StateBadge } from "../components/basics";
import * as format from "../format";
import { href, Link } from "../route";
import type { Trial } from "../types";
import { BestTrials } from "./best_trials";
import { CurvesPlot } from "./plots/curves_plot";
import { mergeHistory } from "./plots/history_data";
import { HistoryPlot, type Range } from "./plots/history_plot";
import { ImportancePlot } from "./plots/importance_plot";
import type { History, Importance } from "./plots/plot_types";
import { Choice } from "./plots/scale_toggle";
import { useWord } from "./plots/words";
import { PlotSlot } from "./plot_slot";
import { useCurves } from "./reports";
import type { StudyView } from "./study_view";
import { memberKey } from "./table/trial_columns";
import { windowPath } from "./table/trial_pages";
import { usePlot, type PlotData } from "./use_plot";

function useRange(): [Range | null, (range: Range | null) => void] {
  const [word, setWord] = useWord("range");
  const match = /^(\d+)-(\d+)$/.exec(word);
  const range: Range | null = match ? [Number(match[1]), Number(match[2])] : null;
  return [range, (next) => setWord(next ? next.join("-") : "")];
}

export function MetricChoice({ view }: { view: StudyView }) {
  const metrics = view.job.metricIds ?? [];
  if (metrics.length < 2) return null;
  return <Choice label="Metric" value={view.metricId} options={metrics.map((id) => ({ value: id, label: id }))} onChange={view.setMetric} />;
}

function LiveHistory({ view, outline }: { view: StudyView; outline: PlotData<History> }) {
  const [range, setRange] = useRange();
  const detail = usePlot<History>(range ? view.plot("history", { from: String(range[0]), to: String(range[1]) }) : null, 0, view.restMs);
  const merged = useMemo(() => outline.data && mergeHistory(outline.data, detail.data, view.ends), [outline.data, detail.data, view.ends]);
  return (
    <PlotSlot
      title="History"
      of={{ ...outline, data: merged }}
      isEmpty={(data) => data.trialCount === 0}
      empty="No trial has ended yet."
      show={(data) => <HistoryPlot name={view.name} data={data} lookup={view.lookup} range={range} onRange={setRange} tools={<MetricChoice view={view} />} />}
    />
  );
}

const SHOWN_RUNNING = 12;

function Running({ view }: { view: StudyView }) {
  const running = [...view.running.values()];
  if (running.length === 0) return null;
  return (
    <Card title={`Running now (${format.count(running.length)})`}>
      <ul class="running-trials">
        {running.slice(0, SHOWN_RUNNING).map((item) => (
          <li key={item.trial.id}>
            <Link to={href(`/jobs/${view.job.id}/trials/${item.trial.id}`)}>Trial {item.trial.id}</Link>
            <StateBadge state={item.trial.state} />
            <span class="quiet">
              <Elapsed from={item.trial.startTime} />
            </span>
            {view.metricId && item.metrics[view.metricId] !== undefined && <Num of={item.metrics[view.metricId]} />}
          </li>
        ))}
      </ul>
      {running.length > SHOWN_RUNNING && (
        <p class="quiet">
          and <Link to={href(`/jobs/${view.job.id}`, { tab: "trials", filter: 'state="ACTIVE"' })}>{format.count(running.length - SHOWN_RUNNING)} more</Link>
        </p>
      )}
    </Card>
  );
}

function bestPath(view: StudyView): string {
  const { job } = view;
  if ((job.objectives?.length ?? 0) > 1) return `${jobPath(job.id)}/optimalTrials`;
  const order = memberKey("metrics", job.objective!.metricId) + (job.objective!.goal === "MAXIMIZE" ? " desc" : "");
  return windowPath(job.id, order, 'state="SUCCEEDED"', 0, 10);
}

export function OverviewTab({ view }: { view: StudyView }) {
  const outline = usePlot<History>(view.plot("history"), view.fresh, view.restMs);
  /* All others wait for the first plot: of a large study each is a walk over its trials, and side by side none is quick. */
  const hasFirst = outline.data !== null || outline.error !== null;
  const importance = usePlot<Importance>(hasFirst && view.hasForest ? view.plot("importance") : null, view.fresh, 2 * view.restMs);
  const curves = useCurves(view, hasFirst, 2 * view.restMs);
  const best = usePlot<{ trials?: Trial[]; optimalTrials?: Trial[] }>(hasFirst ? bestPath(view) : null, view.fresh, view.restMs);
  const awaited = <T,>(plot: PlotData<T>): PlotData<T> => (hasFirst ? plot : { ...plot, isLoading: true });
  const parameterIds = importance.data?.parameters.map((each) => each.parameterId) ?? view.job.parameterIds ?? [];
  return (
    <>
      <LiveHistory view={view} outline={outline} />
      <div class="columns is-wide">
        <PlotSlot
          title="Importance"
          of={awaited(importance)}
          isEmpty={(data) => data.parameters.length === 0}
          empty="The importance of parameters is known once four trials have succeeded."
          show={(data) => <ImportancePlot name={view.name} data={data} />}
        />
        <PlotSlot
          title="Learning curves"
          of={awaited(curves)}
          isEmpty={(data) => data.curves.every((curve) => curve.value.length === 0)}
          empty="No trial has reported measurements."
          show={(data) => <CurvesPlot name={view.name} data={data} lookup={view.lookup} note="The ten best trials and those that run" />}
        />
      </div>
      <Running view={view} />
      <PlotSlot
        title="Best trials"
        of={awaited(best)}
        show={(data) => <BestTrials job={view.job} trials={data.trials ?? data.optimalTrials ?? []} parameterIds={parameterIds} hasPages lookup={view.lookup} />}
      />
    </>
  );
}
