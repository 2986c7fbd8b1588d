/* The log as a file, as it is up to now. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { download } from "../components/basics";
import { say } from "../components/toast";
import * as format from "../format";
import { asApiError } from "../hooks";
import { logPath, type LogId } from "./use_log";

export function LogDownload({ id, size }: { id: LogId; size: number }) {
  const [done, setDone] = useState<number | null>(null);
  const aborter = useRef<AbortController | null>(null);
  useEffect(() => () => aborter.current?.abort(), []);

  const save = async () => {
    const mine = new AbortController();
    aborter.current = mine;
    setDone(0);
    try {
      download(`${id.job}-trial-${id.trial}-${id.replica}-${id.attempt}.${id.stream}.txt`, await read(id, size, mine.signal, setDone));
    } catch (error) {
      if (!mine.signal.aborted) say(asApiError(error).message, "bad");
    }
    mine.abort();
    setDone(null);
  };
  if (done !== null)
    return (
      <button type="button" class="small" onClick={() => aborter.current?.abort()}>
        {format.bytes(done)} of {format.bytes(size)}, stop
      </button>
    );
  return (
    <button type="button" class="small" disabled={size === 0} onClick={save}>
      Download{size > 0 && ` (${format.bytes(size)})`}
    </button>
  );
}

const SHOWN_BYTES = 1_000_000; // between two words of how far it is

/* Of a trial that runs the stream goes on: what it will write later is not waited for. */
async function read(id: LogId, size: number, signal: AbortSignal, tell: (bytes: number) => void): Promise<Blob> {
  const response = await api.stream(logPath(id, "logs", { follow: "true", offset: 0 }), signal);
  const reader = response.body!.getReader();
  const parts: BlobPart[] = [];
  let told = 0;
  let count = 0;
  while (count < size) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    count += value.length;
    if (count - told < SHOWN_BYTES) continue;
    told = count;
    tell(count);
  }
  await reader.cancel();
  return new Blob(parts, { type: "text/plain;charset=utf-8" });
}
