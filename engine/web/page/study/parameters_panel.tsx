/* How the parameters hang together with the objective: of the page and of a report, which get the
 * models' answers from the server and from the file. */

import { useMemo } from "preact/hooks";
import * as format from "../format";
import { ParallelPlot, type Brush } from "./plots/parallel_plot";
import { ContourPlot } from "./plots/contour_plot";
import { SlicePlot } from "./plots/slice_plot";
import type { Contour, Goal, Sample, Slice } from "./plots/plot_types";
import { Choice, Chooser } from "./plots/scale_toggle";
import type { TrialLookup } from "./plots/trial_lookup";
import { useWord } from "./plots/words";
import { PlotSlot } from "./plot_slot";
import { useChosenTrials } from "./table/chosen_trials";
import { TrialsCompare } from "./table/trials_compare";
import type { PlotData } from "./use_plot";

const FIRST_AXES = 8;

/* lr:0.1:0.5;lr:0.8:0.9 of an address, with names that may have anything in them. */
function brushOf(word: string): Brush {
  const brush: Brush = {};
  for (const part of word.split(";").filter(Boolean)) {
    const [id, from, to] = part.split(":");
    const range: [number, number] = [Number(from), Number(to)];
    if (range.every(Number.isFinite)) (brush[decodeURIComponent(id)] ??= []).push(range);
  }
  return brush;
}

const brushWord = (brush: Brush) =>
  Object.entries(brush)
    .flatMap(([id, ranges]) => ranges.map((range) => `${encodeURIComponent(id)}:${range.join(":")}`))
    .join(";");

interface ParallelPanelProps {
  name: string;
  job: string | null;
  sample: Sample;
  metricId: string;
  goal: Goal;
  parameterIds: string[]; // what decides most, first
  lookup: TrialLookup;
}

/* The best first, as far as an address goes. */
function byValue(trials: number[], sample: Sample, metricId: string, goal: Goal): number[] {
  const valueOf = new Map(sample.trial.map((trial, row) => [trial, sample.metricValues[metricId]?.[row] ?? NaN]));
  const sign = goal === "MINIMIZE" ? 1 : -1;
  return [...trials].sort((a, b) => sign * (valueOf.get(a)! - valueOf.get(b)!));
}

export function ParallelPanel({ name, job, sample, metricId, goal, parameterIds, lookup }: ParallelPanelProps) {
  const [axesWord, setAxes] = useWord("axes");
  const [brushText, setBrush] = useWord("brush");
  const [chosen, setChosen] = useChosenTrials();
  const usual = parameterIds.slice(0, FIRST_AXES);
  const shown = axesWord ? axesWord.split("~").filter((id) => parameterIds.includes(id)) : usual;
  const brush = useMemo(() => brushOf(brushText), [brushText]);
  const show = (id: string, isShown: boolean) => {
    const next = parameterIds.filter((each) => (each === id ? isShown : shown.includes(each)));
    setAxes(next.join() === usual.join() ? "" : next.join("~"));
  };
  const brushed = (next: Brush, trials: number[]) => {
    setBrush(brushWord(next));
    setChosen(byValue(trials, sample, metricId, goal));
  };
  const clear = () => brushed({}, []);
  return (
    <>
      <ParallelPlot
        name={name}
        data={sample}
        metricId={metricId}
        goal={goal}
        parameterIds={shown}
        lookup={lookup}
        brush={brush}
        onBrush={brushed}
        note={chosen.length > 0 ? `. ${format.count(chosen.length)} chosen` : ""}
        tools={
          <>
            {brushText && (
              <button type="button" class="small" onClick={clear}>
                Choose none
              </button>
            )}
            {parameterIds.length > 2 && (
              <Chooser label={`Axes (${shown.length} of ${parameterIds.length})`}>
                {parameterIds.map((id) => (
                  <label class="is-inline">
                    <input type="checkbox" checked={shown.includes(id)} onChange={(event) => show(id, event.currentTarget.checked)} />
                    <span class="text">{id}</span>
                  </label>
                ))}
              </Chooser>
            )}
          </>
        }
      />
      <TrialsCompare job={job} trials={chosen} lookup={lookup} onClear={clear} />
    </>
  );
}

interface SlicePanelProps {
  name: string;
  sample: Sample;
  goal: Goal;
  lookup: TrialLookup;
  parameterIds: string[];
  x: string;
  setX: (id: string) => void;
  of: PlotData<Slice>;
}

export function SlicePanel({ name, sample, goal, lookup, parameterIds, x, setX, of }: SlicePanelProps) {
  const choice = <Choice label="Parameter" value={x} options={parameterIds.map((id) => ({ value: id, label: id }))} onChange={setX} />;
  return (
    <PlotSlot
      title="Slice"
      of={of}
      tools={choice}
      isEmpty={(data) => data.x.length === 0}
      show={(data) => <SlicePlot name={name} data={data} sample={sample} goal={goal} lookup={lookup} tools={choice} />}
    />
  );
}

interface ContourPanelProps {
  name: string;
  sample: Sample;
  goal: Goal;
  lookup: TrialLookup;
  choices: { label: string; value: string; options: string[]; onChange: (id: string) => void }[];
  of: PlotData<Contour>;
}

export function ContourPanel({ name, sample, goal, lookup, choices, of }: ContourPanelProps) {
  const tools = choices.map((choice) => (
    <Choice label={choice.label} value={choice.value} options={choice.options.map((id) => ({ value: id, label: id }))} onChange={choice.onChange} />
  ));
  return (
    <PlotSlot
      title="Contour"
      of={of}
      tools={tools}
      isEmpty={(data) => data.mean.length === 0}
      show={(data) => <ContourPlot name={name} data={data} sample={sample} goal={goal} lookup={lookup} tools={tools} />}
    />
  );
}
