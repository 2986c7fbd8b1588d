/* Its settings and results, why it got these settings, and how each start of it ended. */

import { trialPath } from "../api";
import { Card, Empty, ErrorBox, Facts, Loading, Num } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import type { Job, Measurement, Trial } from "../types";
import { Attempts } from "./attempts";

interface SummaryProps {
  job: Job;
  item: Trial;
  measurements: Measurement[];
}

export function Summary({ job, item, measurements }: SummaryProps) {
  return (
    <>
      <div class="columns">
        <Parameters job={job} item={item} />
        <Metrics job={job} item={item} measurements={measurements} />
      </div>
      {job.kind !== "CustomJob" && <Why job={job} item={item} />}
      {job.kind !== "Study" && <Attempts job={job} item={item} />}
    </>
  );
}

function Parameters({ job, item }: { job: Job; item: Trial }) {
  const names = [...new Set([...(job.parameterIds ?? []), ...Object.keys(item.parameters)])].filter((name) => name in item.parameters);
  const shown = (name: string) => {
    const value = item.parameters[name];
    return <span title={String(value)}>{format.value(value)}</span>;
  };
  return (
    <Card title="Parameters">
      {names.length === 0 ? <Empty>It has none.</Empty> : <Facts of={names.map((name) => [name, shown(name)])} />}
    </Card>
  );
}

function Metrics({ job, item, measurements }: SummaryProps) {
  const last = measurements[measurements.length - 1];
  const isFinal = Object.keys(item.metrics).length > 0;
  const values: [string, number][] = isFinal
    ? Object.entries(item.metrics)
    : (last?.metrics ?? []).map(({ metricId, value }) => [metricId, value]);
  const goals = new Map((job.objectives ?? (job.objective ? [job.objective] : [])).map(({ metricId, goal }) => [metricId, goal]));
  const step = (isFinal ? item.trial.finalMeasurement : last)?.stepCount;
  return (
    <Card title={isFinal || item.endOrder > 0 ? "Metrics" : "Metrics so far"}>
      {values.length === 0 ? <Empty>{item.endOrder > 0 ? "It reported none." : "Nothing was reported yet."}</Empty> : (
        <div class="metric-tiles">
          {values.map(([name, value]) => (
            <div key={name}>
              <div class="figure"><Num of={value} /></div>
              <div class="quiet">
                <span class="text">{name}</span>
                {goals.has(name) && ` (${goals.get(name) === "MINIMIZE" ? "less is better" : "more is better"})`}
              </div>
            </div>
          ))}
        </div>
      )}
      {step !== undefined && Number(step) > 0 && <p class="quiet">at step {format.count(step)}, of {format.count(measurements.length)} measurements</p>}
    </Card>
  );
}

interface Explanation {
  algorithm?: string;
  suggestion?: { stage: string; nearest?: { id: string; similarity: number }[] };
  sentences: string[];
}

function Why({ job, item }: { job: Job; item: Trial }) {
  const { data, error } = useResource<Explanation>(`${trialPath(job.id, item.trial.id)}:explain`, 0, `${item.endOrder} ${item.trial.state}`);
  /* The reason of a failure stands above, whole. */
  const sentences = data?.sentences.filter((sentence) => !sentence.startsWith("It failed")) ?? [];
  const nearest = (data?.suggestion?.nearest ?? []).filter(({ id }) => !sentences.some((sentence) => new RegExp(`trial ${id}\\b`).test(sentence)));
  return (
    <Card title="Why these values" tools={data?.algorithm && <span class="quiet">algorithm {data.algorithm}</span>}>
      <ErrorBox error={error} />
      {!data && !error && <Loading />}
      {sentences.map((sentence) => <p key={sentence}><WithLinks text={sentence} job={job.id} /></p>)}
      {data && sentences.length === 0 && <Empty>Nothing is known about it.</Empty>}
      {item.earlyStop?.why && !sentences.includes(item.earlyStop.why) && <p><WithLinks text={item.earlyStop.why} job={job.id} /></p>}
      {nearest.length > 0 && (
        <p class="row">
          <span class="quiet">Most like it:</span>
          {nearest.map(({ id, similarity }) => (
            <Link key={id} to={href(`/jobs/${job.id}/trials/${id}`)} class="button small" title={`similarity ${similarity}`}>
              Trial {id} ({Math.round(similarity * 100)} %)
            </Link>
          ))}
        </p>
      )}
    </Card>
  );
}

/* "trial 12" in a sentence of the server's leads there. */
function WithLinks({ text, job }: { text: string; job: string }) {
  const parts = text.split(/\b(trial \d+)\b/);
  return (
    <span class="text">
      {parts.map((part, i) => (i % 2 === 0 ? part : <Link key={i} to={href(`/jobs/${job}/trials/${part.slice(6)}`)}>{part}</Link>))}
    </span>
  );
}
