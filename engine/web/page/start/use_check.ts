/* What the server finds wrong with a document while it is typed, and what it would run. */

import { useEffect, useState } from "preact/hooks";
import { api, type ApiError, type Fault } from "../api";
import { asApiError, useSettled } from "../hooks";

const STILL_MS = 250;

export interface Plan {
  argv?: string[];
  environment?: string[];
  launcher?: string;
  maxTrialCount?: number;
  parallelTrialCount?: number;
  algorithm?: string;
  stopping?: string;
  outputDir?: string;
}

export interface Checked {
  source: string; // what was checked
  faults: Fault[];
  notes: string[];
  plan?: Plan;
  error: ApiError | null; // it could not be checked
}

interface Answer {
  faults?: Fault[];
  notes?: string[];
  plan?: Plan;
}

export function useCheck(source: string, sourceDir: string): Checked | null {
  const settled = useSettled(source, STILL_MS);
  const dir = useSettled(sourceDir, STILL_MS);
  const [checked, setChecked] = useState<Checked | null>(null);

  useEffect(() => {
    let isOld = false;
    api.post<Answer>("/assay/v1/jobs:check", { source: settled, sourceDir: dir || "/" }).then(
      (answer) => {
        if (!isOld)
          setChecked({ source: settled, faults: answer.faults ?? [], notes: answer.notes ?? [], plan: answer.plan, error: null });
      },
      (cause) => {
        if (!isOld) setChecked({ source: settled, faults: [], notes: [], error: asApiError(cause) });
      },
    );
    return () => {
      isOld = true;
    };
  }, [settled, dir]);
  return checked;
}
