/* Each address and its view; path words become the view's properties. */

import type { ComponentType } from "preact";
import { DatasetPage } from "./datasets/dataset_page";
import { DatasetsPage } from "./datasets/datasets_page";
import { ComparePage } from "./jobs/compare_page";
import { JobsPage } from "./jobs/jobs_page";
import { ModelPage } from "./models/model_page";
import { ModelsPage } from "./models/models_page";
import { OverviewPage } from "./overview/overview_page";
import { PipelinePage } from "./pipelines/pipeline_page";
import { PipelinesPage } from "./pipelines/pipelines_page";
import { ShellPage } from "./shell/shell_page";
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
  ["/jobs/:job/trials/:trial/shell", ShellPage],
  ["/models", ModelsPage],
  ["/models/:model", ModelPage],
  ["/datasets", DatasetsPage],
  ["/datasets/:dataset", DatasetPage],
  ["/pipelines", PipelinesPage],
  ["/pipelines/:pipeline", PipelinePage],
];
