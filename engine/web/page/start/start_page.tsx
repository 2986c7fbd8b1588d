/* Starting a training: the console's steps, the document beside them, and what the server says to it. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, type ApiError } from "../api";
import { Card, ErrorBox, Loading } from "../components/basics";
import { asApiError } from "../hooks";
import { go, href, useQuery } from "../route";
import { TrainingDocument } from "./document";
import { dropDraft, keepDraft, type Draft } from "./draft";
import { Editor } from "./editor";
import { beginning } from "./origin";
import { reshape, shapeOf, type Shelf } from "./shape";
import { StepCompute } from "./step_compute";
import { StepContainer } from "./step_container";
import { StepHyperparameters } from "./step_hyperparameters";
import { StepMethod } from "./step_method";
import { StepModel } from "./step_model";
import { StepPrediction } from "./step_prediction";
import { StepSummary } from "./step_summary";
import { isStep, STEPS, stepOf, type StepId } from "./steps";
import { TEMPLATES } from "./templates";
import { useCheck, type Checked } from "./use_check";
import { useFaultBook, WizardProvider, type Wizard } from "./wizard_context";

export function StartPage() {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    document.title = "New training – assay";
    beginning(new URLSearchParams(location.search)).then(setDraft, (cause) => setError(asApiError(cause)));
  }, []);
  return (
    <>
      <div class="page-head">
        <h1>New training</h1>
      </div>
      <ErrorBox error={error} />
      {draft ? <Start first={draft} /> : !error && <Loading />}
    </>
  );
}

function Start({ first }: { first: Draft }) {
  const [source, setSource] = useState(first.source);
  const [sourceDir, setSourceDir] = useState(first.sourceDir);
  const checked = useCheck(source, sourceDir);
  const faults = checked?.faults ?? [];
  const book = useFaultBook(useMemo(() => faults, [checked]));
  const shelf = useRef<Shelf>({});
  const doc = useMemo(() => TrainingDocument.read(source), [source]);
  /* While the text is no YAML, the form shows what it last was. */
  const last = useRef(doc);
  if (doc) last.current = doc;

  useEffect(() => keepDraft({ source, sourceDir }), [source, sourceDir]);

  const edit = (change: (changed: TrainingDocument) => void) =>
    setSource((old) => {
      const changed = TrainingDocument.read(old);
      if (!changed) return old;
      change(changed);
      return changed.toString();
    });
  const wizard: Wizard | null = last.current && {
    doc: last.current,
    shape: shapeOf(last.current),
    edit,
    reshape: (what, isTuning) => edit((changed) => reshape(changed, what, isTuning, shelf.current)),
    sourceDir,
    setSourceDir,
    faults: book,
  };
  return (
    <>
      <div class="row" role="group" aria-label="Begin with">
        <span class="quiet">Begin with</span>
        {TEMPLATES.map((template) => (
          <button type="button" class="small" title={template.help} onClick={() => setSource(template.source)}>{template.label}</button>
        ))}
      </div>
      <div class="columns is-wide">
        {wizard && (
          <WizardProvider value={wizard}>
            <Form checked={checked} isUnread={!doc} />
          </WizardProvider>
        )}
        <Editor source={source} faults={faults} isRead={doc !== null} onChange={setSource} />
      </div>
      <StartButton source={source} sourceDir={sourceDir} checked={checked} />
    </>
  );
}

const VIEWS: Record<Exclude<StepId, "summary">, () => JSX.Element> = {
  method: StepMethod,
  model: StepModel,
  container: StepContainer,
  hyperparameters: StepHyperparameters,
  compute: StepCompute,
  prediction: StepPrediction,
};

function Form({ checked, isUnread }: { checked: Checked | null; isUnread: boolean }) {
  const [word, setWord] = useQuery("step", STEPS[0].id);
  const current: StepId = isStep(word) ? word : STEPS[0].id;
  const at = STEPS.findIndex((step) => step.id === current);
  const wrong = new Map<StepId, number>();
  for (const fault of checked?.faults ?? []) wrong.set(stepOf(fault), (wrong.get(stepOf(fault)) ?? 0) + 1);
  const View = current === "summary" ? null : VIEWS[current];
  return (
    <Card>
      <ol class="steps">
        {STEPS.map((step) => (
          <li>
            <button type="button" class="small" aria-current={step.id === current ? "step" : undefined} aria-pressed={step.id === current} onClick={() => setWord(step.id)}>
              {step.label}
              {wrong.has(step.id) && <span class="badge tone-bad">{wrong.get(step.id)} to mend</span>}
            </button>
          </li>
        ))}
      </ol>
      <fieldset disabled={isUnread}>
        <legend>{STEPS[at].label}</legend>
        {View ? <View /> : <StepSummary checked={checked} />}
      </fieldset>
      <div class="row steps-foot">
        <button type="button" disabled={at === 0} onClick={() => setWord(STEPS[at - 1].id)}>Back</button>
        <button type="button" disabled={at === STEPS.length - 1} onClick={() => setWord(STEPS[at + 1].id)}>Continue</button>
      </div>
    </Card>
  );
}

interface Started {
  id: string;
  kind: string;
}

function StartButton({ source, sourceDir, checked }: { source: string; sourceDir: string; checked: Checked | null }) {
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isChecked = checked?.source === source && !checked.error && checked.faults.length === 0;
  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      const started = await api.post<Started>("/assay/v1/jobs", { source, sourceDir: sourceDir || "/" });
      dropDraft();
      go(href(started.kind === "TrainingPipeline" ? `/pipelines/${started.id}` : `/jobs/${started.id}`));
    } catch (cause) {
      setError(asApiError(cause));
      setBusy(false);
    }
  };
  return (
    <Card>
      <ErrorBox error={error} />
      <div class="row">
        <button type="button" class="is-primary" disabled={!isChecked || isBusy} onClick={start}>Start training</button>
        <span class="quiet" role="status">
          {checked?.faults.length ? `${checked.faults.length} to mend first` : isChecked ? "Nothing is wrong with it" : "The server looks at it …"}
        </span>
      </div>
    </Card>
  );
}
