/* All training pipelines, newest first. */

import { useEffect } from "preact/hooks";
import { Card, Elapsed, Empty, ErrorBox, Loading, StateBadge, Time } from "../components/basics";
import { useResource } from "../hooks";
import { href, Link } from "../route";
import type { Pipeline } from "./pipeline_types";

const REFRESH_MS = 3000;

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
      {data && (
        <Card>
          {data.pipelines.length === 0 ? (
            <Empty>
              There are no pipelines yet. <Link to={href("/start")}>Start a training</Link> that puts a dataset in front and a model behind.
            </Empty>
          ) : (
            <div class="table-box">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Step</th>
                    <th scope="col">Created</th>
                    <th scope="col">Took</th>
                  </tr>
                </thead>
                <tbody>
                  {data.pipelines.map((pipeline) => (
                    <tr key={pipeline.id}>
                      <td><Link to={href(`/pipelines/${pipeline.id}`)}>{pipeline.displayName || pipeline.id}</Link></td>
                      <td><StateBadge state={pipeline.state} title={pipeline.errorMessage} /></td>
                      <td>{pipeline.step ?? "–"}</td>
                      <td><Time at={pipeline.createTime} /></td>
                      <td><Elapsed from={pipeline.startTime} to={pipeline.endTime} /></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Card>
      )}
    </>
  );
}
