/* What was asked for: the document as it came. */

import { jobPath } from "../api";
import { Card, CopyButton, download, ErrorBox, Loading } from "../components/basics";
import { useResource } from "../hooks";

export interface JobDocument {
  source?: string;
  document?: unknown;
  sourceDir?: string;
}

export function DocumentCard({ of, name }: { of: JobDocument; name: string }) {
  const source = of.source ?? JSON.stringify(of.document, null, 2);
  const isJson = /^\s*[{[]/.test(source);
  const save = () => download(`${name}.${isJson ? "json" : "yaml"}`, source, isJson ? "application/json" : "application/yaml");
  return (
    <Card
      title="Document"
      tools={
        <>
          <CopyButton text={source} />
          <button type="button" class="small" onClick={save}>
            Download
          </button>
        </>
      }
    >
      <pre class="document" tabIndex={0} aria-label="The document as it was received">
        {source}
      </pre>
      {of.sourceDir && (
        <p class="quiet under">
          Relative paths begin in <code>{of.sourceDir}</code>
        </p>
      )}
    </Card>
  );
}

export function DocumentTab({ job, name }: { job: string; name: string }) {
  const { data, error } = useResource<JobDocument>(`${jobPath(job)}/document`);
  if (error) return <ErrorBox error={error} />;
  return data ? <DocumentCard of={data} name={name} /> : <Loading what="Loading the document" />;
}
