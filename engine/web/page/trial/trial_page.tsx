/* One trial: what came of it and why, what it measured, wrote and left, how it was started. */

import { useEffect } from "preact/hooks";
import { ErrorBox, Loading, Tabs } from "../components/basics";
import { href, useQuery } from "../route";
import { Environment } from "./environment";
import { Files } from "./files";
import { LogView } from "./log_view";
import { Measurements } from "./measurements";
import { Summary } from "./summary";
import { TrialHead } from "./trial_head";
import { useLiveTrial } from "./use_live_trial";

const TABS = [
  { id: "summary", label: "Summary" },
  { id: "measurements", label: "Measurements" },
  { id: "logs", label: "Logs" },
  { id: "files", label: "Artifacts" },
  { id: "environment", label: "Environment" },
];

export function TrialPage({ job: jobId, trial: trialId }: { job: string; trial: string }) {
  const [tab] = useQuery("tab", "summary");
  const { job, item, measurements, error, status, reload } = useLiveTrial(jobId, trialId);

  useEffect(() => {
    document.title = `Trial ${trialId}${job?.displayName ? ` of ${job.displayName}` : ""} · assay`;
  }, [trialId, job?.displayName]);

  if (!item || !job)
    return (
      <>
        <h1>Trial {trialId}</h1>
        <ErrorBox error={error} />
        {!error && <Loading what="Loading the trial" />}
      </>
    );
  const path = `/jobs/${jobId}/trials/${trialId}`;
  const tabs = TABS.map(({ id, label }) => ({ id, label, href: href(path, { tab: id === "summary" ? undefined : id }) }));
  return (
    <>
      <TrialHead job={job} item={item} status={status} onDone={reload} />
      <ErrorBox error={error} />
      <Tabs tabs={tabs} current={tab} label="Views of the trial" />
      {tab === "summary" && <Summary job={job} item={item} measurements={measurements} />}
      {tab === "measurements" && <Measurements job={job} item={item} measurements={measurements} />}
      {tab === "logs" && <LogView job={job} item={item} />}
      {tab === "files" && <Files job={job} item={item} />}
      {tab === "environment" && <Environment job={job} item={item} />}
    </>
  );
}
