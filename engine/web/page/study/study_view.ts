/* What all tabs of a study's page share. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, jobPath, trialPath } from "../api";
import { hasEnded } from "../components/basics";
import { useThrottled, type LiveJob, type LiveJobHandlers } from "../hooks";
import { go, href } from "../route";
import type { Job, MeasurementEvent, Trial } from "../types";
import type { End } from "./plots/history_data";
import type { Goal } from "./plots/plot_types";
import { endStateOf, factsOf, type TrialFacts, type TrialLookup } from "./plots/trial_lookup";
import { useWord } from "./plots/words";
import { begun, noReports, reportOf, type Reports } from "./reports";

export interface StudyView {
  job: Job;
  name: string; // of downloaded files
  metricId: string; // "": the job has none
  goal: Goal;
  setMetric: (metricId: string) => void;
  fresh: number; // rises with what happens, as fast as plots may be asked for
  restMs: number; // between two questions for the same plot
  ends: End[]; // that were told since the page was opened, of this metric
  reports: Reports; // since the page was opened
  running: Map<string, Trial>;
  lookup: TrialLookup;
  plot: (kind: string, query?: Record<string, string>) => string; // its path
  hasForest: boolean; // enough trials have succeeded for importance, slice and contour
}

const LARGE = 10_000; // trials
const REST_MS = 1000;
const LARGE_REST_MS = 5000;
const DRAW_MS = 200; // between two drawings of what was told
const KEPT_ENDS = 5000;
const KEPT_REPORTS = 5000;
const FOREST_LEAST = 4; // trials, as the server has it

export interface Told {
  handlers: LiveJobHandlers;
  ended: Trial[];
  reports: Reports;
}

/* Trials that ended and measurements since the page was opened, gathered for a moment. */
export function useTold(): Told {
  const kept = useRef({ ended: [] as Trial[], reports: noReports(), timer: 0 });
  const [told, setTold] = useState(() => ({ ended: [] as Trial[], reports: noReports() }));
  useEffect(() => () => clearTimeout(kept.current.timer), []);
  const handlers = useMemo(() => {
    const drawSoon = () => {
      kept.current.timer ||= window.setTimeout(() => {
        const { ended, reports } = kept.current;
        kept.current = { ended: ended.slice(-KEPT_ENDS), reports: { ...reports, newest: reports.newest.slice(-KEPT_REPORTS) }, timer: 0 };
        setTold(kept.current);
      }, DRAW_MS);
    };
    return {
      trial: (trial: Trial) => {
        if (trial.endOrder > 0) kept.current.ended.push(trial);
        else kept.current.reports = begun(kept.current.reports, trial);
        drawSoon();
      },
      measurement: (event: MeasurementEvent) => {
        kept.current.reports.newest.push(reportOf(event));
        drawSoon();
      },
    };
  }, []);
  return { handlers, ...told };
}

/* Trials that have ended do not change; a few hundred of them are remembered. */
function useLookup(job: string): TrialLookup {
  return useMemo(() => {
    const known = new Map<number, TrialFacts>();
    return {
      known: (trial) => known.get(trial),
      ask: async (trial) => {
        const item = await api.get<Trial>(trialPath(job, trial));
        const facts = factsOf(item);
        if (item.endOrder > 0) known.set(trial, facts);
        if (known.size > 500) known.delete(known.keys().next().value!);
        return facts;
      },
      open: (trial) => {
        go(href(`/jobs/${job}/trials/${trial}`));
        scrollTo(0, 0);
      },
    };
  }, [job]);
}

/*
 * The job as of the newest end: its own event comes when its state or its best trial changes, and
 * what else ended since was told trial by trial.
 */
export function withEnds(job: Job, ended: Trial[], running: number): Job {
  const counts = job.trialCounts;
  const last = ended[ended.length - 1]?.endOrder ?? 0;
  if (!counts || last <= counts.lastEndOrder) return job;
  const since = ended.filter((trial) => trial.endOrder > counts.lastEndOrder);
  const failed = since.filter((trial) => trial.trial.state === "INFEASIBLE").length;
  const more = last - counts.lastEndOrder;
  return {
    ...job,
    trialCounts: {
      ...counts,
      created: Math.max(counts.created, counts.ended + more + running),
      running,
      ended: counts.ended + more,
      failed: counts.failed + failed,
      succeeded: counts.succeeded + more - failed,
      lastEndOrder: last,
    },
  };
}

const fileName = (job: Job) => `${job.displayName.replace(/[^\w.-]+/g, "-").slice(0, 60) || "study"}-${job.id}`;

export function useStudyView(job: Job, live: LiveJob, ended: Trial[], reports: Reports): StudyView {
  const [wanted, setMetric] = useWord("metric");
  const metrics = job.metricIds ?? [];
  const metricId = metrics.includes(wanted) ? wanted : (job.objective?.metricId ?? metrics[0] ?? "");
  const objective = [...(job.objectives ?? []), ...(job.objective ? [job.objective] : [])].find((each) => each.metricId === metricId);
  const restMs = (job.trialCounts?.ended ?? 0) > LARGE ? LARGE_REST_MS : REST_MS;
  const fresh = useThrottled(live.endedCount + (hasEnded(job.state) ? 1e9 : 0), restMs);
  const lookup = useLookup(job.id);
  const ends = useMemo(
    () => ended.map((trial): End => ({ endOrder: trial.endOrder, trial: Number(trial.trial.id), state: endStateOf(trial), value: trial.metrics[metricId] ?? null })),
    [ended, metricId],
  );
  return {
    job,
    name: fileName(job),
    metricId,
    goal: objective?.goal ?? "MINIMIZE",
    setMetric: (next) => setMetric(next === job.objective?.metricId ? "" : next),
    fresh,
    restMs,
    ends,
    reports,
    running: live.running,
    lookup,
    hasForest: (job.trialCounts?.succeeded ?? 0) >= FOREST_LEAST && metricId !== "",
    plot: (kind, query = {}) => `${jobPath(job.id)}/plots/${kind}?${new URLSearchParams(metricId && kind !== "sample" && kind !== "timeline" && kind !== "pareto" ? { metric: metricId, ...query } : query)}`,
  };
}
