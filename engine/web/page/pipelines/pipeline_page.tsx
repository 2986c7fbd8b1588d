/* One training pipeline: its steps in their order, each with where it stands and what it led to. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { word } from "../api";
import { Card, Command, CopyButton, Elapsed, ErrorBox, Facts, hasEnded, Loading, StateBadge, Time } from "../components/basics";
import { idOf } from "../names";
import { datasetPath, type Dataset } from "../datasets/dataset_types";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import { PipelineMenu } from "../steer/pipeline_menu";
import type { Pipeline } from "./pipeline_types";
import { SplitBars, SplitRule } from "./split_bars";
import { TrainingProgress } from "./training_progress";

const REFRESH_MS = 2000;

interface Step {
  name: string;
  state: string | undefined; // undefined: the pipeline is not there, or did not get there
  says: ComponentChildren;
}

/* Data in front, a training, a model behind; those that the pipeline has. */
function stepsOf(pipeline: Pipeline, hasModel: boolean, reload: () => void): Step[] {
  const { data, dataset, job, jobState, model } = pipeline;
  const isOver = hasEnded(pipeline.state);
  const isSplit = !dataset || data !== undefined || job !== undefined;
  /* Of the step at which the pipeline is, or ended. */
  const here = isOver ? pipeline.state : "RUNNING";
  const steps: Step[] = [];
  if (dataset) steps.push({ name: "Data", state: isSplit ? "SUCCEEDED" : here, says: <DataStep pipeline={pipeline} dataset={dataset} /> });
  steps.push({
    name: "Training",
    state: jobState ?? (isSplit && isOver ? here : undefined),
    says: job ? <TrainingProgress key={job} job={job} onEnd={reload} /> : isOver ? "It came to no job" : "Its job is not made yet",
  });
  if (hasModel || model)
    steps.push({
      name: "Model",
      state: model ? "SUCCEEDED" : jobState === "JOB_STATE_SUCCEEDED" ? here : undefined,
      says: model ? <ModelStep model={model} version={pipeline.version} /> : isOver ? "No model was made" : "The winner becomes a version in the registry",
    });
  return steps;
}

function DataStep({ pipeline, dataset }: { pipeline: Pipeline; dataset: string }) {
  const { data: found } = useResource<Dataset>(datasetPath(dataset), 0);
  const { data, split } = pipeline;
  return (
    <div class="stack is-tight">
      <div><Link to={href(`/datasets/${dataset}`)} class="text">{found?.displayName || `Dataset ${dataset}`}</Link></div>
      {split && <div class="quiet"><SplitRule split={split} /></div>}
      {data ? <SplitBars counts={data} filters={split?.filters} /> : !hasEnded(pipeline.state) && <div>It is being split</div>}
    </div>
  );
}

function ModelStep({ model, version }: { model: string; version?: string }) {
  const id = idOf(model);
  return (
    <div class="stack is-tight">
      <div>
        <Link to={href(`/models/${id}`)}>Model {id}</Link>
        {version && `, version ${version}`}
      </div>
      <div><Command text={`assay models show ${id}${version ? `@${version}` : ""}`} /></div>
    </div>
  );
}

export function PipelinePage({ pipeline: id }: { pipeline: string }) {
  const path = `/assay/v1/pipelines/${word(id)}`;
  const { data, error, reload } = useResource<Pipeline>(path, REFRESH_MS);
  const resource = useResource<Record<string, unknown>>(`${path}/resource`);
  useEffect(() => {
    document.title = `${data?.displayName || id} · assay`;
  }, [data?.displayName, id]);
  if (!data)
    return (
      <>
        <h1>Pipeline {id}</h1>
        {error ? <ErrorBox error={error} /> : <Loading />}
      </>
    );
  const text = resource.data ? JSON.stringify(resource.data, null, 2) : "";
  return (
    <>
      <div class="page-head">
        <div>
          <div class="crumbs">
            <Link to={href("/pipelines")}>Pipelines</Link> / {id}
          </div>
          <div class="row">
            <h1>{data.displayName || id}</h1>
            <StateBadge state={data.state} />
          </div>
        </div>
        <PipelineMenu pipeline={data} onDone={reload} />
      </div>
      <ErrorBox error={error ?? resource.error} />
      {data.errorMessage && <div class="error-box" role="alert">{data.errorMessage}</div>}
      <ol class="flow" aria-label="Steps">
        {stepsOf(data, resource.data?.modelToUpload !== undefined, reload).map((step) => (
          <li key={step.name} class="card stack is-tight">
            <div class="row">
              <h2>{step.name}</h2>
              {step.state ? <StateBadge state={step.state} /> : <span class="quiet">{hasEnded(data.state) ? "not reached" : "not begun"}</span>}
            </div>
            <div>{step.says}</div>
          </li>
        ))}
      </ol>
      <Card title="Facts">
        <Facts
          of={[
            ["Created", <Time at={data.createTime} />],
            ["Started", <Time at={data.startTime} />],
            ["Ended", <Time at={data.endTime} />],
            ["Took", <Elapsed from={data.startTime} to={data.endTime} />],
          ]}
        />
        {data.data && <div class="row under">Data <Command text={data.data.uri} /></div>}
      </Card>
      {text && (
        <Card title="Resource" tools={<CopyButton text={text} />}>
          <pre class="document" tabIndex={0} aria-label="The pipeline as the API has it">{text}</pre>
        </Card>
      )}
    </>
  );
}
