/* What the server found: each fault with its line and its field, and what is worth knowing. */

import type { Fault } from "../api";
import { ErrorBox } from "../components/basics";
import type { Check } from "./check";
import { STEPS, stepOf, type StepId } from "./steps";

interface FindingsProps {
  check: Check;
  onLine: (line: number) => void;
  onStep: (step: StepId) => void;
}

export function Findings({ check, onLine, onStep }: FindingsProps) {
  const { answer, error } = check;
  if (error) return <ErrorBox error={error} />;
  const faults = answer?.faults ?? [];
  const left = (answer?.faultCount ?? 0) - faults.length;
  return (
    <section class="card" aria-label="What the server found">
      <p role="status" class={`findings-head ${faults.length ? "is-bad" : ""}`}>{headline(check)}</p>
      {faults.length > 0 && (
        <ul class="findings">
          {faults.map((fault) => <FaultItem fault={fault} onLine={onLine} onStep={onStep} />)}
        </ul>
      )}
      {left > 0 && <p class="quiet">And {left} more.</p>}
      {answer?.notes.map((note) => <p class="note-box">{note}</p>)}
    </section>
  );
}

function headline({ answer, isCurrent }: Check): string {
  if (!answer) return "Being checked …";
  const still = isCurrent ? "" : " (being checked again …)";
  if (answer.faultCount === 0) return `✓ Nothing is wrong with it${still}`;
  return (answer.faultCount === 1 ? "One fault" : `${answer.faultCount} faults`) + still;
}

function FaultItem({ fault, onLine, onStep }: { fault: Fault } & Omit<FindingsProps, "check">) {
  const step = stepOf(fault);
  return (
    <li>
      <div class="row is-tight">
        {fault.line ? <button type="button" class="small" onClick={() => onLine(fault.line!)}>Line {fault.line}</button> : null}
        {step !== "summary" && <button type="button" class="small" onClick={() => onStep(step)}>{STEPS.find(({ id }) => id === step)!.label}</button>}
        {fault.field && <code>{fault.field}</code>}
      </div>
      <span class="fault-text">{fault.message}</span>
    </li>
  );
}
