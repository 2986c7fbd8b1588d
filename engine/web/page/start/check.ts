/* What the server says of the document as it stands. */

import { useEffect, useState } from "preact/hooks";
import { api, type ApiError, type Fault } from "../api";
import { asApiError, useSettled } from "../hooks";

export interface Replica {
  name?: string;
  argv?: string[];
  environment?: string[];
  workDir?: string;
  image?: string;
  interpreter?: string;
  packages?: string[];
  mounts?: (string | { source: string; target: string })[];
  resources?: { cpus?: number; memoryBytes?: number; gpus?: number; gpuShare?: number };
}

export interface Plan extends Replica {
  maxTrialCount?: number;
  parallelTrialCount?: number;
  algorithm?: string;
  stopping?: string;
  seed?: string;
  launcher?: string;
  outputDir?: string;
  replicas?: Replica[];
}

interface Answer {
  faultCount: number;
  faults: Fault[];
  notes: string[];
  plan?: Plan;
}

export interface Check {
  answer: Answer | null; // of the newest text that was looked at
  error: ApiError | null; // it could not be looked at
  isCurrent: boolean; // the answer is of the text as it stands
}

const SETTLED_MS = 250;

/* What cannot be read at all names its line in its words only. */
function withLine(fault: Fault): Fault {
  const line = /^line (\d+)/.exec(fault.message)?.[1];
  return fault.line || !line ? fault : { ...fault, line: Number(line) };
}

export function useCheck(source: string, sourceDir: string): Check {
  const asked = useSettled(JSON.stringify({ source, sourceDir }), SETTLED_MS);
  const [told, setTold] = useState<{ of: string; answer: Answer | null; error: ApiError | null }>({ of: "", answer: null, error: null });
  useEffect(() => {
    let isOver = false;
    const body = JSON.parse(asked) as { source: string; sourceDir: string };
    body.sourceDir ||= "/";
    api.post<Answer>("/assay/v1/jobs:check", body).then(
      (answer) => !isOver && setTold({ of: asked, answer: { ...answer, faults: answer.faults.map(withLine) }, error: null }),
      (cause) => !isOver && setTold({ of: asked, answer: null, error: asApiError(cause) }),
    );
    return () => {
      isOver = true;
    };
  }, [asked]);
  return { answer: told.answer, error: told.error, isCurrent: told.of === JSON.stringify({ source, sourceDir }) };
}
