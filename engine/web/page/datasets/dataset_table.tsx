/* What a table is: its files, and the columns that their header names. */

import { Card, ErrorBox, Loading, Time } from "../components/basics";
import * as format from "../format";
import type { Resource } from "../hooks";
import { sourcesOf, type Dataset, type Table } from "./dataset_types";

export function DatasetTable({ dataset, table }: { dataset: Dataset; table: Resource<Table> }) {
  const sources = sourcesOf(dataset);
  const { data, error } = table;
  const isPlain = data?.files.length === sources.length && data.files.every((file) => sources.includes(file.uri));
  return (
    <div class="columns">
      <Card title="Files" tools={<button type="button" class="small" onClick={table.reload}>Look again</button>}>
        {!isPlain && (
          <ul class="sources" aria-label="Sources">
            {sources.map((uri) => <li class="mono text">{uri}</li>)}
          </ul>
        )}
        <ErrorBox error={error} />
        {data && <Files of={data.files} />}
        {!data && !error && <Loading what="Reading the header" />}
      </Card>
      {data && (
        <Card title={`${format.count(data.columnCount)} ${data.columnCount === 1 ? "column" : "columns"}`}>
          <ol class="column-names" aria-label="Columns" tabIndex={0}>
            {data.columns.map((name) => <li class="mono text">{name}</li>)}
          </ol>
          {data.columns.length < data.columnCount && <p class="quiet under">and {format.count(data.columnCount - data.columns.length)} more</p>}
        </Card>
      )}
    </div>
  );
}

function Files({ of }: { of: Table["files"] }) {
  return (
    <div class="table-box is-scrolled under" tabIndex={0} role="region" aria-label="Files">
      <table>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col" class="num">Size</th>
            <th scope="col">Changed</th>
          </tr>
        </thead>
        <tbody>
          {of.map((file) => (
            <tr key={file.uri}>
              <td class="mono is-roomy">{file.uri}</td>
              <td class="num">{format.bytes(file.sizeBytes)}</td>
              <td class="nowrap"><Time at={file.updateTime} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
