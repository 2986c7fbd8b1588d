import { jobPath } from "../api";
import { Card, Elapsed, Empty, ErrorBox, Loading, Num, Progress, StateBadge } from "../components/basics";
import * as format from "../format";
import { useResource, type Resource } from "../hooks";
import { kindLabel, type JobRow, type JobsWindow } from "../jobs/jobs_window";
import { href, Link } from "../route";
import type { Job } from "../types";

interface RunningJobsProps {
  window: Resource<JobsWindow>;
  trials: number; // that run, of all jobs
  waiting: Map<string, number>; // how many of a job's trials wait for a place, by job
}

export function RunningJobs({ window, trials, waiting }: RunningJobsProps) {
  const { data, error } = window;
  return (
    <Card title="Running" tools={trials > 0 && <span class="quiet">{format.count(trials)} {trials === 1 ? "trial" : "trials"} at work</span>}>
      <ErrorBox error={data ? null : error} />
      {!data && !error && <Loading />}
      {data?.jobs.length === 0 && (
        <Empty>
          Nothing runs now. <Link to={href("/start")}>Start a training</Link>
        </Empty>
      )}
      <ul class="running-jobs">
        {data?.jobs.map((job) => <RunningJob key={job.id} row={job} waiting={waiting.get(job.id) ?? 0} />)}
      </ul>
      {data && data.count > data.jobs.length && (
        <p>
          <Link to={href("/jobs", { state: "running" })}>All {format.count(data.count)} running jobs</Link>
        </p>
      )}
    </Card>
  );
}

/* A row has what all jobs have; how far it may go is asked for with each change. */
function RunningJob({ row, waiting }: { row: JobRow; waiting: number }) {
  const { data } = useResource<Job>(jobPath(row.id), 0, JSON.stringify([row.trialCounts, row.state]));
  const job: JobRow = { ...data, ...row };
  const counts = job.trialCounts;
  const total = job.maxTrialCount;
  return (
    <li>
      <div class="row">
        <Link to={href(`/jobs/${job.id}`)} class="name">{job.displayName || job.id}</Link>
        <StateBadge state={job.state} />
        <span class="quiet">{kindLabel(job.kind)}</span>
        {!job.isWorkedOn && job.kind !== "Study" && <span class="badge tone-wait">Interrupted</span>}
      </div>
      {counts && total !== undefined && total > 1 && (
        <Progress done={counts.ended} total={total} label={`Trials of ${job.displayName} that have ended`} />
      )}
      <div class="row quiet">
        {counts && (
          <span>
            {format.count(counts.ended)}
            {total !== undefined && ` of ${format.count(total)}`} {total === 1 ? "trial" : "trials"} ended
            {counts.running - waiting > 0 && `, ${format.count(counts.running - waiting)} at work`}
            {waiting > 0 && `, ${format.count(waiting)} waiting`}
            {counts.failed > 0 && `, ${format.count(counts.failed)} failed`}
          </span>
        )}
        <span>
          for <Elapsed from={job.startTime ?? job.createTime} />
        </span>
        {job.metricId && job.bestValue !== undefined && (
          <span>
            best <span class="text">{job.metricId}</span> <strong><Num of={job.bestValue} /></strong>
          </span>
        )}
      </div>
      {job.note && <p class="quiet">{job.note}</p>}
    </li>
  );
}
