/* What ended last, and of what failed the class and the reason. */

import { Card, Elapsed, Empty, ErrorBox, Loading, Num, StateBadge, Time } from "../components/basics";
import { jobPath } from "../api";
import { useResource, type Resource } from "../hooks";
import type { JobRow, JobsWindow } from "../jobs/jobs_window";
import { href, Link } from "../route";
import type { TrialsWindow } from "../types";

export function RecentEnds({ window }: { window: Resource<JobsWindow> }) {
  const { data, error } = window;
  return (
    <Card title="Ended recently" tools={<Link to={href("/jobs", { sort: "endTime desc" })} class="button small">All jobs</Link>}>
      <ErrorBox error={data ? null : error} />
      {!data && !error && <Loading />}
      {data?.jobs.length === 0 && <Empty>Nothing has ended yet.</Empty>}
      {data && data.jobs.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label="Jobs that ended recently">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">End</th>
                <th scope="col" class="num">Best</th>
                <th scope="col" class="num">Took</th>
                <th scope="col">At</th>
              </tr>
            </thead>
            <tbody>
              {data.jobs.map((job) => <Ended key={job.id} job={job} />)}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Ended({ job }: { job: JobRow }) {
  return (
    <tr>
      <td>
        <Link to={href(`/jobs/${job.id}`)} class="name">{job.displayName || job.id}</Link>
        {job.errorMessage && <div class="quiet clip" title={job.errorMessage}>{job.errorMessage}</div>}
        {(job.trialCounts?.failed ?? 0) > 0 && <FailedTrials job={job} />}
      </td>
      <td><StateBadge state={job.state} /></td>
      <td class="num">
        {job.bestValue === undefined ? "–" : <span title={job.metricId}><Num of={job.bestValue} /></span>}
      </td>
      <td class="num nowrap"><Elapsed from={job.startTime ?? job.createTime} to={job.endTime} /></td>
      <td class="nowrap"><Time at={job.endTime} /></td>
    </tr>
  );
}

const LOOKED_AT = 100;

/* The classes of a job's newest failures, the most frequent first, each with its newest trial. */
function FailedTrials({ job }: { job: JobRow }) {
  const query = new URLSearchParams({ filter: 'state="INFEASIBLE"', orderBy: "endOrder desc", limit: String(LOOKED_AT) });
  const { data } = useResource<TrialsWindow>(`${jobPath(job.id)}/trials:window?${query}`);
  if (!data) return null;
  const classes = new Map<string, { count: number; newest: string }>();
  for (const { failure, trial } of data.trials) {
    const known = classes.get(failure);
    classes.set(failure, { count: (known?.count ?? 0) + 1, newest: known?.newest ?? trial.id });
  }
  const sorted = [...classes].sort((one, other) => other[1].count - one[1].count);
  return (
    <div class="quiet">
      {data.count} {data.count === 1 ? "trial" : "trials"} failed:{" "}
      {sorted.map(([name, { count, newest }], i) => (
        <span key={name}>
          {i > 0 && ", "}
          <Link to={href(`/jobs/${job.id}/trials/${newest}`)}>{name || "failed"}</Link>
          {count > 1 && ` ×${count}`}
        </span>
      ))}
    </div>
  );
}
