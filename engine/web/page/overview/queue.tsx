/* Who waits, and for what. */

import { Card, Empty, StateBadge } from "../components/basics";
import * as format from "../format";
import { kindLabel, type JobsWindow } from "../jobs/jobs_window";
import { href, Link } from "../route";
import type { Attempt, Places } from "../types";
import { TrialLinks } from "./trial_links";

interface QueueProps {
  places: Places | null;
  waiting: JobsWindow | null; // jobs that have not begun, or are paused
  names: Map<string, string>;
}

interface Waiter {
  job: string;
  state: Attempt["state"];
  why: string;
  trials: string[];
}

/* Trials of a job that wait for the same are told of together. */
function waitersOf(attempts: Attempt[]): Waiter[] {
  const waiters = new Map<string, Waiter>();
  for (const { job, trial, state, why = "" } of attempts) {
    if (state === "RUNNING") continue;
    const key = JSON.stringify([job, state, why]);
    const waiter = waiters.get(key) ?? { job, state, why, trials: [] };
    if (!waiter.trials.includes(trial)) waiter.trials.push(trial);
    waiters.set(key, waiter);
  }
  return [...waiters.values()];
}

const SHOWN = 10;

export function Queue({ places, waiting, names }: QueueProps) {
  const waiters = waitersOf(places?.attempts ?? []);
  const jobs = waiting?.jobs ?? [];
  const more = Math.max(0, waiters.length - SHOWN) + Math.max(0, (waiting?.count ?? 0) - jobs.length);
  return (
    <Card title="Waiting">
      {waiters.length === 0 && jobs.length === 0 && <Empty>Nobody waits.</Empty>}
      <ul class="queue">
        {waiters.slice(0, SHOWN).map((waiter) => (
          <li key={waiter.job + waiter.state + waiter.why}>
            <div class="row">
              <Link to={href(`/jobs/${waiter.job}`)} class="name">{names.get(waiter.job) || waiter.job}</Link>
              <StateBadge state={waiter.state} />
              <span class="quiet">
                {waiter.trials.length === 1 ? "trial " : "trials "}
                <TrialLinks job={waiter.job} trials={waiter.trials} />
              </span>
            </div>
            <p class="quiet">{waiter.why || "Is about to start."}</p>
          </li>
        ))}
        {jobs.map((job) => (
          <li key={job.id}>
            <div class="row">
              <Link to={href(`/jobs/${job.id}`)} class="name">{job.displayName || job.id}</Link>
              <StateBadge state={job.state} />
            </div>
            <p class="quiet">{job.note ?? (job.state === "JOB_STATE_PAUSED" ? "Paused: resume it to go on." : `${kindLabel(job.kind)}, has not begun.`)}</p>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="quiet">and {format.count(more)} more</p>}
    </Card>
  );
}
