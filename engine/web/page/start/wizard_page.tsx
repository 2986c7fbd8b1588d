/* Where the document comes from: a draft, a template, a file, or what was run before. */

import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../api";
import { ErrorBox, Loading } from "../components/basics";
import { say } from "../components/toast";
import { asApiError } from "../hooks";
import { go, href, usePlace } from "../route";
import { Beginning } from "./beginning";
import { cloneJob, clonePipeline, cloneTrial, type Origin } from "./clone";
import { DropArea } from "./drop_area";
import { loadDraft, saveDraft, type Draft } from "./draft";
import type { Template } from "./templates";
import { WizardView } from "./wizard";

const FILE_MAX = 8_000_000;

function originOf(query: URLSearchParams): { key: string; load: () => Promise<Origin> } | null {
  const job = query.get("from");
  const trial = query.get("trial");
  const pipeline = query.get("pipeline");
  if (pipeline) return { key: `pipeline ${pipeline}`, load: () => clonePipeline(pipeline) };
  if (job && trial) return { key: `job ${job} trial ${trial}`, load: () => cloneTrial(job, trial) };
  return job ? { key: `job ${job}`, load: () => cloneJob(job) } : null;
}

export function WizardPage() {
  const { query } = usePlace();
  const origin = originOf(query);
  const [draft, setDraft] = useState<Draft | null>(() => {
    const kept = loadDraft();
    return kept && (!origin || kept.from === origin.key) ? kept : null;
  });
  const [error, setError] = useState<ApiError | null>(null);

  useEffect(() => {
    document.title = "New training · assay";
  }, []);
  const set = (next: Draft) => {
    setDraft(next);
    saveDraft(next);
  };
  const begin = (given: Partial<Draft>) => set({ source: "", sourceDir: draft?.sourceDir ?? "", shelf: {}, from: "", ...given });

  const key = origin?.key ?? "";
  useEffect(() => {
    if (!origin || draft?.from === key) return;
    let isOver = false;
    setError(null);
    origin.load().then(
      ({ source, sourceDir }) => !isOver && begin({ source, sourceDir, from: key }),
      (cause) => !isOver && setError(asApiError(cause)),
    );
    return () => {
      isOver = true;
    };
  }, [key]);

  const leaveOrigin = () => go(href("/start"), "replace");
  const onTemplate = (template: Template) => {
    leaveOrigin();
    begin({ source: template.source });
  };
  const onEmpty = () => {
    leaveOrigin();
    saveDraft(null);
    setDraft(null);
  };
  const onFile = async (file: File) => {
    if (file.size > FILE_MAX) return say("This file is too large for a document.", "bad");
    const source = await file.text();
    leaveOrigin();
    begin({ source });
  };

  if (error)
    return (
      <>
        <div class="page-head"><h1>New training</h1></div>
        <ErrorBox error={error} />
        <Beginning onTemplate={onTemplate} onFile={(file) => void onFile(file)} />
      </>
    );
  if (origin && draft?.from !== key) return <Loading what="Loading what was run" />;
  return (
    <DropArea onFile={(file) => void onFile(file)}>
      {draft
        ? <WizardView draft={draft} onDraft={set} onFile={(file) => void onFile(file)} onTemplate={onTemplate} onEmpty={onEmpty} />
        : <Beginning onTemplate={onTemplate} onFile={(file) => void onFile(file)} />}
    </DropArea>
  );
}
