/* One training pipeline: its steps in their order, each with where it stands and what it led to. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { word } from "../api";
import { Card, Command, CopyButton, Elapsed, ErrorBox, Facts, hasEnded, Loading, StateBadge, Time } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import { PipelineMenu } from "../steer/pipeline_menu";
import type { Pipeline } from "./pipeline_types";

const REFRESH_MS = 2000;

interface Step {
  name: string;
  state: string | undefined; // undefined: not begun
  says: ComponentChildren;
}

/* Of a step that the pipeline did not get to: what became of the pipeline. */
function unfinished(pipeline: Pipeline, isUnderWay: boolean): string | undefined {
  if (hasEnded(pipeline.state)) return pipeline.state;
  return isUnderWay ? "RUNNING" : undefined;
}

/* Data in front, a training, a model behind; those that the pipeline has. */
function stepsOf(pipeline: Pipeline, hasData: boolean, hasModel: boolean): Step[] {
  const { data, job, jobState, model } = pipeline;
  const steps: Step[] = [];
  if (hasData || data)
    steps.push({
      name: "Data",
      state: data || job ? "SUCCEEDED" : unfinished(pipeline, true),
      says: data ? `${format.count(data.training)} for training, ${format.count(data.validation)} for validation, ${format.count(data.test)} for tests` : "The dataset is split",
    });
  steps.push({
    name: "Training",
    state: jobState ?? unfinished(pipeline, false),
    says: job ? <Link to={href(`/jobs/${job}`)}>Job {job}</Link> : hasEnded(pipeline.state) ? "It came to no job" : "Its job is not made yet",
  });
  if (hasModel || model)
    steps.push({
      name: "Model",
      state: model ? "SUCCEEDED" : unfinished(pipeline, hasEnded(jobState)),
      says: model ? <Command text={`assay models show ${model.slice(model.lastIndexOf("/") + 1)}`} /> : "The winner becomes a version in the registry",
    });
  return steps;
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
        {stepsOf(data, resource.data?.inputDataConfig !== undefined, resource.data?.modelToUpload !== undefined).map((step) => (
          <li class="card">
            <div class="row">
              <h2>{step.name}</h2>
              {step.state ? <StateBadge state={step.state} /> : <span class="quiet">not begun</span>}
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
            ["Model", data.model ? `${data.model}${data.version ? `, version ${data.version}` : ""}` : "–"],
            ["Data", data.data?.uri ?? "–"],
          ]}
        />
      </Card>
      {text && (
        <Card title="Resource" tools={<CopyButton text={text} />}>
          <pre class="document" tabIndex={0} aria-label="The pipeline as the API has it">{text}</pre>
        </Card>
      )}
    </>
  );
}
