/* What can be done with a trial. */

import { useState } from "preact/hooks";
import { api, jobPath, trialPath } from "../api";
import { Confirm } from "../components/confirm";
import { DeedButton } from "../components/menu";
import { saying } from "../components/toast";
import { go, href } from "../route";
import type { Job, Trial } from "../types";
import { whyNotRetryTrial, whyNotStopTrial } from "./job_deeds";

interface TrialMenuProps {
  job: Job;
  trial: Trial;
  onDone: () => void;
}

export function TrialMenu({ job, trial, onDone }: TrialMenuProps) {
  const [isAsking, setAsking] = useState(false);
  const id = trial.trial.id;
  const stop = async () => {
    if (await saying(`Trial ${id} is being stopped.`, () => api.post(`${trialPath(job.id, id)}:stop`))) onDone();
  };
  const retry = async () => {
    if (await saying(`Trial ${id} runs again.`, () => api.post(`${jobPath(job.id)}:retry`, { trialIds: [id] }))) onDone();
  };
  return (
    <div class="tools">
      {trial.endOrder === 0
        ? <DeedButton label="Stop trial" refusal={whyNotStopTrial(trial)} onDo={() => setAsking(true)} />
        : <DeedButton label="Retry" refusal={whyNotRetryTrial(job, trial)} onDo={() => void retry()} />}
      <DeedButton label="Clone with changes" refusal={job.kind === "Study" && "A study of a client's trials is not started here."} onDo={() => go(href("/start", { from: job.id, trial: id }))} />
      {isAsking && (
        <Confirm title={`Stop trial ${id}?`} deed="Stop the trial" onDo={() => void stop()} onClose={() => setAsking(false)}>
          <p>It ends now, and its measurements so far decide: with at least one it has succeeded.</p>
        </Confirm>
      )}
    </div>
  );
}
