/* All training pipelines, newest first. */

import { useEffect } from "preact/hooks";
import { Elapsed, Empty, ErrorBox, Loading, StateBadge, Time } from "../components/basics";
import { idOf } from "../names";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import type { Pipeline } from "./pipeline_types";

const REFRESH_MS = 3000;

const STEPS: Record<string, string> = {
  export: "Its data is being split",
  submit: "Its job is being made",
  train: "Training",
  upload: "Its model is being made",
};

export function PipelinesPage() {
  const { data, error } = useResource<{ pipelines: Pipeline[] }>("/assay/v1/pipelines", REFRESH_MS);
  useEffect(() => {
    document.title = "Pipelines · assay";
  }, []);
  return (
    <>
      <div class="page-head">
        <h1>Pipelines</h1>
      </div>
      <ErrorBox error={error} />
      {!data && !error && <Loading />}
      {data?.pipelines.length === 0 && (
        <Empty>
          There are no pipelines yet. <Link to={href("/start")}>Start a training</Link> that puts a dataset in front and a model behind.
        </Empty>
      )}
      {data && data.pipelines.length > 0 && <PipelinesTable of={data.pipelines} />}
    </>
  );
}

function PipelinesTable({ of }: { of: Pipeline[] }) {
  return (
    <div class="card table-box is-flush" tabIndex={0} role="region" aria-label="Pipelines">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Step</th>
            <th scope="col">Dataset</th>
            <th scope="col">Model</th>
            <th scope="col">Created</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {of.map((pipeline) => (
            <tr key={pipeline.id}>
              <td>
                <Link to={href(`/pipelines/${pipeline.id}`)} class="name">{pipeline.displayName || pipeline.id}</Link>
                <div class="quiet mono">{pipeline.id}</div>
                {pipeline.errorMessage && <div class="quiet clip" title={pipeline.errorMessage}>{pipeline.errorMessage}</div>}
              </td>
              <td><StateBadge state={pipeline.state} title={pipeline.errorMessage} /></td>
              <td>{STEPS[pipeline.step ?? ""] ?? "–"}</td>
              <td>{pipeline.dataset ? <Link to={href(`/datasets/${pipeline.dataset}`)}>{pipeline.dataset}</Link> : "–"}</td>
              <td>{pipeline.model ? <Link to={href(`/models/${idOf(pipeline.model)}`)}>{idOf(pipeline.model)}</Link> : "–"}</td>
              <td class="nowrap"><Time at={pipeline.createTime} /></td>
              <td class="nowrap"><Elapsed from={pipeline.startTime} to={pipeline.endTime} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
