/* The training step of a pipeline while it runs, and what came of it: told by the job's own stream. */

import { useEffect } from "preact/hooks";
import { ErrorBox, hasEnded, Num, Progress } from "../components/basics";
import * as format from "../format";
import { useLiveJob } from "../hooks";
import { href, Link } from "../route";
import type { Job } from "../types";

/* onEnd: the pipeline's next step begins. */
export function TrainingProgress({ job: id, onEnd }: { job: string; onEnd: () => void }) {
  const { job, error, status } = useLiveJob(id);
  const isOver = hasEnded(job?.state);
  useEffect(() => {
    if (isOver) onEnd();
  }, [isOver]);
  return (
    <div class="stack is-tight">
      <div><Link to={href(`/jobs/${id}`)}>{job?.kind === "CustomJob" ? "Custom job" : "Job"} {id}</Link></div>
      {error && <ErrorBox error={error} />}
      {job && <Trials job={job} />}
      {job && <Best job={job} />}
      {status === "lost" && !isOver && <div class="quiet" role="status">Connection lost, trying again</div>}
    </div>
  );
}

function Trials({ job }: { job: Job }) {
  const counts = job.trialCounts;
  if (job.kind === "CustomJob") return counts?.ended || counts?.running ? <Link to={href(`/jobs/${job.id}/trials/1`)}>Its log and files</Link> : null;
  if (!counts) return null;
  const total = job.maxTrialCount ?? counts.created;
  return (
    <>
      {!hasEnded(job.state) && <Progress done={counts.ended} total={total} label="Trials that have ended" />}
      <div>
        <span class="num">{format.count(counts.ended)} of {format.count(total)}</span> trials
        {counts.running > 0 && <span class="quiet">, {format.count(counts.running)} under way</span>}
        {counts.failed > 0 && <>, <Link to={href(`/jobs/${job.id}`, { tab: "trials" })}>{format.count(counts.failed)} failed</Link></>}
      </div>
    </>
  );
}

/* Of several objectives there is no single best one. */
function Best({ job }: { job: Job }) {
  const best = job.bestTrial;
  const metric = job.objective?.metricId;
  if (!best || job.kind === "CustomJob") return null;
  return (
    <div>
      Best: <Link to={href(`/jobs/${job.id}/trials/${best.id}`)}>trial {best.id}</Link>
      {metric !== undefined && best.metrics[metric] !== undefined && (
        <>, <span class="text">{metric}</span> <Num of={best.metrics[metric]} /></>
      )}
    </div>
  );
}
