/* What stands in a report: answers of the server, by what stood behind the job in their paths. */

import { withoutControls } from "../format";
import type { Job, Trial, TrialsWindow } from "../types";
import type { JobDocument } from "./document_tab";
import type { Contour, Curves, Edf, History, Importance, Pareto, Sample, Slice, Timeline } from "./plots/plot_types";

export interface ReportFile {
  version: string; // of the program that wrote it
  job: string;
  answers: Record<string, unknown>;
}

export interface ReportData {
  version: string;
  job: Job;
  metricId: string; // "": the job has none
  document?: JobDocument;
  history?: History;
  sample?: Sample;
  importance?: Importance;
  pareto?: Pareto;
  curves?: Curves;
  timeline?: Timeline;
  edf?: Edf;
  slices: Slice[];
  contours: Contour[];
  best: Trial[]; // of the metric, or the front of several
  trials: Trial[]; // the best first
  trialCount: number; // of the study; not all need be here
}

const isRefused = (answer: unknown) => typeof answer === "object" && answer !== null && "error" in answer;

/* As the program that wrote the report escapes what a path holds. */
const escaped = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

export function reportData(file: ReportFile, wanted: string): ReportData {
  const get = <T>(path: string) => (path in file.answers && !isRefused(file.answers[path]) ? (file.answers[path] as T) : undefined);
  const all = <T>(prefix: string) =>
    Object.keys(file.answers)
      .filter((path) => path.startsWith(prefix))
      .flatMap((path) => get<T>(path) ?? []);
  const job = get<Job>("")!;
  const metricId = metricsOf(file).includes(wanted) ? wanted : (job.objective?.metricId ?? "");
  const ofMetric = (kind: string) => `/plots/${kind}?metric=${escaped(metricId)}`;
  const byMetric = all<TrialsWindow>(`/trials:window?orderBy=metrics.${escaped(metricId)}`).flatMap((page) => page.trials);
  const pages = all<TrialsWindow>("/trials:window?orderBy=number");
  const trials = new Map([...byMetric, ...pages.flatMap((page) => page.trials)].map((item) => [item.trial.id, item]));
  const front = (job.objectives?.length ?? 0) > 1 ? get<{ optimalTrials: Trial[] }>("/optimalTrials")?.optimalTrials : undefined;
  return {
    version: withoutControls(file.version),
    job,
    metricId,
    document: get("/document"),
    history: get(ofMetric("history")),
    sample: get("/plots/sample"),
    importance: get(ofMetric("importance")),
    pareto: get("/plots/pareto"),
    curves: get(ofMetric("curves")),
    timeline: get("/plots/timeline"),
    edf: get(ofMetric("edf")),
    slices: all<Slice>("/plots/slice?").filter((answer) => answer.metricId === metricId),
    contours: all<Contour>("/plots/contour?").filter((answer) => answer.metricId === metricId),
    best: front ?? byMetric.filter((item) => item.trial.state === "SUCCEEDED"),
    trials: [...trials.values()],
    trialCount: pages[0]?.count ?? trials.size,
  };
}

/* Those that the report has a history of. */
export function metricsOf(file: ReportFile): string[] {
  const job = file.answers[""] as Job;
  return (job.metricIds ?? []).filter((id) => `/plots/history?metric=${escaped(id)}` in file.answers);
}
