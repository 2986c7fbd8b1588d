import { Card, Elapsed, hasEnded, StateBadge } from "../components/basics";
import { href, Link } from "../route";

export interface PipelineRow {
  id: string;
  displayName: string;
  state: string;
  step?: string;
  startTime?: string;
  createTime: string;
  job?: string;
}

export interface PipelineList {
  pipelines: PipelineRow[];
}

/* Nothing where no pipeline runs: most people have none. */
export function PipelinesUnderWay({ list }: { list: PipelineList | null }) {
  const running = list?.pipelines.filter((pipeline) => !hasEnded(pipeline.state)) ?? [];
  if (running.length === 0) return null;
  return (
    <Card title="Pipelines">
      <ul class="queue">
        {running.map((pipeline) => (
          <li key={pipeline.id} class="row">
            <Link to={href(`/pipelines/${pipeline.id}`)} class="name">{pipeline.displayName || pipeline.id}</Link>
            <StateBadge state={pipeline.state} />
            <span class="quiet">
              {pipeline.step && `step ${pipeline.step}, `}for <Elapsed from={pipeline.startTime ?? pipeline.createTime} />
            </span>
            {pipeline.job && <Link to={href(`/jobs/${pipeline.job}`)}>its job</Link>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
