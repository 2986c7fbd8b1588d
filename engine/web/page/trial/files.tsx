/* What the trial left in its output folder: to look at where that is safe, and to take along. */

import { trialPath } from "../api";
import { Card, Empty, ErrorBox, Loading, Time } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { useQuery } from "../route";
import type { Job, Trial } from "../types";
import { FileDownload } from "./file_download";
import { FileView, viewOf } from "./file_view";

export interface OutputFile {
  path: string;
  size: string;
  modifyTime: string;
}

export function Files({ job, item }: { job: Job; item: Trial }) {
  const [shown, setShown] = useQuery("file");
  const path = trialPath(job.id, item.trial.id);
  const { data, error } = useResource<{ files: OutputFile[]; isCut: boolean }>(`${path}/files`, item.endOrder > 0 ? 0 : 5000, item.endOrder);
  const file = data?.files.find((one) => one.path === shown);
  return (
    <>
      <Card title="Artifacts" tools={data && <span class="quiet">{format.count(data.files.length)}{data.isCut && " and more"} {data.files.length === 1 ? "file" : "files"}</span>}>
        <ErrorBox error={error} />
        {!data && !error && <Loading />}
        {data?.files.length === 0 && (
          <Empty>
            {item.endOrder > 0 ? "It left no files." : "There are no files yet."} What a trial writes to the folder <code>$AIP_MODEL_DIR</code> is kept.
          </Empty>
        )}
        {data && data.files.length > 0 && (
          <div class="table-box" tabIndex={0} role="region" aria-label="Files">
            <table>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col" class="num">Size</th>
                  <th scope="col">Written</th>
                  <th scope="col"><span class="sr-only">Deeds</span></th>
                </tr>
              </thead>
              <tbody>
                {data.files.map((one) => (
                  <tr key={one.path} class={one.path === shown ? "is-chosen" : ""}>
                    <td class="mono">{format.withoutControls(one.path)}</td>
                    <td class="num nowrap" title={one.size}>{format.bytes(one.size)}</td>
                    <td class="nowrap"><Time at={one.modifyTime} /></td>
                    <td>
                      <div class="tools">
                        {viewOf(one) && (
                          <button type="button" class="small" aria-pressed={one.path === shown} aria-label={`View ${one.path}`} onClick={() => setShown(one.path === shown ? "" : one.path)}>
                            View
                          </button>
                        )}
                        <FileDownload trial={path} file={one} />
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      {file && <FileView key={`${file.path} ${file.modifyTime}`} trial={path} file={file} onClose={() => setShown("")} />}
    </>
  );
}
