/* The steps by their names; those with faults say how many. */

import type { Fault } from "../api";
import { href, Link } from "../route";
import { STEPS, stepOf, type StepId } from "./steps";

export function StepsNav({ current, faults, onStep }: { current: StepId; faults: Fault[]; onStep: (step: StepId) => void }) {
  const follow = (event: MouseEvent, id: StepId) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onStep(id);
  };
  return (
    <nav class="steps" aria-label="Steps">
      <ol>
        {STEPS.map(({ id, label }, i) => {
          const count = faults.filter((fault) => stepOf(fault) === id).length;
          const query = new URLSearchParams(location.search);
          query.set("step", id);
          return (
            <li key={id} onClickCapture={(event) => follow(event, id)}>
              <Link to={href("/start", Object.fromEntries(query))} class={id === current ? "is-current" : ""} aria-current={id === current ? "page" : undefined}>
                <span class="step-number" aria-hidden="true">{i + 1}</span>
                <span class="step-label">{label}</span>
                {count > 0 && <span class="step-faults">{count}<span class="sr-only">{count === 1 ? " fault" : " faults"}</span></span>}
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
