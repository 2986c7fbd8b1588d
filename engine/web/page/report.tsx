/* The self-contained report of one study: the same plots, from data that stands in the file. */

import "./app.css";
import { render } from "preact";
import { Words, useHashWord } from "./study/plots/words";
import { ReportView, type ReportData } from "./study/report_view";
import { applyTheme } from "./theme";

applyTheme();
const data = JSON.parse(document.getElementById("data")!.textContent!) as ReportData;
render(
  <Words.Provider value={useHashWord}>
    <ReportView data={data} />
  </Words.Provider>,
  document.getElementById("app")!,
);
