/* The pipelines that trained on a dataset, each with the split it got. */

import { Card, Empty, hasEnded, Loading, StateBadge, Time } from "../components/basics";
import { SplitBars, SplitRule } from "../pipelines/split_bars";
import type { Pipeline } from "../pipelines/pipeline_types";
import { href, Link } from "../route";

export function DatasetSplits({ pipelines }: { pipelines: Pipeline[] | undefined }) {
  return (
    <Card title="Trainings and their splits">
      {!pipelines && <Loading what="Looking for pipelines" />}
      {pipelines?.length === 0 && (
        <Empty>
          No pipeline has trained on this dataset yet. <Link to={href("/start")}>Start a training</Link> and choose it there.
        </Empty>
      )}
      {pipelines && pipelines.length > 0 && (
        <ul class="splits">
          {pipelines.map((pipeline) => <PipelineSplit key={pipeline.id} pipeline={pipeline} />)}
        </ul>
      )}
    </Card>
  );
}

function PipelineSplit({ pipeline }: { pipeline: Pipeline }) {
  const { data, split } = pipeline;
  return (
    <li>
      <div class="stack is-tight">
        <div class="row">
          <Link to={href(`/pipelines/${pipeline.id}`)} class="name">{pipeline.displayName || pipeline.id}</Link>
          <StateBadge state={pipeline.state} title={pipeline.errorMessage} />
          <span class="quiet"><Time at={pipeline.createTime} /></span>
        </div>
        {split && <div class="quiet"><SplitRule split={split} /></div>}
      </div>
      {data ? <SplitBars counts={data} filters={split?.filters} /> : <span class="quiet">{hasEnded(pipeline.state) ? "It was not split" : "It is being split"}</span>}
    </li>
  );
}
