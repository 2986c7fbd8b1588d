/* What can be done with the jobs that were chosen. */

import { api, jobPath } from "../api";
import { hasEnded } from "../components/basics";
import { say, withUndo } from "../components/toast";
import * as format from "../format";
import { asApiError } from "../hooks";
import type { JobRow } from "./jobs_window";

interface JobDeedsProps {
  chosen: string[];
  rows: JobRow[]; // of this page; of those chosen elsewhere the state is not known
  onCompare: () => void;
  onClear: () => void;
  onGone: (ids: string[], isGone: boolean) => void; // not to be shown; shown again
  onDone: () => void;
}

const COMPARED_MAX = 12;
const jobs = (count: number) => `${format.count(count)} ${count === 1 ? "job" : "jobs"}`;

/* One after the other: what fails is told, and the others are done. */
async function ofEach(ids: string[], deed: (id: string) => Promise<unknown>, isGone: (id: string) => void): Promise<void> {
  const failures: string[] = [];
  for (const id of ids) {
    try {
      await deed(id);
    } catch (error) {
      isGone(id);
      failures.push(asApiError(error).message);
    }
  }
  if (failures.length > 0) say(`${jobs(failures.length)}: ${[...new Set(failures)].join(" ")}`, "bad");
}

export function JobDeeds({ chosen, rows, onCompare, onClear, onGone, onDone }: JobDeedsProps) {
  const state = (id: string) => rows.find((job) => job.id === id)?.state;
  const atWork = chosen.filter((id) => state(id) === undefined || !hasEnded(state(id)));
  const deletable = chosen.filter((id) => state(id) === undefined || hasEnded(state(id)) || state(id) === "JOB_STATE_PAUSED");

  const cancel = () => {
    onClear();
    withUndo(`${jobs(atWork.length)} will be cancelled.`, async () => {
      await ofEach(atWork, (id) => api.post(`${jobPath(id)}:cancel`), () => {});
      onDone();
    });
  };
  const remove = () => {
    onClear();
    onGone(deletable, true);
    withUndo(
      `${jobs(deletable.length)} will be deleted, with all files.`,
      async () => {
        await ofEach(deletable, (id) => api.del(jobPath(id)), (id) => onGone([id], false));
        onDone();
      },
      () => onGone(deletable, false),
    );
  };

  return (
    <div class="card row deeds" role="region" aria-label="The jobs that are chosen">
      <strong>{jobs(chosen.length)} chosen</strong>
      <button type="button" class="is-primary" disabled={chosen.length < 2 || chosen.length > COMPARED_MAX} onClick={onCompare}
        title={chosen.length > COMPARED_MAX ? `At most ${COMPARED_MAX} are compared` : chosen.length < 2 ? "Choose another one to compare it with" : undefined}>
        Compare
      </button>
      <button type="button" disabled={atWork.length === 0} onClick={cancel} title={atWork.length === 0 ? "All have ended" : undefined}>
        Cancel{atWork.length !== chosen.length && atWork.length > 0 ? ` ${atWork.length}` : ""}
      </button>
      <button type="button" class="is-danger" disabled={deletable.length === 0} onClick={remove} title={deletable.length === 0 ? "What runs is cancelled first" : undefined}>
        Delete{deletable.length !== chosen.length && deletable.length > 0 ? ` ${deletable.length}` : ""}
      </button>
      <button type="button" class="small" onClick={onClear}>Choose none</button>
    </div>
  );
}
