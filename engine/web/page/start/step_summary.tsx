/* Summary: what would run, by the server's own plan. */

import { ErrorBox, Facts } from "../components/basics";
import type { Checked } from "./use_check";

export function StepSummary({ checked }: { checked: Checked | null }) {
  const plan = checked?.plan;
  if (checked?.error) return <ErrorBox error={checked.error} />;
  if (!plan)
    return <p class="quiet">{checked?.faults.length ? "What would run is shown here once nothing is wrong any more." : "The server looks at the document …"}</p>;
  return (
    <>
      <Facts
        of={[
          ["Trials", plan.maxTrialCount ?? 1],
          ["At the same time", plan.parallelTrialCount ?? 1],
          ["Algorithm", plan.algorithm ?? "–"],
          ["Stops trials by", plan.stopping ?? "–"],
          ["Runs on", plan.launcher ?? "–"],
        ]}
      />
      {plan.argv && (
        <>
          <h3>The first trial runs</h3>
          <pre tabIndex={0} aria-label="Command line">{plan.argv.join(" ")}</pre>
        </>
      )}
      {plan.environment && (
        <details>
          <summary>Environment</summary>
          <pre tabIndex={0} aria-label="Environment">{plan.environment.join("\n")}</pre>
        </details>
      )}
      {checked.notes.map((note) => (
        <p class="note-box">{note}</p>
      ))}
    </>
  );
}
