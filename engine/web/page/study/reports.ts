/* Measurements as they are told, and learning curves that go on with them: a page that is looked at while
 * trials report asks for nothing. */

import { useMemo } from "preact/hooks";
import type { MeasurementEvent, Trial } from "../types";
import type { Curve, Curves } from "./plots/plot_types";
import type { StudyView } from "./study_view";
import { usePlot, type PlotData } from "./use_plot";

export interface Report {
  trial: number;
  step: number | null;
  elapsed: number | null; // seconds since the trial's start
  values: Record<string, number>;
}

export interface Reports {
  newest: Report[];
  begins: number; // rises when a trial is created, starts, or starts again
  attempts: Map<string, number>; // of trials, by id
}

export const noReports = (): Reports => ({ newest: [], begins: 0, attempts: new Map() });

/* A trial that has not ended is told of. What an attempt reported that was lost does not count any more. */
export function begun({ newest, begins, attempts }: Reports, { trial, attempt }: Trial): Reports {
  const isAgain = attempts.has(trial.id) && attempts.get(trial.id) !== attempt;
  attempts.set(trial.id, attempt);
  return { newest: isAgain ? newest.filter((report) => report.trial !== Number(trial.id)) : newest, begins: begins + 1, attempts };
}

export function reportOf({ trialId, measurement }: MeasurementEvent): Report {
  return {
    trial: Number(trialId),
    step: measurement.stepCount === undefined ? null : Number(measurement.stepCount),
    elapsed: measurement.elapsedDuration === undefined ? null : Number.parseFloat(measurement.elapsedDuration),
    values: Object.fromEntries((measurement.metrics ?? []).map(({ metricId, value }) => [metricId, value])),
  };
}

/* Not one that the server had counted in. */
function isAfter(report: Report, curve: Curve): boolean {
  const last = curve.value.length - 1;
  if (last < 0) return true;
  const [step, elapsed] = [curve.step[last], curve.elapsed[last]];
  if (report.step !== null && step !== null) return report.step > step;
  return report.elapsed !== null && elapsed !== null && report.elapsed > elapsed;
}

function prolonged(curve: Curve, reports: Report[], metricId: string): Curve {
  const longer = { ...curve, step: [...curve.step], elapsed: [...curve.elapsed], value: [...curve.value] };
  for (const report of reports) {
    if (!(metricId in report.values) || !isAfter(report, longer)) continue;
    longer.step.push(report.step);
    longer.elapsed.push(report.elapsed);
    longer.value.push(report.values[metricId]);
  }
  return longer;
}

export function withReports(data: Curves, reports: Report[]): Curves {
  const byTrial = new Map<number, Report[]>();
  for (const report of reports) {
    if (!byTrial.has(report.trial)) byTrial.set(report.trial, []);
    byTrial.get(report.trial)!.push(report);
  }
  const curves = data.curves.map((curve) => {
    const told = byTrial.get(curve.trial);
    return told ? prolonged(curve, told, data.metricId) : curve;
  });
  return { ...data, curves };
}

/* The server is asked anew when a trial begins, reports for the first time, or ends. */
export function useCurves(view: StudyView, isWanted: boolean, restMs: number): PlotData<Curves> {
  const { newest, begins } = view.reports;
  const reporters = useMemo(() => new Set(newest.map((report) => report.trial)).size, [newest]);
  const asked = usePlot<Curves>(isWanted ? view.plot("curves") : null, view.fresh + begins + reporters, restMs);
  const data = useMemo(() => asked.data && withReports(asked.data, newest), [asked.data, newest]);
  return { ...asked, data };
}
