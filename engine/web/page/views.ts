/* Each address and its view; path words become the view's properties. */

import type { ComponentType } from "preact";
import { ComparePage } from "./jobs/compare_page";
import { JobsPage } from "./jobs/jobs_page";
import { OverviewPage } from "./overview/overview_page";
import { PipelinePage } from "./pipelines/pipeline_page";
import { PipelinesPage } from "./pipelines/pipelines_page";
import { StartPage } from "./start/start_page";
import { StudyPage } from "./study/study_page";
import { TrialPage } from "./trial/trial_page";

type View = ComponentType<any>;

export const views: [string, View][] = [
  ["/", OverviewPage],
  ["/start", StartPage],
  ["/jobs", JobsPage],
  ["/compare", ComparePage],
  ["/jobs/:job", StudyPage],
  ["/jobs/:job/trials/:trial", TrialPage],
  ["/pipelines", PipelinesPage],
  ["/pipelines/:pipeline", PipelinePage],
];
