/* The self-contained report of one study: the same plots, from data that stands in the file. */

import "./app.css";
import { render } from "preact";
import { Words, useHashWord } from "./study/plots/words";
import type { ReportFile } from "./study/report_data";
import { ReportView } from "./study/report_view";
import { applyTheme } from "./theme";

applyTheme();
const file = JSON.parse(document.getElementById("assay-report")!.textContent!) as ReportFile;
render(
  <Words.Provider value={useHashWord}>
    <ReportView file={file} />
  </Words.Provider>,
  document.getElementById("app")!,
);
