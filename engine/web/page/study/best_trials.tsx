/* The best trials of a study; of several objectives, those of the front. */

import { Card, Empty, Num, StateBadge } from "../components/basics";
import * as format from "../format";
import { href, Link } from "../route";
import type { Job, Trial } from "../types";
import { endStateOf, type TrialLookup } from "./plots/trial_lookup";

const SHOWN_PARAMETERS = 6;
const SHOWN_TRIALS = 10;

interface BestTrialsProps {
  job: Job;
  trials: Trial[];
  parameterIds: string[]; // what decides most, first
  hasPages: boolean; // not in a report
  lookup: TrialLookup;
}

export function BestTrials({ job, trials, parameterIds, hasPages, lookup }: BestTrialsProps) {
  const objectives = job.objectives ?? (job.objective ? [job.objective] : []);
  const isFront = objectives.length > 1;
  const parameters = parameterIds.slice(0, SHOWN_PARAMETERS);
  return (
    <Card title={isFront ? "Best trials: the Pareto front" : "Best trials"}>
      {trials.length === 0 ? (
        <Empty>No trial has succeeded yet.</Empty>
      ) : (
        <div class="table-box" tabIndex={0} role="region" aria-label="Best trials">
          <table>
            <thead>
              <tr>
                <th scope="col" class="num">Trial</th>
                {objectives.map((objective) => (
                  <th scope="col" class="num">{objective.metricId}</th>
                ))}
                {parameters.map((id) => (
                  <th scope="col" class="num" title={id}>
                    <span class="cut">{id}</span>
                  </th>
                ))}
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {trials.slice(0, SHOWN_TRIALS).map((item) => (
                <tr key={item.trial.id}>
                  <td class="num">
                    {hasPages ? (
                      <Link to={href(`/jobs/${job.id}/trials/${item.trial.id}`)}>{item.trial.id}</Link>
                    ) : (
                      <button type="button" class="link" onClick={() => lookup.open?.(Number(item.trial.id))}>{item.trial.id}</button>
                    )}
                  </td>
                  {objectives.map((objective) => (
                    <td class="num"><Num of={item.metrics[objective.metricId]} /></td>
                  ))}
                  {parameters.map((id) => (
                    <td class="num" title={String(item.parameters[id] ?? "")}>
                      <span class="cut">{format.value(item.parameters[id])}</span>
                    </td>
                  ))}
                  <td><StateBadge state={endStateOf(item)} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {trials.length > SHOWN_TRIALS && (
        <p class="quiet">
          The first {SHOWN_TRIALS} of {format.count(trials.length)}.
        </p>
      )}
    </Card>
  );
}
