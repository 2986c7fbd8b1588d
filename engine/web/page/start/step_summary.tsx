/* Summary: the whole of it before it is started. */

import type { ComponentChildren } from "preact";
import { Facts } from "../components/basics";
import type { Check } from "./check";
import { PlanView } from "./plan_view";
import { useWizard } from "./wizard_context";

export function StepSummary({ check }: { check: Check }) {
  const { doc, shape } = useWizard();
  const pools = [...shape.job, "workerPoolSpecs"];
  const whats = { custom: "Custom job", tuning: "Hyperparameter tuning job", pipeline: `Training pipeline of a ${shape.isTuning ? "tuning job" : "custom job"}` };
  const facts: [string, ComponentChildren][] = [
    ["What", whats[shape.what]],
    ["Name", doc.text(["displayName"]) || "–"],
  ];
  if (shape.what === "pipeline") {
    facts.push(["Dataset", doc.text(["inputDataConfig", "datasetId"]) || "No managed dataset"]);
    facts.push(["Model", doc.text(["modelToUpload", "displayName"]) || (doc.has(["modelToUpload"]) ? "–" : "No model")]);
  }
  if (shape.isTuning) facts.push(["Parameters", String(doc.count([...shape.task, "studySpec", "parameters"]))]);
  facts.push(["Worker pools", String(doc.count(pools))]);
  return (
    <>
      <Facts of={facts} />
      {check.answer?.plan && (
        <>
          <h3>What {shape.isTuning ? "the first trial" : "the job"} would run</h3>
          <PlanView plan={check.answer.plan} />
        </>
      )}
    </>
  );
}
