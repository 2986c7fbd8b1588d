/* Side by side: how each ended, what its best trial was made with, and how each was set up. */

import type { ComponentChildren } from "preact";
import { jobPath } from "../api";
import { Card, Elapsed, Empty, Num, StateBadge } from "../components/basics";
import * as format from "../format";
import { href, Link, useQuery } from "../route";
import type { Compared } from "./compare_page";
import { settingsOf } from "./settings";
import { useEach } from "./use_each";

interface Row {
  name: string;
  cells: ComponentChildren[];
  isDifferent?: boolean;
}

function SideBySide({ of, rows, label }: { of: Compared[]; rows: Row[]; label: string }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table class="side-by-side">
        <thead>
          <tr>
            <td></td>
            {of.map(({ job, letter }) => (
              <th key={job.id} scope="col" title={job.displayName}>
                <span class="clip">{letter} {job.displayName || job.id}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} class={row.isDifferent ? "is-different" : ""}>
              <th scope="row">
                <span class="text">{row.name}</span>
                {row.isDifferent && <span class="badge tone-wait">differs</span>}
              </th>
              {row.cells.map((cell, i) => <td key={of[i].job.id}>{cell}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Results({ of, metric }: { of: Compared[]; metric: string }) {
  const row = (name: string, cell: (one: Compared) => ComponentChildren): Row => ({ name, cells: of.map(cell) });
  const rows = [
    row("State", ({ job }) => <StateBadge state={job.state} />),
    row(metric ? `Best ${metric}` : "Best", ({ job }) =>
      job.bestTrial && metric in job.bestTrial.metrics ? (
        <>
          <strong><Num of={job.bestTrial.metrics[metric]} /></strong>{" "}
          <Link to={href(`/jobs/${job.id}/trials/${job.bestTrial.id}`)}>trial {job.bestTrial.id}</Link>
        </>
      ) : "–"),
    row("Trials that have ended", ({ job }) => format.count(job.trialCounts?.ended) + (job.maxTrialCount ? ` of ${format.count(job.maxTrialCount)}` : "")),
    row("Failed", ({ job }) => format.count(job.trialCounts?.failed)),
    row("Took", ({ job }) => <Elapsed from={job.startTime ?? job.createTime} to={job.endTime} />),
    row("Algorithm", ({ job }) => job.algorithm ?? "–"),
    row("Seed", ({ job }) => job.seed ?? "–"),
  ];
  return (
    <Card title="Results">
      <SideBySide of={of} rows={rows} label="Results" />
    </Card>
  );
}

export function BestParameters({ of }: { of: Compared[] }) {
  const names = [...new Set(of.flatMap(({ job }) => Object.keys(job.bestTrial?.parameters ?? {})))];
  const rows = names.map((name): Row => {
    const values = of.map(({ job }) => job.bestTrial?.parameters[name]);
    return { name, cells: values.map((value) => <span title={value === undefined ? undefined : String(value)}>{format.value(value)}</span>) };
  });
  return (
    <Card title="Best parameters">
      {rows.length === 0 ? <Empty>There is no best trial yet.</Empty> : <SideBySide of={of} rows={rows} label="Best parameters" />}
    </Card>
  );
}

export function Settings({ of }: { of: Compared[] }) {
  const [shown, setShown] = useQuery("settings", "different");
  const parts = useEach<{ document: unknown }>(of.map(({ job }) => `${jobPath(job.id)}/document`));
  const settings = parts.map(({ data }) => settingsOf(data?.document));
  const names = [...new Set(settings.flatMap((one) => [...one.keys()]))].filter((name) => name !== "displayName");
  const rows = names.map((name): Row => {
    const values = settings.map((one) => one.get(name));
    return { name, cells: values.map((value) => value ?? <span class="quiet">not set</span>), isDifferent: new Set(values).size > 1 };
  });
  const different = rows.filter((row) => row.isDifferent);
  /* Where all that is listed differs, no mark is needed. */
  const listed = shown === "all" ? rows : different.map((row) => ({ ...row, isDifferent: false }));
  return (
    <Card
      title="Settings"
      tools={
        <label class="is-inline">
          <input type="checkbox" checked={shown !== "all"} onChange={() => setShown(shown === "all" ? "different" : "all")} /> Only what differs ({format.count(different.length)} of {format.count(rows.length)})
        </label>
      }
    >
      {listed.length === 0 ? <Empty>{of.length < 2 ? "There is nothing to compare it with." : "Nothing differs."}</Empty> : <SideBySide of={of} rows={listed} label="Settings" />}
    </Card>
  );
}
