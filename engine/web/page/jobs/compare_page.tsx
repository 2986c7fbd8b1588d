/* Several studies beside each other: how fast and how far each came, and what was different about them. */

import { useEffect } from "preact/hooks";
import { jobPath } from "../api";
import { Empty, ErrorBox, hasEnded, Loading, StateBadge } from "../components/basics";
import { href, Link, useQuery } from "../route";
import type { Job } from "../types";
import { CompareCurves } from "./compare_curves";
import { CompareEdf } from "./compare_edf";
import { BestParameters, Results, Settings } from "./compare_tables";
import { useEach } from "./use_each";

export interface Compared {
  job: Job;
  letter: string; // stands for it where its name is too long
  label: string;
}

const LIVE_MS = 3000;
const COMPARED_MAX = 12;

function metricsOf(jobs: Compared[]): string[] {
  return [...new Set(jobs.flatMap(({ job }) => (job.objectives ?? (job.objective ? [job.objective] : [])).map(({ metricId }) => metricId)))];
}

export function ComparePage() {
  const [words] = useQuery("jobs");
  const [metricWord, setMetric] = useQuery("metric");
  const ids = [...new Set(words.split(",").filter((id) => id !== ""))].slice(0, COMPARED_MAX);
  const [refreshMs] = useLiveMs(ids);
  const parts = useEach<Job>(ids.map(jobPath), refreshMs);
  const compared = parts.flatMap(({ data }, i): Compared[] => {
    if (!data) return [];
    const letter = String.fromCharCode(65 + i);
    return [{ job: data, letter, label: `${letter}  ${data.displayName || data.id}` }];
  });
  const metrics = metricsOf(compared);
  const metric = metrics.includes(metricWord) ? metricWord : (metrics[0] ?? "");
  const measured = compared.filter(({ job }) => (job.objectives ?? [job.objective]).some((objective) => objective?.metricId === metric));

  useEffect(() => {
    document.title = `Compare ${ids.length} jobs · assay`;
  }, [ids.length]);

  if (ids.length === 0)
    return (
      <>
        <h1>Compare</h1>
        <Empty>
          Choose two or more of the <Link to={href("/jobs")}>jobs</Link> to compare them.
        </Empty>
      </>
    );
  return (
    <>
      <div class="page-head">
        <div>
          <div class="crumbs">
            <Link to={href("/jobs", { chosen: ids.join(",") })}>Jobs</Link> / Compare
          </div>
          <h1>Compare</h1>
        </div>
        {metrics.length > 1 && (
          <label class="is-inline">
            Metric
            <select value={metric} onChange={(event) => setMetric(event.currentTarget.value)}>
              {metrics.map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          </label>
        )}
      </div>
      {parts.map((part, i) => part.error && <ErrorBox key={ids[i]} error={part.error} />)}
      {parts.some((part) => !part.data && !part.error) && <Loading what="Loading the jobs" />}
      <ul class="compared" aria-label="What is compared">
        {compared.map(({ job, letter }) => (
          <li key={job.id}>
            <strong>{letter}</strong>
            <Link to={href(`/jobs/${job.id}`)} class="name">{job.displayName || job.id}</Link>
            <StateBadge state={job.state} />
            {ids.length > 1 && (
              <Link to={href("/compare", { jobs: ids.filter((id) => id !== job.id).join(","), metric: metricWord })} class="button small" title={`Leave out ${letter}`}>
                <span aria-hidden="true">✕</span>
                <span class="sr-only">Leave out {letter}</span>
              </Link>
            )}
          </li>
        ))}
      </ul>
      {measured.length < compared.length && metric !== "" && (
        <p class="quiet">The plots leave out what has no metric {metric}: {compared.filter((one) => !measured.includes(one)).map(({ letter }) => letter).join(", ")}.</p>
      )}
      {measured.length > 0 && (
        <div class="columns is-wide">
          <CompareCurves of={measured} metric={metric} refreshMs={refreshMs} />
          <CompareEdf of={measured} metric={metric} refreshMs={refreshMs} />
        </div>
      )}
      {compared.length > 0 && (
        <>
          <Results of={compared} metric={metric} />
          <BestParameters of={compared} />
          <Settings of={compared} />
        </>
      )}
    </>
  );
}

/* While one of them goes on, all is asked for again and again. */
function useLiveMs(ids: string[]): [number] {
  const first = useEach<Job>(ids.map(jobPath));
  return [first.some(({ data }) => data !== null && !hasEnded(data.state)) ? LIVE_MS : 0];
}
