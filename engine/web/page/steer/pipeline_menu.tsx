/* What can be done with a training pipeline. */

import { useState } from "preact/hooks";
import { api, word } from "../api";
import { hasEnded } from "../components/basics";
import { Confirm } from "../components/confirm";
import { Deed, DeedButton, Menu } from "../components/menu";
import { saying, withUndo } from "../components/toast";
import { go, href } from "../route";

/* Of GET /assay/v1/pipelines/ID what is needed here. */
interface SteeredPipeline {
  id: string;
  displayName?: string;
  state: string;
  isWorkedOn?: boolean;
  jobState?: string;
}

export function PipelineMenu({ pipeline, onDone }: { pipeline: SteeredPipeline; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const path = `/assay/v1/pipelines/${word(pipeline.id)}`;
  const isOver = hasEnded(pipeline.state);
  const canResume = !isOver && (!pipeline.isWorkedOn || pipeline.jobState === "JOB_STATE_PAUSED");
  const told = async (done: string, deed: () => Promise<unknown>) => {
    if (await saying(done, deed)) onDone();
  };
  const cancel = () => told("The pipeline is being cancelled.", () => api.post(`${path}:cancel`));
  const resume = () => told("The pipeline goes on.", () => api.post(`${path}:resume`));
  const remove = () => {
    go(href("/pipelines"));
    withUndo(`${pipeline.displayName || `Pipeline ${pipeline.id}`} is deleted.`, () => api.del(path), () => go(href(`/pipelines/${pipeline.id}`)));
  };
  return (
    <div class="tools">
      {canResume && <DeedButton label="Resume" isPrimary onDo={() => void resume()} />}
      {!isOver && (
        <DeedButton label="Cancel" isDanger refusal={pipeline.state === "PIPELINE_STATE_CANCELLING" && "It is being cancelled already."} onDo={() => setAsking(true)} />
      )}
      <Menu label="Actions">
        <Deed label="Clone with changes" onDo={() => go(href("/start", { pipeline: pipeline.id }))} />
        <Deed label="Delete" isDanger refusal={!isOver && "It has not ended; cancel it first."} onDo={remove} />
      </Menu>
      {isAsking && (
        <Confirm title="Cancel this pipeline?" deed="Cancel the pipeline" onDo={() => void cancel()} onClose={() => setAsking(false)}>
          <p>Its job is cancelled with it, and no model is made. What was done before stays.</p>
        </Confirm>
      )}
    </div>
  );
}
