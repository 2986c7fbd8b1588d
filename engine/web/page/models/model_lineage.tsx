/* What made a version: from the data over the pipeline, the job and its best trial. */

import type { ComponentChildren } from "preact";
import { Card, Command, Facts, Num } from "../components/basics";
import { idOf } from "../names";
import * as format from "../format";
import { href, Link } from "../route";
import { versionName, type Lineage, type VersionView } from "./model_types";

function stepsOf({ dataset, pipeline, job, trial, seed, metrics }: Lineage): [string, ComponentChildren][] {
  const steps: [string, ComponentChildren][] = [];
  if (dataset) steps.push(["Dataset", <Link to={href(`/datasets/${idOf(dataset)}`)}>{idOf(dataset)}</Link>]);
  if (pipeline) steps.push(["Pipeline", <Link to={href(`/pipelines/${idOf(pipeline)}`)}>{idOf(pipeline)}</Link>]);
  if (job) steps.push(["Job", <Link to={href(`/jobs/${idOf(job)}`)}>{idOf(job)}</Link>]);
  if (job && trial) steps.push(["Trial", <Link to={href(`/jobs/${idOf(job)}/trials/${trial}`)}>{trial}</Link>]);
  if (seed) steps.push(["Seed", <span class="num">{seed}</span>]);
  for (const [name, value] of Object.entries(metrics ?? {})) steps.push([name, <Num of={value} />]);
  return steps;
}

export function ModelLineage({ of }: { of: VersionView }) {
  const lineage = of.lineage ?? {};
  const parameters = Object.entries(lineage.parameters ?? {});
  const steps = stepsOf(lineage);
  return (
    <Card title="What made it" tools={lineage.document ? <Command text={`assay models document ${versionName(of.model)}`} /> : undefined}>
      {steps.length > 0 ? <Facts of={steps} /> : <p class="quiet">It was uploaded; nothing is known of how it was made.</p>}
      {parameters.length > 0 && (
        <>
          <h3 class="under">Parameters</h3>
          <Facts of={parameters.map(([name, value]) => [name, <span class="text" title={String(value)}>{format.value(value)}</span>])} />
        </>
      )}
    </Card>
  );
}
