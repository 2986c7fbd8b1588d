/* What the machine does now: who runs, who holds what, who waits for what, what has just ended. */

import { useEffect } from "preact/hooks";
import { ErrorBox, Loading } from "../components/basics";
import { useResource } from "../hooks";
import { jobsFilter, jobsWindowPath, type JobsWindow } from "../jobs/jobs_window";
import type { Places } from "../types";
import { FirstSteps } from "./first_steps";
import { PipelinesUnderWay, type PipelineList } from "./pipelines_under_way";
import { PlacesTaken } from "./places_taken";
import { Queue } from "./queue";
import { RecentEnds } from "./recent_ends";
import { RunningJobs } from "./running_jobs";

interface Counts {
  jobs: Record<string, number>;
  trials: { running: number; succeeded: number; failed: number };
}

const SHOWN = 8; // jobs of a kind
const COUNT_MS = 1000;
const PLACES_MS = 3000;

/* How many trials of each job wait for a place. */
function waitersOf(places: Places | null): Map<string, number> {
  const trials = new Map<string, Set<string>>();
  for (const attempt of places?.attempts ?? [])
    if (attempt.state !== "RUNNING") trials.set(attempt.job, (trials.get(attempt.job) ?? new Set()).add(attempt.trial));
  return new Map([...trials].map(([job, waiting]) => [job, waiting.size]));
}

const sumOf = (counts: Map<string, number>) => [...counts.values()].reduce((sum, n) => sum + n, 0);

/* The counts cost the server next to nothing, and change with every trial that starts or ends: they
 * are asked for each second, and what is dearer only when they differ. */
export function OverviewPage() {
  const counts = useResource<Counts>("/assay/v1/jobs:count", COUNT_MS);
  const sign = JSON.stringify(counts.data);
  const states = counts.data?.jobs ?? {};
  const total = Object.values(states).reduce((sum, n) => sum + n, 0);
  const running = useResource<JobsWindow>(
    jobsWindowPath({ filter: jobsFilter({ groups: ["running"] }), limit: SHOWN }), 0, sign);
  const waiting = useResource<JobsWindow>(
    jobsWindowPath({ filter: jobsFilter({ groups: ["waiting", "paused"] }), orderBy: "createTime", limit: SHOWN }), 0, sign);
  const ended = useResource<JobsWindow>(
    jobsWindowPath({ filter: jobsFilter({ groups: ["succeeded", "failed", "cancelled"] }), orderBy: "endTime desc", limit: SHOWN }), 0, sign);
  const places = useResource<Places>("/assay/v1/places", PLACES_MS, sign);
  const pipelines = useResource<PipelineList>("/assay/v1/pipelines", PLACES_MS);

  useEffect(() => {
    const n = counts.data?.trials.running ?? 0;
    document.title = n > 0 ? `${n} running · assay` : "Overview · assay";
  }, [counts.data?.trials.running]);

  const names = new Map([...(running.data?.jobs ?? []), ...(waiting.data?.jobs ?? [])].map((job) => [job.id, job.displayName]));
  const waiters = waitersOf(places.data);
  const isFirst = counts.data !== null && total === 0 && pipelines.data?.pipelines.length === 0;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Overview</h1>
        </div>
        {counts.error && counts.data && <span class="badge tone-bad" role="status">Connection lost, trying again</span>}
      </div>
      {!counts.data && <ErrorBox error={counts.error} />}
      {!counts.data && !counts.error && <Loading />}
      {isFirst && <FirstSteps />}
      {counts.data && (
        <div class="overview">
          {!isFirst && (
            <div class="overview-main">
              <RunningJobs window={running} trials={counts.data.trials.running - sumOf(waiters)} waiting={waiters} />
              <PipelinesUnderWay list={pipelines.data} />
              <RecentEnds window={ended} />
            </div>
          )}
          <div class="overview-side">
            <PlacesTaken places={places} names={names} />
            {!isFirst && <Queue places={places.data} waiting={waiting.data} names={names} />}
          </div>
        </div>
      )}
    </>
  );
}
