/* The wizard: steps at the left, their form, and the document beside it. Both are one text; the server judges it. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { api, type ApiError } from "../api";
import { ErrorBox } from "../components/basics";
import { Menu, Deed } from "../components/menu";
import { asApiError } from "../hooks";
import { go, href, useQuery } from "../route";
import { useCheck, type Check } from "./check";
import { DocumentEditor } from "./document_editor";
import { TrainingDocument } from "./document";
import { saveDraft, type Draft } from "./draft";
import { Findings } from "./findings";
import { reshape, shapeOf } from "./shape";
import { StepCompute } from "./step_compute";
import { StepContainer } from "./step_container";
import { StepHyperparameters } from "./step_hyperparameters";
import { StepMethod } from "./step_method";
import { StepModel } from "./step_model";
import { StepPrediction } from "./step_prediction";
import { StepSummary } from "./step_summary";
import { StepsNav } from "./steps_nav";
import { isStep, STEPS, type StepId } from "./steps";
import { TEMPLATES, type Template } from "./templates";
import { useFaultBook, WizardProvider, type Wizard } from "./wizard_context";

interface WizardProps {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  onFile: (file: File) => void;
  onTemplate: (template: Template) => void;
  onEmpty: () => void;
}

/* A job's or a pipeline's own page. */
async function start(draft: Draft): Promise<string> {
  const made = await api.post<{ id: string; kind: string }>("/assay/v1/jobs", { source: draft.source, sourceDir: draft.sourceDir || "/" });
  return href(`/${made.kind === "TrainingPipeline" ? "pipelines" : "jobs"}/${made.id}`);
}

export function WizardView({ draft, onDraft, onFile, onTemplate, onEmpty }: WizardProps) {
  const [named, setStep] = useQuery("step", "method");
  const step: StepId = isStep(named) ? named : "method";
  const check = useCheck(draft.source, draft.sourceDir);
  const faults = useMemo(() => check.answer?.faults ?? [], [check.answer]);
  const book = useFaultBook(faults, step);
  const marks = useMemo(() => faults.filter(({ line }) => line).map(({ line, message }) => ({ line: line!, message })), [faults]);
  const [shownLine, setShownLine] = useState<{ line: number } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isStarting, setStarting] = useState(false);

  /* While the text cannot be read the form shows what it was before. */
  const read = useMemo(() => TrainingDocument.read(draft.source), [draft.source]);
  const [lastRead, setLastRead] = useState(read);
  useEffect(() => {
    if (read) setLastRead(read);
  }, [read]);
  const doc = read ?? lastRead;

  const edit = (change: (doc: TrainingDocument) => void) => {
    const changed = TrainingDocument.read(draft.source);
    if (!changed) return;
    change(changed);
    onDraft({ ...draft, source: changed.toString() });
  };
  const wizard: Wizard | null = doc && {
    doc,
    shape: shapeOf(doc),
    edit,
    reshape: (what, isTuning) => {
      const shelf = structuredClone(draft.shelf);
      const changed = TrainingDocument.read(draft.source);
      if (!changed) return;
      reshape(changed, what, isTuning, shelf);
      onDraft({ ...draft, source: changed.toString(), shelf });
    },
    sourceDir: draft.sourceDir,
    setSourceDir: (sourceDir) => onDraft({ ...draft, sourceDir }),
    faults: book,
  };
  const begin = async () => {
    setStarting(true);
    setError(null);
    try {
      const address = await start(draft);
      saveDraft(null);
      go(address);
    } catch (cause) {
      setError(asApiError(cause));
      setStarting(false);
    }
  };
  const isReady = check.isCurrent && check.answer?.faultCount === 0 && !isStarting;

  return (
    <>
      <div class="page-head">
        <h1>New training</h1>
        <div class="tools">
          <Menu label="Begin anew">
            {TEMPLATES.map((template) => <Deed key={template.id} label={template.label} onDo={() => onTemplate(template)} />)}
            <Deed label="With nothing" onDo={onEmpty} />
          </Menu>
          <button type="button" class="is-primary" disabled={!isReady} title={isReady ? undefined : whyNotStart(check)} onClick={() => void begin()}>
            {isStarting ? "Starting …" : "Start training"}
          </button>
        </div>
      </div>
      <ErrorBox error={error} />
      <div class="wizard">
        <StepsNav current={step} faults={faults} onStep={setStep} />
        <section class="card wizard-form" aria-label={STEPS.find(({ id }) => id === step)!.label}>
          <h2>{STEPS.find(({ id }) => id === step)!.label}</h2>
          {!read && <p class="error-box">The document cannot be read as it stands; mend it in the editor to go on here.</p>}
          {wizard && (
            <WizardProvider value={wizard}>
              <fieldset class="is-plain wizard-fields" disabled={!read}>
                <Step step={step} check={check} />
              </fieldset>
            </WizardProvider>
          )}
          <Continue step={step} onStep={setStep} isReady={isReady} onStart={() => void begin()} />
        </section>
        <div class="wizard-side">
          <DocumentEditor
            source={draft.source} marks={marks} shownLine={shownLine} name={doc?.text(["displayName"]) ?? ""}
            onChange={(source) => onDraft({ ...draft, source })} onFile={onFile}
          />
          <Findings check={check} onLine={(line) => setShownLine({ line })} onStep={setStep} />
        </div>
      </div>
    </>
  );
}

function whyNotStart(check: Check): string {
  if (check.error) return check.error.message;
  return check.isCurrent && check.answer?.faultCount ? "The document has faults." : "The document is being checked.";
}

function Step({ step, check }: { step: StepId; check: Check }) {
  switch (step) {
    case "method": return <StepMethod />;
    case "model": return <StepModel />;
    case "container": return <StepContainer />;
    case "hyperparameters": return <StepHyperparameters />;
    case "compute": return <StepCompute />;
    case "prediction": return <StepPrediction />;
    case "summary": return <StepSummary check={check} />;
  }
}

function Continue({ step, onStep, isReady, onStart }: { step: StepId; onStep: (step: StepId) => void; isReady: boolean; onStart: () => void }) {
  const at = STEPS.findIndex(({ id }) => id === step);
  const next = STEPS[at + 1];
  return (
    <div class="row wizard-foot">
      {at > 0 && <button type="button" onClick={() => onStep(STEPS[at - 1].id)}>Back</button>}
      {next ? (
        <button type="button" class="is-primary" onClick={() => onStep(next.id)}>Continue</button>
      ) : (
        <button type="button" class="is-primary" disabled={!isReady} onClick={onStart}>Start training</button>
      )}
    </div>
  );
}
