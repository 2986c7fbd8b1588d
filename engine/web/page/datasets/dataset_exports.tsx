/* What was exported of a dataset by itself; nothing where there is no such export. */

import { Card, ErrorBox, StateBadge, Time } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { datasetPath } from "./dataset_types";

const REFRESH_MS = 10_000;

interface Operation {
  name: string;
  metadata: { "@type": string; genericMetadata: { createTime: string }; gcsOutputDirectory?: string };
  done?: boolean;
  error?: { message: string };
  response?: { exportedFiles?: string[] };
}

function stateOf(operation: Operation): string {
  if (!operation.done) return "RUNNING";
  return operation.error ? "JOB_STATE_FAILED" : "SUCCEEDED";
}

export function DatasetExports({ id }: { id: string }) {
  const { data, error } = useResource<{ operations?: Operation[] }>(`${datasetPath(id)}/operations`, REFRESH_MS);
  const exports = (data?.operations ?? []).filter((operation) => operation.metadata["@type"].endsWith("ExportDataOperationMetadata"));
  if (error) return <ErrorBox error={error} />;
  if (exports.length === 0) return null;
  return (
    <Card title="Exports">
      <div class="table-box" tabIndex={0} role="region" aria-label="Exports">
        <table>
          <thead>
            <tr>
              <th scope="col">Folder</th>
              <th scope="col">State</th>
              <th scope="col" class="num">Files</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {exports.map((operation) => (
              <tr key={operation.name}>
                <td class="is-roomy">
                  <span class="mono">{operation.metadata.gcsOutputDirectory ?? "–"}</span>
                  {operation.error && <div class="quiet">{operation.error.message}</div>}
                </td>
                <td><StateBadge state={stateOf(operation)} /></td>
                <td class="num">{format.count(operation.response?.exportedFiles?.length ?? 0)}</td>
                <td class="nowrap"><Time at={operation.metadata.genericMetadata.createTime} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
