/* The head of a study's page: what it is, how it goes, what to do next. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, jobPath } from "../api";
import { assayCommand } from "../components/assay_command";
import { Command, Elapsed, hasEnded, Num, Progress, StateBadge } from "../components/basics";
import * as format from "../format";
import type { LiveJob } from "../hooks";
import { href, Link } from "../route";
import { SteerMenu } from "../steer/steer_menu";
import type { Job, TrialsWindow } from "../types";
import type { WatchStatus } from "../watch";

const KINDS: Record<Job["kind"], string> = { HyperparameterTuningJob: "Tuning job", Study: "Study of clients", CustomJob: "Custom job" };

const LIVE_WORDS: Record<WatchStatus, string> = {
  connecting: "Connecting",
  live: "Live",
  lost: "The connection is lost; it is tried again",
  ended: "",
};

export function LiveBadge({ status }: { status: WatchStatus }) {
  const tone = status === "live" ? "good" : status === "lost" ? "bad" : "idle";
  return (
    <span role="status" class="live">
      {LIVE_WORDS[status] && <span class={`badge tone-${tone}`}>{LIVE_WORDS[status]}</span>}
    </span>
  );
}

function Tile({ label, children, class: name = "" }: { label: string; children: ComponentChildren; class?: string }) {
  return (
    <div class={`tile ${name}`}>
      <div class="label">{label}</div>
      {children}
    </div>
  );
}

function isMoving(job: Job): boolean {
  return job.isWorkedOn && !hasEnded(job.state) && job.state !== "JOB_STATE_PAUSED";
}

/* Until the last trial, if the rest takes as long as what has ended. */
function Remaining({ job }: { job: Job }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const ended = job.trialCounts?.ended ?? 0;
  if (!job.startTime || !job.maxTrialCount || ended === 0) return <span class="quiet">not known yet</span>;
  const each = (now - Date.parse(job.startTime)) / ended;
  return <>about {format.duration(each * Math.max(0, job.maxTrialCount - ended))}</>;
}

const CLASSES_OF = 200; // newest failures

/* How many failed by which class; of many, the newest. */
function useFailures(job: Job): { classes: [string, number][]; isPart: boolean } {
  const failed = job.trialCounts?.failed ?? 0;
  const [found, setFound] = useState<{ classes: [string, number][]; isPart: boolean }>({ classes: [], isPart: false });
  const turn = failed > 1000 ? Math.floor(failed / 100) : failed;
  useEffect(() => {
    if (failed === 0) return;
    const aborter = new AbortController();
    const query = new URLSearchParams({ filter: 'state="INFEASIBLE"', orderBy: "endOrder desc", limit: String(CLASSES_OF) });
    api.get<TrialsWindow>(`${jobPath(job.id)}/trials:window?${query}`, aborter.signal).then(
      (answer) => {
        const counts = new Map<string, number>();
        for (const trial of answer.trials) counts.set(trial.failure, (counts.get(trial.failure) ?? 0) + 1);
        setFound({ classes: [...counts].sort((a, b) => b[1] - a[1]), isPart: answer.count > answer.trials.length });
      },
      () => undefined, // the sum is told all the same
    );
    return () => aborter.abort();
  }, [job.id, turn]);
  return found;
}

function Failures({ job }: { job: Job }) {
  const { classes, isPart } = useFailures(job);
  const failed = job.trialCounts?.failed ?? 0;
  const to = (filter: string) => href(`/jobs/${job.id}`, { tab: "trials", filter });
  return (
    <Tile label="Failed">
      <div class="figure">{failed ? <Link to={to('state="INFEASIBLE"')}>{format.count(failed)}</Link> : "0"}</div>
      <div class="detail">
        {classes.map(([name, times]) => (
          <Link to={to(`failure="${name}"`)}>
            {format.count(times)} {name.replaceAll("_", " ")}
          </Link>
        ))}
        {isPart && <span class="quiet">of the newest {CLASSES_OF}</span>}
      </div>
    </Tile>
  );
}

function Tiles({ job }: { job: Job }) {
  const counts = job.trialCounts;
  const best = job.bestTrial;
  const metricId = job.objective?.metricId;
  return (
    <div class="tiles study-tiles">
      <Tile label="Trials" class="is-double">
        <div class="figure">
          {format.count(counts?.ended ?? 0)}
          {job.maxTrialCount ? <span class="of"> of {format.count(job.maxTrialCount)}</span> : null}
        </div>
        {job.maxTrialCount ? <Progress done={counts?.ended ?? 0} total={job.maxTrialCount} label="Trials that have ended" /> : null}
        <div class="detail quiet">
          <span>{format.count(counts?.running ?? 0)} running</span>
          <span>{format.count(counts?.succeeded ?? 0)} succeeded</span>
          {counts?.stoppedEarly ? <span>{format.count(counts.stoppedEarly)} stopped early</span> : null}
        </div>
      </Tile>
      <Tile label={metricId ? `Best ${metricId}` : "Best"} class="is-double">
        <div class="figure">{best && metricId ? <Num of={best.metrics[metricId]} /> : "–"}</div>
        <div class="detail">
          {best ? <Link to={href(`/jobs/${job.id}/trials/${best.id}`)}>Trial {best.id}</Link> : <span class="quiet">no trial has succeeded yet</span>}
          {job.objective && <span class="quiet">{job.objective.goal === "MAXIMIZE" ? "more is better" : "less is better"}</span>}
        </div>
      </Tile>
      <Tile label="Elapsed">
        <div class="figure">
          <Elapsed from={job.startTime} to={job.endTime} />
        </div>
        {isMoving(job) && job.maxTrialCount ? (
          <div class="detail quiet">
            <span>
              left: <Remaining job={job} />
            </span>
          </div>
        ) : null}
      </Tile>
      <Failures job={job} />
    </div>
  );
}

/* A message may end with the command that tells more: "See: assay logs 7 1". */
function Failure({ job, message }: { job: Job; message: string }) {
  const lines = message.split("\n");
  const told = lines.filter((line) => line.startsWith("See: assay ")).map((line) => line.slice("See: assay ".length).split(" "));
  const commands = told.length > 0 ? told : [["trials", job.id]];
  return (
    <div class="error-box" role="alert">
      <p class="text">{lines.filter((line) => !line.startsWith("See: assay ")).join("\n")}</p>
      {commands.map((words) => (
        <Command text={assayCommand(job, ...words)} />
      ))}
    </div>
  );
}

/* What a person would type next, where something stands still or went wrong. */
function NextStep({ job }: { job: Job }) {
  const isStranded = !hasEnded(job.state) && !job.isWorkedOn && job.kind !== "Study";
  if (job.errorMessage) return <Failure job={job} message={job.errorMessage} />;
  if (job.state === "JOB_STATE_PAUSED" || isStranded)
    return (
      <div class="note-box">
        <p>{isStranded && job.state !== "JOB_STATE_PAUSED" ? "Nobody works on this job now. It goes on with:" : "This job is paused. It goes on with:"}</p>
        <Command text={assayCommand(job, "resume", job.id)} />
      </div>
    );
  return null;
}

export function StudyHead({ job, live }: { job: Job; live: LiveJob }) {
  return (
    <>
      <header class="page-head">
        <div>
          <div class="crumbs">
            <Link to={href("/jobs")}>Jobs</Link> / {KINDS[job.kind]} {job.id}
          </div>
          <div class="row">
            <h1 class="text">{job.displayName || job.id}</h1>
            <StateBadge state={job.state} />
            {!hasEnded(job.state) && <LiveBadge status={live.status} />}
          </div>
        </div>
        <div class="tools">
          <SteerMenu job={job} onDone={live.rewatch} />
        </div>
      </header>
      <NextStep job={job} />
      {job.note && <div class="note-box text">{job.note}</div>}
      {job.kind !== "CustomJob" && <Tiles job={job} />}
    </>
  );
}
