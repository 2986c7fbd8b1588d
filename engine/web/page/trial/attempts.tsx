/* How each start of each replica went. */

import { trialPath } from "../api";
import { Card, Elapsed, Empty, ErrorBox, Loading, Time } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import type { Job, Replica, Trial } from "../types";

export function Attempts({ job, item }: { job: Job; item: Trial }) {
  const fresh = `${item.attempt} ${item.trial.state} ${item.endOrder}`;
  const { data, error } = useResource<{ replicas: Replica[] }>(`${trialPath(job.id, item.trial.id)}/replicas`, 0, fresh);
  return (
    <Card title="Attempts">
      <ErrorBox error={error} />
      {!data && !error && <Loading />}
      {data?.replicas.length === 0 && <Empty>It has not been started yet, or its files are gone.</Empty>}
      {data && data.replicas.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label="Attempts and replicas">
          <table>
            <thead>
              <tr>
                <th scope="col" class="num">Attempt</th>
                <th scope="col">Replica</th>
                <th scope="col">Started</th>
                <th scope="col" class="num">Lasted</th>
                <th scope="col" class="num">CPU time</th>
                <th scope="col" class="num">Peak memory</th>
                <th scope="col">End, or where it runs</th>
                <th scope="col">Logs</th>
              </tr>
            </thead>
            <tbody>
              {data.replicas.map((replica) => <Row key={`${replica.attempt}-${replica.replica}`} job={job} item={item} replica={replica} />)}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function whereOf({ place, pid, container, slurmJob, node }: Replica): string {
  if (container) return `container ${container}`;
  if (slurmJob) return `Slurm job ${slurmJob}${node ? ` on ${node}` : ""}`;
  return pid ? `process ${pid}` : (place ?? "–");
}

function Row({ job, item, replica }: { job: Job; item: Trial; replica: Replica }) {
  const { exit } = replica;
  const to = href(`/jobs/${job.id}/trials/${item.trial.id}`, {
    tab: "logs",
    attempt: replica.attempt === item.attempt ? undefined : String(replica.attempt),
    replica: replica.replica === "workerpool0-0" ? undefined : replica.replica,
  });
  return (
    <tr>
      <td class="num">{replica.attempt}</td>
      <td class="nowrap">{replica.replica}</td>
      <td class="nowrap"><Time at={exit?.startTime} /></td>
      <td class="num nowrap">{exit ? <Elapsed from={exit.startTime} to={exit.endTime} /> : "–"}</td>
      <td class="num nowrap">{exit?.cpuSeconds === undefined ? "–" : format.duration(exit.cpuSeconds * 1000)}</td>
      <td class="num nowrap">{format.bytes(exit?.peakMemoryBytes)}</td>
      <td>{exit ? <span title={exit.kind}>{exit.text}</span> : whereOf(replica)}</td>
      <td><Link to={to}>read</Link></td>
    </tr>
  );
}
