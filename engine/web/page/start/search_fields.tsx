/* How points are chosen, and when a trial is given up. */

import { CheckField, SelectField, TextField } from "./fields";
import type { Path, TrainingDocument } from "./document";
import { useWizard } from "./wizard_context";

/* The service's own are in studySpec, ours in the block that the cloud does not see. */
const SERVICE_ALGORITHMS = ["GRID_SEARCH", "RANDOM_SEARCH"];
const ALGORITHMS = [
  { value: "", label: "Default: a Gaussian process" },
  { value: "GRID_SEARCH", label: "Grid search" },
  { value: "RANDOM_SEARCH", label: "Random search" },
  { value: "tpe", label: "Tree-structured Parzen estimator (TPE)" },
  { value: "cmaes", label: "CMA-ES" },
  { value: "nsga2", label: "NSGA-II, for several metrics" },
  { value: "sobol", label: "Sobol sequence" },
];
const OURS: Path = ["assay", "algorithm"];

function algorithmOf(doc: TrainingDocument, study: Path): string {
  const ours = doc.text(OURS);
  if (ours) return ours === "default" ? "" : ours === "random" ? "RANDOM_SEARCH" : ours === "grid" ? "GRID_SEARCH" : ours;
  const named = doc.text([...study, "algorithm"]);
  return named === "ALGORITHM_UNSPECIFIED" ? "" : named;
}

const RULES = [
  { value: "", label: "None: every trial runs to its end" },
  { value: "medianAutomatedStoppingSpec", label: "Median" },
  { value: "decayCurveStoppingSpec", label: "Decay curve" },
  { value: "convexAutomatedStoppingSpec", label: "Convex" },
  { value: "asha", label: "Successive halving (ASHA)" },
];
const SERVICE_RULES = RULES.map(({ value }) => value).filter((value) => value.endsWith("Spec"));
const HALVING: Path = ["assay", "stopping"];

export function SearchFields({ study }: { study: Path }) {
  const { doc, edit } = useWizard();
  const pickAlgorithm = (picked: string) =>
    edit((changed) => {
      changed.remove(OURS);
      changed.remove([...study, "algorithm"]);
      if (picked) changed.setText(SERVICE_ALGORITHMS.includes(picked) ? [...study, "algorithm"] : OURS, picked);
    });
  const rule = SERVICE_RULES.find((name) => doc.has([...study, name])) ?? (doc.has(HALVING) ? "asha" : "");
  const pickRule = (picked: string) =>
    edit((changed) => {
      for (const name of SERVICE_RULES) changed.remove([...study, name]);
      changed.remove(HALVING);
      if (picked === "asha") changed.setText(HALVING, "asha");
      else if (picked) changed.setPlain([...study, picked], {});
    });
  const algorithmAt = doc.has(OURS) ? OURS : [...study, "algorithm"];
  return (
    <fieldset>
      <legend>Search</legend>
      <div class="field-row">
        <SelectField label="Algorithm" at={algorithmAt} value={algorithmOf(doc, study)} choices={ALGORITHMS} onPick={pickAlgorithm} />
        <TextField label="Seed" kind="number" at={["assay", "seed"]} placeholder="drawn" help="The same seed gives the same study." />
      </div>
      <SelectField label="Stopping rule" at={rule === "asha" ? HALVING : [...study, rule || "automatedStoppingSpec"]} value={rule} choices={RULES} onPick={pickRule} />
      {rule === "convexAutomatedStoppingSpec" && <ConvexFields at={[...study, rule]} />}
      {SERVICE_RULES.includes(rule) && <CheckField label="By elapsed time, not by steps" at={[...study, rule, "useElapsedDuration"]} />}
      <div class="field-row">
        <SelectField
          label="Observation noise" at={[...study, "observationNoise"]}
          choices={[{ value: "", label: "Default" }, { value: "LOW", label: "Low: no point twice" }, { value: "HIGH", label: "High: points may be measured again" }]}
        />
        <SelectField
          label="Measurement that counts" at={[...study, "measurementSelectionType"]}
          choices={[{ value: "", label: "Default: the last" }, { value: "LAST_MEASUREMENT", label: "The last" }, { value: "BEST_MEASUREMENT", label: "The best" }]}
        />
      </div>
    </fieldset>
  );
}

function ConvexFields({ at }: { at: Path }) {
  return (
    <div class="field-row">
      <TextField label="Steps of a whole trial" kind="number" at={[...at, "maxStepCount"]} />
      <TextField label="Not before step" kind="number" at={[...at, "minStepCount"]} />
      <TextField label="Not before measurement" kind="number" at={[...at, "minMeasurementCount"]} />
      <TextField label="Learning rate's parameter" at={[...at, "learningRateParameterName"]} />
    </div>
  );
}
