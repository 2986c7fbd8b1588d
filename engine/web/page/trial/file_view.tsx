/* One file, as text or as a picture. Nothing of a trial's is ever opened as a document. */

import { useEffect, useState } from "preact/hooks";
import { api, word, type ApiError } from "../api";
import { Card, ErrorBox, Loading } from "../components/basics";
import * as format from "../format";
import { asApiError } from "../hooks";
import type { OutputFile } from "./files";

const VIEWED_MAX = 4 * 1024 * 1024; // bytes: what one answer has
const SHOWN_MAX = 400_000; // characters
const PICTURES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", bmp: "image/bmp" };
const BINARIES = /\.(joblib|pkl|pickle|pt|pth|bin|npy|npz|h5|onnx|safetensors|gz|zip|tar|xz|zst|so|ckpt|parquet|tflite|pb)$/i;

/* null: it is not for looking at. */
export function viewOf(file: OutputFile): "text" | "picture" | null {
  if (Number(file.size) > VIEWED_MAX || Number(file.size) === 0) return null;
  const ending = file.path.slice(file.path.lastIndexOf(".") + 1).toLowerCase();
  return PICTURES[ending] ? "picture" : BINARIES.test(file.path) ? null : "text";
}

export const filePath = (trial: string, file: OutputFile, offset = 0) => `${trial}/files:read?path=${word(file.path)}&offset=${offset}`;

export function FileView({ trial, file, onClose }: { trial: string; file: OutputFile; onClose: () => void }) {
  const [bytes, setBytes] = useState<Uint8Array | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    api.bytes(filePath(trial, file), aborter.signal).then(setBytes, (cause) => !aborter.signal.aborted && setError(asApiError(cause)));
    return () => aborter.abort();
  }, []);
  return (
    <Card title={file.path} tools={<button type="button" class="small" onClick={onClose}>Close</button>}>
      <ErrorBox error={error} />
      {!bytes && !error && <Loading />}
      {bytes && (viewOf(file) === "picture" ? <Picture file={file} bytes={bytes} /> : <Text file={file} bytes={bytes} />)}
    </Card>
  );
}

function Picture({ file, bytes }: { file: OutputFile; bytes: Uint8Array }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const ending = file.path.slice(file.path.lastIndexOf(".") + 1).toLowerCase();
    const made = URL.createObjectURL(new Blob([bytes as BlobPart], { type: PICTURES[ending] }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url ? <img class="artifact" src={url} alt={`Picture ${file.path}`} /> : null;
}

function Text({ file, bytes }: { file: OutputFile; bytes: Uint8Array }) {
  if (bytes.subarray(0, 8192).includes(0)) return <p class="quiet">This is no text. Download it to look at it.</p>;
  const text = format.withoutControls(new TextDecoder().decode(bytes));
  return (
    <>
      <pre class="artifact is-wrapped" tabIndex={0} aria-label={`Text of ${file.path}`}>{text.slice(0, SHOWN_MAX)}</pre>
      {text.length > SHOWN_MAX && <p class="quiet">The first {format.count(SHOWN_MAX)} of {format.count(text.length)} characters. Download it for the rest.</p>}
    </>
  );
}
