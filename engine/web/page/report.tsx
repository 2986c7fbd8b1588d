/* The self-contained report of one study: the same plots, from data that stands in the file. */

import { render } from "preact";
import { applyTheme } from "./theme";

applyTheme();
render(<h1>Report</h1>, document.getElementById("app")!);
