/* A study in a file: the same plots, from data that was written with it. Nothing is asked for. */

import { useMemo, useState } from "preact/hooks";
import { Card, Facts, hasEnded, Num, StateBadge, Time } from "../components/basics";
import { Dialog } from "../components/dialog";
import * as format from "../format";
import { setTheme, useTheme } from "../theme";
import { BestTrials } from "./best_trials";
import { DocumentCard } from "./document_tab";
import { ParetoPanel } from "./pareto_panel";
import { ContourPanel, ParallelPanel, SlicePanel } from "./parameters_panel";
import { byImportance } from "./parameters_tab";
import { CurvesPlot } from "./plots/curves_plot";
import { EdfPlot } from "./plots/edf_plot";
import { HistoryPlot, type Range } from "./plots/history_plot";
import { ImportancePlot } from "./plots/importance_plot";
import type { Contour, Goal, Sample, Timeline } from "./plots/plot_types";
import { Choice } from "./plots/scale_toggle";
import { TimelinePlot } from "./plots/timeline_plot";
import { factsOf, stateWord, type TrialFacts, type TrialLookup } from "./plots/trial_lookup";
import { useWord } from "./plots/words";
import { metricsOf, reportData, type ReportData, type ReportFile } from "./report_data";
import { ReportTrials } from "./report_trials";

function factsOfSample(sample: Sample, row: number): TrialFacts {
  const at = <T,>(columns: Record<string, T[]>) => Object.fromEntries(Object.entries(columns).map(([id, values]) => [id, values[row]]));
  return { number: sample.trial[row], state: sample.state[row], parameters: at(sample.parameterValues), metrics: at(sample.metricValues) };
}

function lookupOf(data: ReportData, open: (trial: number) => void): TrialLookup {
  const known = new Map<number, TrialFacts>();
  data.sample?.trial.forEach((trial, row) => known.set(trial, factsOfSample(data.sample!, row)));
  for (const item of [...data.trials, ...data.best]) known.set(Number(item.trial.id), factsOf(item));
  return { known: (trial) => known.get(trial), ask: (trial) => Promise.resolve(known.get(trial)), open: (trial) => known.has(trial) && open(trial) };
}

function TrialDialog({ facts, onClose }: { facts: TrialFacts; onClose: () => void }) {
  const values = (of: Record<string, unknown>) => Object.entries(of).map(([name, value]): [string, string] => [name, format.value(value)]);
  return (
    <Dialog title={`Trial ${facts.number}`} onClose={onClose}>
      <Facts of={[["state", stateWord(facts.state)], ...(facts.failure ? ([["failure", facts.failure]] as [string, string][]) : []), ...values(facts.metrics), ...values(facts.parameters)]} />
    </Dialog>
  );
}

function goalOf(data: ReportData): Goal {
  return data.sample?.metrics.find((metric) => metric.metricId === data.metricId)?.goal ?? data.job.objective?.goal ?? "MINIMIZE";
}

/* Until when what still ran is drawn: the last that the report tells. */
function lastMoment(timeline: Timeline): number {
  return Math.max(...timeline.start.map((start, i) => timeline.end[i] ?? start ?? 0));
}

function Models({ data, name, lookup }: { data: ReportData; name: string; lookup: TrialLookup }) {
  const { sample, slices, contours } = data;
  const [wantedSlice, setSlice] = useWord("x");
  const [wantedPair, setPair] = useWord("pair");
  if (!sample) return null;
  const goal = goalOf(data);
  const slice = slices.find((each) => each.parameterId === wantedSlice) ?? slices[0];
  const pairOf = (each: Contour) => `${each.x.parameterId} × ${each.y.parameterId}`;
  const contour = contours.find((each) => pairOf(each) === wantedPair) ?? contours[0];
  const told = <T,>(answer: T) => ({ data: answer, error: null, isLoading: false });
  const shared = { name, sample, goal, lookup };
  return (
    <div class="columns is-wide">
      {slice && <SlicePanel {...shared} parameterIds={slices.map((each) => each.parameterId)} x={slice.parameterId} setX={setSlice} of={told(slice)} />}
      {contour && <ContourPanel {...shared} of={told(contour)} choices={[{ label: "Parameters", value: pairOf(contour), options: contours.map(pairOf), onChange: setPair }]} />}
    </div>
  );
}

function Head({ data, metrics, setMetric }: { data: ReportData; metrics: string[]; setMetric: (id: string) => void }) {
  const { job } = data;
  const theme = useTheme();
  const counts = job.trialCounts;
  const metricId = job.objective?.metricId;
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header class="report-head">
      <div class="page-head">
        <div class="row">
          <h1 class="text">{job.displayName || job.id}</h1>
          <StateBadge state={job.state} />
        </div>
        <div class="tools">
          {metrics.length > 1 && <Choice label="Metric" value={data.metricId} options={metrics.map((id) => ({ value: id, label: id }))} onChange={setMetric} />}
          <button type="button" class="small" onClick={() => setTheme(other)} aria-label={`Switch to ${other} colours`}>
            {theme === "dark" ? "☀" : "☾"}
          </button>
        </div>
      </div>
      <p class="quiet">
        A report of job {job.id}, by assay {data.version}
        {!hasEnded(job.state) && ", before the job had ended"}
      </p>
      <Card>
        <Facts
          of={[
            ["Trials", `${format.count(counts?.ended ?? 0)} of ${format.count(job.maxTrialCount)}`],
            ["Succeeded", format.count(counts?.succeeded)],
            ["Failed", format.count(counts?.failed)],
            ...(metricId && job.bestTrial ? ([[`Best ${metricId}`, <Num of={job.bestTrial.metrics[metricId]} />], ["Best trial", String(job.bestTrial.id)]] as [string, preact.JSX.Element | string][]) : []),
            ["Algorithm", job.algorithm ?? "–"],
            ["Seed", job.seed ?? "–"],
            ["Started", <Time at={job.startTime} />],
            ["Ended", <Time at={job.endTime} />],
          ]}
        />
      </Card>
      {job.errorMessage && <div class="error-box">{job.errorMessage}</div>}
    </header>
  );
}

export function ReportView({ file }: { file: ReportFile }) {
  const [open, setOpen] = useState<number | null>(null);
  const [rangeWord, setRange] = useWord("range");
  const [wanted, setMetric] = useWord("metric");
  const data = useMemo(() => reportData(file, wanted), [file, wanted]);
  const lookup = useMemo(() => lookupOf(data, setOpen), [data]);
  const { job, history, sample, importance, pareto, curves, timeline, edf } = data;
  const name = `report-${job.id}`;
  const ids = byImportance(importance ?? null, job.parameterIds ?? []);
  const match = /^(\d+)-(\d+)$/.exec(rangeWord);
  const range: Range | null = match && [Number(match[1]), Number(match[2])];
  const opened = open === null ? undefined : lookup.known(open);
  return (
    <main id="main">
      <Head data={data} metrics={metricsOf(file)} setMetric={setMetric} />
      {history && history.trialCount > 0 && <HistoryPlot name={name} data={history} lookup={lookup} range={range} onRange={(next) => setRange(next ? next.join("-") : "")} />}
      <div class="columns is-wide">
        {importance && importance.parameters.length > 0 && <ImportancePlot name={name} data={importance} />}
        {curves && curves.curves.some((curve) => curve.value.length > 0) && <CurvesPlot name={name} data={curves} lookup={lookup} />}
      </div>
      {data.best.length > 0 && <BestTrials job={job} trials={data.best} parameterIds={ids} hasPages={false} lookup={lookup} />}
      {pareto && pareto.front.trial.length > 0 && <ParetoPanel name={name} data={pareto} sample={sample ?? null} lookup={lookup} />}
      {sample && sample.trial.length > 0 && data.metricId && ids.length > 0 && (
        <ParallelPanel name={name} job={null} sample={sample} metricId={data.metricId} goal={goalOf(data)} parameterIds={ids} lookup={lookup} />
      )}
      <Models data={data} name={name} lookup={lookup} />
      {edf && edf.value.length > 0 && <EdfPlot name={name} studies={[{ label: job.displayName || job.id, data: edf }]} />}
      {timeline && timeline.trial.length > 0 && <TimelinePlot name={name} data={timeline} lookup={lookup} now={lastMoment(timeline)} />}
      {data.trials.length > 0 && <ReportTrials job={job} trials={data.trials} count={data.trialCount} lookup={lookup} />}
      {data.document && <DocumentCard of={data.document} name={name} />}
      {opened && <TrialDialog facts={opened} onClose={() => setOpen(null)} />}
    </main>
  );
}
