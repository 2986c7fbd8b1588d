/* Which trial it is, how it stands, and what to do next. */

import { assayCommand } from "../components/assay_command";
import { Command, Elapsed, Num, StateBadge, Time } from "../components/basics";
import { jobPath } from "../api";
import { withoutControls } from "../format";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import { TrialMenu } from "../steer/trial_menu";
import type { Job, Objective, Trial, TrialsWindow } from "../types";
import type { WatchStatus } from "../watch";

interface TrialHeadProps {
  job: Job;
  item: Trial;
  status: WatchStatus;
  onDone: () => void;
}

export function TrialHead({ job, item, status, onDone }: TrialHeadProps) {
  const { trial } = item;
  const isAtWork = item.endOrder === 0;
  return (
    <>
      <div class="page-head">
        <div>
          <div class="crumbs">
            <Link to={href("/jobs")}>Jobs</Link> / <Link to={href(`/jobs/${job.id}`)} class="text">{job.displayName || job.id}</Link>
          </div>
          <div class="row">
            <h1>Trial {trial.id}</h1>
            <StateBadge state={item.earlyStop && trial.state === "SUCCEEDED" ? "STOPPED_EARLY" : trial.state} />
            {item.failure && <span class="badge tone-bad" title="The class of its failure">{item.failure}</span>}
            {isAtWork && status === "lost" && <span class="badge tone-bad" role="status">Connection lost, trying again</span>}
          </div>
          <p class="quiet facts-line">
            {trial.startTime && <span>started <Time at={trial.startTime} /></span>}
            {trial.startTime && <span>{isAtWork ? "for " : "took "}<Elapsed from={trial.startTime} to={trial.endTime} /></span>}
            {item.attempt > 1 && <span>attempt {item.attempt}</span>}
            {trial.clientId && <span>client <span class="text">{trial.clientId}</span></span>}
            {item.retryOf && item.retryOf !== "0" && (
              <span>
                the same as <Link to={href(`/jobs/${job.id}/trials/${item.retryOf}`)}>trial {item.retryOf}</Link>, once more
              </span>
            )}
          </p>
        </div>
        <div class="row">
          <Neighbours job={job} item={item} />
          <TrialMenu job={job} trial={item} onDone={onDone} />
        </div>
      </div>
      {trial.infeasibleReason && (
        <div class="error-box reason" role="note" aria-label="Why it failed">
          {withoutControls(trial.infeasibleReason)}
        </div>
      )}
      <Next job={job} item={item} />
    </>
  );
}

function Neighbours({ job, item }: { job: Job; item: Trial }) {
  const number = Number(item.trial.id);
  const last = job.trialCounts?.created ?? number;
  const of = (n: number) => href(`/jobs/${job.id}/trials/${n}`);
  return (
    <nav class="row" aria-label="Other trials">
      {number > 1 && <Link to={of(number - 1)} class="button small" title={`Trial ${number - 1}`}>‹ Previous</Link>}
      {number < last && <Link to={of(number + 1)} class="button small" title={`Trial ${number + 1}`}>Next ›</Link>}
      {job.objective && <NearestBetter job={job} item={item} objective={job.objective} />}
    </nav>
  );
}

function NearestBetter({ job, item, objective }: { job: Job; item: Trial; objective: Objective }) {
  const { metricId, goal } = objective;
  const value = item.metrics[metricId];
  const isLess = goal === "MINIMIZE";
  const query = new URLSearchParams({
    filter: `state="SUCCEEDED" AND metrics.${JSON.stringify(metricId)}${isLess ? "<" : ">"}${value}`,
    orderBy: `metrics.${metricId}${isLess ? " desc" : ""}`,
    limit: "1",
  });
  const isAsked = value !== undefined && item.trial.state === "SUCCEEDED";
  const { data } = useResource<TrialsWindow>(isAsked ? `${jobPath(job.id)}/trials:window?${query}` : null);
  if (!data) return null;
  const better = data.trials[0];
  if (!better) return <span class="badge tone-good">The best</span>;
  return (
    <Link to={href(`/jobs/${job.id}/trials/${better.trial.id}`)} class="button small" title={`${data.count} are better; this is the nearest`}>
      <span>Better: trial {better.trial.id} (<Num of={better.metrics[metricId]} />)</span>
    </Link>
  );
}

/* By class of failure: what helps, and the words of the command. */
const HELP: Record<string, [string, ...string[]]> = {
  user_error: ["What it wrote last:", "logs", "JOB", "TRIAL", "--stderr"],
  no_metric: ["It ended without its metric. What it wrote:", "logs", "JOB", "TRIAL"],
  timeout: ["Raise scheduling.timeout, or see how far it came:", "logs", "JOB", "TRIAL"],
  out_of_memory: ["How much memory it took; raise assay.memory or the machine type:", "show", "JOB", "TRIAL"],
  not_found: ["Correct the document. How it was started:", "show", "JOB", "TRIAL"],
  stopped: ["The same settings once more:", "retry", "JOB", "TRIAL"],
  cancelled: ["The same settings once more:", "retry", "JOB", "TRIAL"],
  lost: ["The machine lost it. The same settings once more:", "retry", "JOB", "TRIAL"],
};

function Next({ job, item }: { job: Job; item: Trial }) {
  const { trial } = item;
  const [say, ...words] = HELP[item.failure] ?? ["A shell beside it, while it runs:", "exec", "JOB", "TRIAL"];
  const isRunning = trial.state === "ACTIVE" || trial.state === "STOPPING";
  if (job.kind === "Study" || (!item.failure && !isRunning)) return null;
  const command = assayCommand(job, ...words.map((word) => (word === "JOB" ? job.id : word === "TRIAL" ? trial.id : word)));
  return (
    <div class="row">
      {isRunning && job.enableWebAccess && <Link to={href(`/jobs/${job.id}/trials/${trial.id}/shell`)} class="button small">Open a shell</Link>}
      <span class="quiet">{say}</span> <Command text={command} />
    </div>
  );
}
