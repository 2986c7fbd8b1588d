/* What one sees before there is anything to see. */

import { Card, Command } from "../components/basics";
import { href, Link } from "../route";

const STUDY = `displayName: first
maxTrialCount: 20
parallelTrialCount: 2
studySpec:
  metrics:
  - {metricId: loss, goal: MINIMIZE}
  parameters:
  - parameterId: lr
    scaleType: UNIT_LOG_SCALE
    doubleValueSpec: {minValue: 0.0001, maxValue: 0.1}
trialJobSpec:
  workerPoolSpecs:
  - containerSpec:
      imageUri: "host:"
      command: [python3, train.py]
`;

export function FirstSteps() {
  return (
    <Card title="Nothing has run here yet" class="first-steps">
      <p>A study tries settings of your training program, learns from each result, and keeps the best.</p>
      <ol>
        <li>
          <p>Describe it step by step, with every field checked as you type:</p>
          <Link to={href("/start")} class="button is-primary">New training</Link>
        </li>
        <li>
          <p>Or write it as a file, <code>study.yaml</code>, where the program gets <code>--lr=…</code> and reports its loss:</p>
          <pre tabIndex={0} aria-label="An example of study.yaml">{STUDY}</pre>
          <p>and run it from a terminal. It shows up here at once:</p>
          <Command text="assay run study.yaml" />
        </li>
      </ol>
    </Card>
  );
}
