import { Card, Command } from "../components/basics";
import * as format from "../format";
import { versionName, type Artifact, type Model } from "./model_types";

const FILES_SHOWN = 500;

const PUSHES: Record<string, string> = {
  NONE: "not pushed",
  WAITING: "waits to be pushed to the remote store",
  DONE: "pushed to the remote store",
};

/* The files as they were registered; each is known by its hash. */
export function ModelFiles({ model, artifact }: { model: Model; artifact: Artifact }) {
  const { files, push } = artifact;
  return (
    <Card title="Files" tools={<Command text={`assay models export ${versionName(model)} ./${model.versionId}`} />}>
      <p class="quiet">
        {format.count(artifact.fileCount)} {Number(artifact.fileCount) === 1 ? "file" : "files"}, {format.bytes(artifact.sizeBytes)}, in <span class="mono text">{artifact.dir}</span>
        {push && push.state !== "NONE" && `; ${PUSHES[push.state] ?? push.state}${push.error ? `: ${push.error}` : ""}`}
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="Files">
        <table>
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col" class="num">Size</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {files.slice(0, FILES_SHOWN).map((file) => (
              <tr key={file.path}>
                <td class="text mono">{file.path}</td>
                <td class="num nowrap" title={`${file.sizeBytes} bytes`}>{format.bytes(file.sizeBytes)}</td>
                <td class="mono" title={file.sha256}>{file.sha256.slice(0, 12)}…</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {files.length > FILES_SHOWN && <p class="quiet">and {format.count(files.length - FILES_SHOWN)} more</p>}
    </Card>
  );
}
