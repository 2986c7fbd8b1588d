/* More trials than a study was given at first. */

import { useId, useState } from "preact/hooks";
import { api, jobPath, type ApiError } from "../api";
import { ErrorBox } from "../components/basics";
import { Dialog } from "../components/dialog";
import { say } from "../components/toast";
import { asApiError } from "../hooks";
import type { Job } from "../types";

const BUDGETS = [
  { name: "maxTrialCount", label: "Maximum number of trials", least: 1 },
  { name: "parallelTrialCount", label: "Maximum number of parallel trials", least: 1 },
  { name: "maxFailedTrialCount", label: "Maximum number of failed trials", least: 0 },
] as const;

type Budgets = Record<(typeof BUDGETS)[number]["name"], string>;

/* Faults name a member in either spelling, with or without what it is in. */
function faultAt(error: ApiError | null, name: string): string {
  const wanted = name.toLowerCase();
  return error?.faults.find((fault) => fault.field.replaceAll("_", "").toLowerCase().endsWith(wanted))?.message ?? "";
}

export function BudgetsDialog({ job, onDone, onClose }: { job: Job; onDone: () => void; onClose: () => void }) {
  const was: Budgets = {
    maxTrialCount: String(job.maxTrialCount ?? ""),
    parallelTrialCount: String(job.parallelTrialCount ?? ""),
    maxFailedTrialCount: String((job as Job & { maxFailedTrialCount?: number }).maxFailedTrialCount ?? ""),
  };
  const [now, setNow] = useState(was);
  const [error, setError] = useState<ApiError | null>(null);
  const id = useId();
  const isSame = BUDGETS.every(({ name }) => now[name] === was[name]);

  const submit = async (event: Event) => {
    event.preventDefault();
    const changed = BUDGETS.filter(({ name }) => now[name] !== "" && now[name] !== was[name]);
    try {
      await api.patch(jobPath(job.id), Object.fromEntries(changed.map(({ name }) => [name, Number(now[name])])));
      say("Budgets raised.");
      onDone();
      onClose();
    } catch (cause) {
      setError(asApiError(cause));
    }
  };
  const isShownAtField = BUDGETS.some(({ name }) => faultAt(error, name));
  return (
    <Dialog title="Raise budgets" onClose={onClose}>
      <form onSubmit={submit}>
        <p class="quiet">
          {job.trialCounts?.created ?? 0} trials were made so far. A study that has ended goes on where its new budget allows.
        </p>
        {BUDGETS.map(({ name, label, least }) => {
          const fault = faultAt(error, name);
          return (
            <label key={name}>
              {label}
              <input
                type="number" min={least} step={1} name={name} value={now[name]}
                aria-invalid={fault ? "true" : undefined} aria-describedby={fault ? `${id}${name}` : undefined}
                onInput={(event) => setNow({ ...now, [name]: event.currentTarget.value })}
              />
              {fault && <span class="field-error" id={`${id}${name}`}>{fault}</span>}
            </label>
          );
        })}
        {!isShownAtField && <ErrorBox error={error} />}
        <div class="row is-end">
          <button type="button" onClick={onClose}>Leave as it is</button>
          <button type="submit" class="is-primary" disabled={isSame}>Raise budgets</button>
        </div>
      </form>
    </Dialog>
  );
}
