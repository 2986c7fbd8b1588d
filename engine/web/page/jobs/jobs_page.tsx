/* All jobs: searched, filtered, sorted and paged by the server; some chosen to be compared or done away with. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { Empty, ErrorBox, Loading } from "../components/basics";
import * as format from "../format";
import { useResource, useSettled } from "../hooks";
import { useKept } from "../kept";
import { go, href, Link, useQuery } from "../route";
import { JobDeeds } from "./job_deeds";
import { JobsTable } from "./jobs_table";
import { jobsFilter, jobsWindowPath, KINDS, STATE_GROUPS, type JobsWindow } from "./jobs_window";

const PAGE_SIZE = 50;
const COUNT_MS = 1000;
const NEWEST = "createTime desc";

const words = (text: string) => text.split(",").filter((word) => word !== "");

export function JobsPage() {
  const [name, setName] = useQuery("name");
  const [groupWords, setGroups] = useQuery("state");
  const [kind, setKind] = useQuery("kind");
  const [sort, setSort] = useQuery("sort", NEWEST);
  const [page, setPage] = useQuery("page", "1");
  const [chosenWords, setChosen] = useQuery("chosen");
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set()); // being deleted, while that can be undone
  const settledName = useSettled(name, 250);
  const groups = words(groupWords);
  const chosen = words(chosenWords);
  const offset = (Math.max(1, Number(page) || 1) - 1) * PAGE_SIZE;

  /* These counts change with all that ends or starts, and cost next to nothing. */
  const counts = useResource<{ jobs: Record<string, number> }>("/assay/v1/jobs:count", COUNT_MS);
  const path = jobsWindowPath({ filter: jobsFilter({ groups, kind, name: settledName }), orderBy: sort, offset, limit: PAGE_SIZE });
  const { data, error, reload } = useResource<JobsWindow>(path, 0, JSON.stringify(counts.data));
  const shown = useKept(data);
  const rows = useMemo(() => shown?.jobs.filter((job) => !gone.has(job.id)) ?? [], [shown, gone]);

  useEffect(() => {
    document.title = "Jobs · assay";
  }, []);

  const narrowed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setPage("1");
  };
  const toggleGroup = (id: string) =>
    narrowed(setGroups)((groups.includes(id) ? groups.filter((other) => other !== id) : [...groups, id]).join(","));
  const isNarrowed = name !== "" || groups.length > 0 || kind !== "";
  const total = Object.values(counts.data?.jobs ?? {}).reduce((sum, n) => sum + n, 0);

  return (
    <>
      <div class="page-head">
        <div>
          <h1>Jobs</h1>
        </div>
        {counts.error && counts.data && <span class="badge tone-bad" role="status">Connection lost, trying again</span>}
      </div>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <input type="search" aria-label="Search in names" placeholder="Search in names" value={name} onInput={(event) => narrowed(setName)(event.currentTarget.value)} />
        <select aria-label="Kind" value={kind} onChange={(event) => narrowed(setKind)(event.currentTarget.value)}>
          <option value="">All kinds</option>
          {KINDS.map((known) => <option value={known.id}>{known.label}</option>)}
        </select>
        <div class="row" role="group" aria-label="States">
          {STATE_GROUPS.map((group) => (
            <button type="button" class="chip" aria-pressed={groups.includes(group.id)} onClick={() => toggleGroup(group.id)}>
              {group.label} <span class="num">{format.count(countOf(counts.data?.jobs, group.states))}</span>
            </button>
          ))}
        </div>
        {isNarrowed && (
          <Link to={href("/jobs", { sort: sort === NEWEST ? undefined : sort, chosen: chosenWords })} class="button small">Show all</Link>
        )}
      </form>
      {chosen.length > 0 && (
        <JobDeeds
          chosen={chosen}
          rows={shown?.jobs ?? []}
          onCompare={() => go(href("/compare", { jobs: chosen.join(",") }))}
          onClear={() => setChosen("")}
          onGone={(ids, isGone) => setGone((old) => changed(old, ids, isGone))}
          onDone={reload}
        />
      )}
      <ErrorBox error={error} />
      {!shown && !error && <Loading what="Loading the jobs" />}
      {shown && rows.length === 0 && <Empty>{total === 0 ? <NoJobs /> : "No job is like this."}</Empty>}
      {rows.length > 0 && (
        <JobsTable rows={rows} sort={sort} onSort={narrowed(setSort)} chosen={chosen} onChoose={(ids) => setChosen(ids.join(","))} />
      )}
      {shown && shown.count > PAGE_SIZE && <Pages count={shown.count} offset={offset} onPage={setPage} />}
    </>
  );
}

function countOf(counts: Record<string, number> | undefined, states: string[]): number | undefined {
  return counts && states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

function changed(old: ReadonlySet<string>, ids: string[], isGone: boolean): ReadonlySet<string> {
  const set = new Set(old);
  for (const id of ids) isGone ? set.add(id) : set.delete(id);
  return set;
}

function NoJobs() {
  return (
    <>
      There are no jobs yet. <Link to={href("/start")}>Start a training</Link>, or type <code>assay run study.yaml</code>.
    </>
  );
}

function Pages({ count, offset, onPage }: { count: number; offset: number; onPage: (page: string) => void }) {
  const page = offset / PAGE_SIZE + 1;
  const last = Math.ceil(count / PAGE_SIZE);
  return (
    <nav class="row pages" aria-label="Pages">
      <button type="button" disabled={page <= 1} onClick={() => onPage(String(page - 1))}>Previous</button>
      <span class="num">
        {format.count(offset + 1)} to {format.count(Math.min(count, offset + PAGE_SIZE))} of {format.count(count)}
      </span>
      <button type="button" disabled={page >= last} onClick={() => onPage(String(page + 1))}>Next</button>
    </nav>
  );
}
