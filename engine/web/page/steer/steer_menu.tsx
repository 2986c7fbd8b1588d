/* What can be done with a job. */

import { useState } from "preact/hooks";
import { api, jobPath } from "../api";
import { Command, download } from "../components/basics";
import { assayCommand } from "../components/assay_command";
import { Confirm } from "../components/confirm";
import { Dialog } from "../components/dialog";
import { Deed, DeedButton, Menu } from "../components/menu";
import { saying, withUndo } from "../components/toast";
import { go, href } from "../route";
import type { Job } from "../types";
import { BudgetsDialog } from "./budgets_dialog";
import { canResume, whyNotCancel, whyNotDelete, whyNotExtend, whyNotPause, whyNotRetry } from "./job_deeds";

interface SteerMenuProps {
  job: Job;
  onDone: () => void; // something was done: look again
}

export interface JobDocument {
  source: string;
  sourceDir: string;
}

type Open = "cancel" | "pause" | "retry" | "budgets" | "report" | null;

/* A file's name of what a person typed. */
function fileName(job: Job): string {
  return `${(job.displayName || job.id).replace(/[^\w.-]+/g, "_")}.yaml`;
}

export function SteerMenu({ job, onDone }: SteerMenuProps) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const told = async (done: string, deed: () => Promise<unknown>) => {
    if (await saying(done, deed)) onDone();
  };
  const cancel = () => told("The job is being cancelled.", () => api.post(`${jobPath(job.id)}:cancel`));
  const pause = () => told("All jobs are being paused.", () => api.post("/assay/v1:pause"));
  const resume = () => told("The job goes on.", () => api.post(`${jobPath(job.id)}:resume`));
  const retry = () => told("Failed trials run again.", () => api.post(`${jobPath(job.id)}:retry`));
  const remove = () => {
    go(href("/jobs"));
    withUndo(`${job.displayName || `Job ${job.id}`} is deleted, with its files.`, () => api.del(jobPath(job.id)), () => go(href(`/jobs/${job.id}`)));
  };
  const save = () =>
    saying("The document was downloaded.", async () => {
      const { source } = await api.get<JobDocument>(`${jobPath(job.id)}/document`);
      download(fileName(job), source, "application/yaml");
    });
  const failed = job.trialCounts?.failed ?? 0;

  return (
    <div class="tools">
      {canResume(job)
        ? <DeedButton label="Resume" isPrimary onDo={() => void resume()} />
        : !whyNotCancel(job) && <DeedButton label="Cancel" isDanger onDo={() => setOpen("cancel")} />}
      <Menu label="Actions">
        {canResume(job) && <Deed label="Cancel…" isDanger refusal={whyNotCancel(job)} onDo={() => setOpen("cancel")} />}
        <Deed label="Pause…" refusal={whyNotPause(job)} onDo={() => setOpen("pause")} />
        <Deed label="Retry failed trials…" refusal={whyNotRetry(job)} onDo={() => setOpen("retry")} />
        <Deed label="Raise budgets…" refusal={whyNotExtend(job)} onDo={() => setOpen("budgets")} />
        <Deed label="Clone with changes" refusal={job.kind === "Study" && "A study of a client's trials is not started here."} onDo={() => go(href("/start", { from: job.id }))} />
        <Deed label="Download document" onDo={() => void save()} />
        <Deed label="Report as a file…" onDo={() => setOpen("report")} />
        <Deed label="Delete" isDanger refusal={whyNotDelete(job)} onDo={remove} />
      </Menu>
      {open === "cancel" && (
        <Confirm title="Cancel this job?" deed="Cancel the job" onDo={() => void cancel()} onClose={close}>
          <p>Running trials are stopped, and the job ends for good. What has ended stays.</p>
        </Confirm>
      )}
      {open === "pause" && (
        <Confirm title="Pause all jobs?" deed="Pause all jobs" onDo={() => void pause()} onClose={close}>
          <p>The server pauses all of its jobs together. Running trials are stopped, and start again when their job is resumed.</p>
        </Confirm>
      )}
      {open === "retry" && (
        <Confirm title={`Run ${failed === 1 ? "the failed trial" : `${failed} failed trials`} again?`} deed="Retry failed trials" onDo={() => void retry()} onClose={close}>
          <p>Each runs again with the same parameters as a new trial; the budgets grow by as many.</p>
        </Confirm>
      )}
      {open === "budgets" && <BudgetsDialog job={job} onDone={onDone} onClose={close} />}
      {open === "report" && (
        <Dialog title="Report as a file" onClose={close}>
          <p>This command writes one file with the study and its plots, which opens from a disk, without a server:</p>
          <Command text={`${assayCommand(job, "report", job.id, "--html")}`} />
        </Dialog>
      )}
    </div>
  );
}
