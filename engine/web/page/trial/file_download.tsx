/* A file of any size, read piece by piece. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { download } from "../components/basics";
import { say } from "../components/toast";
import { asApiError } from "../hooks";
import { filePath } from "./file_view";
import type { OutputFile } from "./files";

export function FileDownload({ trial, file }: { trial: string; file: OutputFile }) {
  const [part, setPart] = useState<number | null>(null); // 0 to 1, while it comes
  const aborter = useRef<AbortController | null>(null);
  useEffect(() => () => aborter.current?.abort(), []);

  const save = async () => {
    const mine = new AbortController();
    aborter.current = mine;
    const size = Number(file.size);
    const pieces: BlobPart[] = [];
    let count = 0;
    setPart(0);
    try {
      while (count < size) {
        const bytes = await api.bytes(filePath(trial, file, count), mine.signal);
        if (bytes.length === 0) break; // it has become shorter
        pieces.push(bytes as BlobPart);
        count += bytes.length;
        setPart(count / size);
      }
      download(file.path.slice(file.path.lastIndexOf("/") + 1), new Blob(pieces, { type: "application/octet-stream" }));
    } catch (error) {
      if (!mine.signal.aborted) say(asApiError(error).message, "bad");
    }
    setPart(null);
  };
  if (part !== null)
    return (
      <button type="button" class="small" onClick={() => aborter.current?.abort()}>
        {Math.round(part * 100)} %, stop
      </button>
    );
  return (
    <button type="button" class="small" aria-label={`Download ${file.path}`} onClick={save}>
      Download
    </button>
  );
}
