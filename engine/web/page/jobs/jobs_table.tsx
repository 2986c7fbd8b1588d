import { Elapsed, Num, Progress, StateBadge, Time } from "../components/basics";
import { Heading, type Column } from "../components/heading";
import * as format from "../format";
import { href, Link } from "../route";
import { kindLabel, type JobRow } from "./jobs_window";

interface JobsTableProps {
  rows: JobRow[];
  sort: string; // "createTime desc"
  onSort: (sort: string) => void;
  chosen: string[]; // ids
  onChoose: (ids: string[]) => void;
}

const COLUMNS: Column[] = [
  { label: "Name", by: "displayName" },
  { label: "State", by: "state" },
  { label: "Kind", by: "kind" },
  { label: "Trials", isNumber: true },
  { label: "Best", isNumber: true },
  { label: "Created", by: "createTime" },
  { label: "Ended", by: "endTime" },
  { label: "Took", isNumber: true },
];

export function JobsTable({ rows, sort, onSort, chosen, onChoose }: JobsTableProps) {
  const isAll = rows.every((row) => chosen.includes(row.id));
  const chooseAll = () => {
    const here = rows.map((row) => row.id);
    const others = chosen.filter((id) => !here.includes(id));
    onChoose(isAll ? others : [...others, ...here]);
  };
  const choose = (id: string) => onChoose(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <div class="card table-box is-flush" tabIndex={0} role="region" aria-label="Jobs">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <input type="checkbox" aria-label="Choose all jobs of this page" checked={isAll} onChange={chooseAll} />
            </th>
            {COLUMNS.map((column) => <Heading key={column.label} {...column} sort={sort} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody>
          {rows.map((job) => (
            <tr key={job.id} class={chosen.includes(job.id) ? "is-chosen" : ""}>
              <td>
                <input type="checkbox" aria-label={`Choose ${job.displayName || job.id}`} checked={chosen.includes(job.id)} onChange={() => choose(job.id)} />
              </td>
              <Cells job={job} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells({ job }: { job: JobRow }) {
  const counts = job.trialCounts;
  return (
    <>
      <td>
        <Link to={href(`/jobs/${job.id}`)} class="name">{job.displayName || job.id}</Link>
        <div class="quiet mono">{job.id}</div>
        {job.errorMessage && <div class="quiet clip" title={job.errorMessage}>{job.errorMessage}</div>}
      </td>
      <td><StateBadge state={job.state} title={job.note} /></td>
      <td class="nowrap">{kindLabel(job.kind)}</td>
      <td class="num nowrap">{counts && <TrialCounts job={job} />}</td>
      <td class="num">
        {job.bestValue === undefined ? "–" : (
          <>
            <Num of={job.bestValue} />
            <div class="quiet text">{job.metricId}</div>
          </>
        )}
      </td>
      <td class="nowrap"><Time at={job.createTime} /></td>
      <td class="nowrap"><Time at={job.endTime} /></td>
      <td class="num nowrap"><Elapsed from={job.startTime ?? job.createTime} to={job.endTime} /></td>
    </>
  );
}

function TrialCounts({ job }: { job: JobRow }) {
  const counts = job.trialCounts!;
  const total = job.maxTrialCount;
  return (
    <>
      {format.count(counts.ended)}
      {total !== undefined && ` of ${format.count(total)}`}
      {counts.failed > 0 && <div class="quiet">{format.count(counts.failed)} failed</div>}
      {counts.running > 0 && <div class="quiet">{format.count(counts.running)} under way</div>}
      {total !== undefined && counts.running > 0 && <Progress done={counts.ended} total={total} label={`Trials of ${job.displayName}`} />}
    </>
  );
}
