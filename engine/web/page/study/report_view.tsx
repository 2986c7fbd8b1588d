/* A study in a file: the same plots, from data that was written with it. Nothing is asked for. */

import { useMemo, useState } from "preact/hooks";
import { Card, Facts, hasEnded, Num, StateBadge, Time } from "../components/basics";
import { Dialog } from "../components/dialog";
import * as format from "../format";
import { setTheme, useTheme } from "../theme";
import type { Job, Trial } from "../types";
import { BestTrials } from "./best_trials";
import { DocumentCard, type JobDocument } from "./document_tab";
import { ParetoPanel } from "./pareto_panel";
import { ContourPanel, ParallelPanel, SlicePanel } from "./parameters_panel";
import { byImportance } from "./parameters_tab";
import { CurvesPlot } from "./plots/curves_plot";
import { EdfPlot } from "./plots/edf_plot";
import { HistoryPlot, type Range } from "./plots/history_plot";
import { ImportancePlot } from "./plots/importance_plot";
import type { Contour, Curves, Edf, History, Importance, Pareto, Sample, Slice, Timeline } from "./plots/plot_types";
import { TimelinePlot } from "./plots/timeline_plot";
import { factsOf, stateWord, type TrialFacts, type TrialLookup } from "./plots/trial_lookup";
import { useWord } from "./plots/words";
import { ReportTrials } from "./report_trials";

export interface ReportData {
  generator?: string;
  createTime: string;
  job: Job;
  document?: JobDocument;
  history?: History;
  sample?: Sample;
  importance?: Importance;
  pareto?: Pareto;
  curves?: Curves;
  timeline?: Timeline;
  edf?: Edf;
  slices?: Slice[];
  contours?: Contour[];
  optimalTrials?: { optimalTrials: Trial[] };
  trials?: { count: number; trials: Trial[] };
}

function factsOfSample(sample: Sample, row: number): TrialFacts {
  const at = <T,>(columns: Record<string, T[]>) => Object.fromEntries(Object.entries(columns).map(([id, values]) => [id, values[row]]));
  return { number: sample.trial[row], state: sample.state[row], parameters: at(sample.parameterValues), metrics: at(sample.metricValues) };
}

function lookupOf(data: ReportData, open: (trial: number) => void): TrialLookup {
  const known = new Map<number, TrialFacts>();
  data.sample?.trial.forEach((trial, row) => known.set(trial, factsOfSample(data.sample!, row)));
  for (const item of [...(data.trials?.trials ?? []), ...(data.optimalTrials?.optimalTrials ?? [])]) known.set(Number(item.trial.id), factsOf(item));
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

function Models({ data, name, lookup }: { data: ReportData; name: string; lookup: TrialLookup }) {
  const { sample, slices = [], contours = [] } = data;
  const [wantedSlice, setSlice] = useWord("x");
  const [wantedPair, setPair] = useWord("pair");
  if (!sample) return null;
  const goal = data.job.objective?.goal ?? "MINIMIZE";
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

function Head({ data }: { data: ReportData }) {
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
        <button type="button" class="small" onClick={() => setTheme(other)} aria-label={`Switch to ${other} colours`}>
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </div>
      <p class="quiet">
        Job {job.id}. A report of <Time at={data.createTime} />
        {!hasEnded(job.state) && ", while the job had not ended"}.
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

export function ReportView({ data }: { data: ReportData }) {
  const [open, setOpen] = useState<number | null>(null);
  const [rangeWord, setRange] = useWord("range");
  const lookup = useMemo(() => lookupOf(data, setOpen), [data]);
  const { job, history, sample, importance, pareto, curves, timeline, edf } = data;
  const name = `report-${job.id}`;
  const ids = byImportance(importance ?? null, job.parameterIds ?? []);
  const match = /^(\d+)-(\d+)$/.exec(rangeWord);
  const range: Range | null = match && [Number(match[1]), Number(match[2])];
  const opened = open === null ? undefined : lookup.known(open);
  const best = (job.objectives?.length ?? 0) > 1 ? data.optimalTrials?.optimalTrials : data.trials?.trials.filter((item) => item.trial.state === "SUCCEEDED");
  return (
    <main id="main">
      <Head data={data} />
      {history && history.trialCount > 0 && <HistoryPlot name={name} data={history} lookup={lookup} range={range} onRange={(next) => setRange(next ? next.join("-") : "")} />}
      <div class="columns is-wide">
        {importance && importance.parameters.length > 0 && <ImportancePlot name={name} data={importance} />}
        {curves && curves.curves.some((curve) => curve.value.length > 0) && <CurvesPlot name={name} data={curves} lookup={lookup} />}
      </div>
      {best && best.length > 0 && <BestTrials job={job} trials={best} parameterIds={ids} hasPages={false} lookup={lookup} />}
      {pareto && pareto.front.trial.length > 0 && <ParetoPanel name={name} data={pareto} sample={sample ?? null} lookup={lookup} />}
      {sample && sample.trial.length > 0 && job.objective && ids.length > 0 && (
        <ParallelPanel name={name} job={null} sample={sample} metricId={job.objective.metricId} goal={job.objective.goal} parameterIds={ids} lookup={lookup} />
      )}
      <Models data={data} name={name} lookup={lookup} />
      {edf && edf.value.length > 0 && <EdfPlot name={name} studies={[{ label: job.displayName || job.id, data: edf }]} />}
      {timeline && timeline.trial.length > 0 && <TimelinePlot name={name} data={timeline} lookup={lookup} now={Date.parse(data.createTime)} />}
      {data.trials && data.trials.trials.length > 0 && <ReportTrials job={job} trials={data.trials.trials} count={data.trials.count} lookup={lookup} />}
      {data.document && <DocumentCard of={data.document} name={name} />}
      {opened && <TrialDialog facts={opened} onClose={() => setOpen(null)} />}
    </main>
  );
}
