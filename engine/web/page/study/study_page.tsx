/* A job: a study of trials that assay runs, one whose trials run at clients, or a single run. */

import { useEffect, useMemo } from "preact/hooks";
import { ErrorBox, Loading, Tabs } from "../components/basics";
import { useLiveJob, type LiveJob } from "../hooks";
import { href, Link } from "../route";
import type { Job, Trial } from "../types";
import { DocumentTab } from "./document_tab";
import { ObjectivesTab } from "./objectives_tab";
import { OnlyTrial } from "./only_trial";
import { OverviewTab } from "./overview_tab";
import { ParametersTab } from "./parameters_tab";
import { useWord } from "./plots/words";
import type { Reports } from "./reports";
import { StudyHead } from "./study_head";
import { useStudyView, useTold, withEnds } from "./study_view";
import { TimelineTab } from "./timeline_tab";
import { TrialsTab } from "./trials_tab";

const TABS = [
  { id: "overview", label: "Overview" },
  { id: "parameters", label: "Parameters" },
  { id: "objectives", label: "Objectives" },
  { id: "timeline", label: "Timeline" },
  { id: "trials", label: "Trials" },
  { id: "document", label: "Document" },
];
const OF_STUDIES = ["parameters", "objectives"];

export function StudyPage({ job: id }: { job: string }) {
  const { handlers, ended, reports } = useTold();
  const live = useLiveJob(id, handlers);
  const name = live.job?.displayName || id;
  useEffect(() => {
    document.title = `${name} · assay`;
  }, [name]);
  if (live.job) return <KnownJob job={live.job} live={live} ended={ended} reports={reports} />;
  return (
    <>
      <h1 class="text">Job {id}</h1>
      {live.error ? (
        <ErrorBox error={live.error}>
          <Link to={href("/jobs")}>All jobs</Link>
        </ErrorBox>
      ) : (
        <Loading what="Loading the job" />
      )}
    </>
  );
}

function KnownJob({ job: told, live, ended, reports }: { job: Job; live: LiveJob; ended: Trial[]; reports: Reports }) {
  const job = useMemo(() => withEnds(told, ended, live.running.size), [told, ended, live.running.size]);
  const view = useStudyView(job, live, ended, reports);
  const [wanted] = useWord("tab", "overview");
  const isStudy = job.kind !== "CustomJob";
  const shown = TABS.filter((tab) => isStudy || !OF_STUDIES.includes(tab.id));
  const tab = shown.some((each) => each.id === wanted) ? wanted : "overview";
  return (
    <>
      <StudyHead job={job} live={live} />
      <ErrorBox error={live.error} />
      <Tabs
        label="Views of the job"
        current={tab}
        tabs={shown.map((each) => ({ ...each, href: href(`/jobs/${job.id}`, { ...kept(), tab: each.id === "overview" ? undefined : each.id }) }))}
      />
      {tab === "overview" && (isStudy ? <OverviewTab view={view} /> : <OnlyTrial view={view} />)}
      {tab === "parameters" && <ParametersTab view={view} />}
      {tab === "objectives" && <ObjectivesTab view={view} />}
      {tab === "timeline" && <TimelineTab view={view} />}
      {tab === "trials" && <TrialsTab view={view} />}
      {tab === "document" && <DocumentTab job={job.id} name={view.name} />}
    </>
  );
}

/* What was chosen in one tab is there in the next. */
function kept(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.search));
}
