/* Chosen trials side by side: a column each, and a mark where they differ. */

import { useEffect, useState } from "preact/hooks";
import { Card, Loading, StateBadge } from "../../components/basics";
import * as format from "../../format";
import { href, Link } from "../../route";
import type { TrialFacts, TrialLookup } from "../plots/trial_lookup";

const MOST = 8;

interface TrialsCompareProps {
  job: string | null; // null: trials have no pages of their own here
  trials: number[];
  lookup: TrialLookup;
  onClear?: () => void;
}

export function TrialsCompare({ job, trials, lookup, onClear }: TrialsCompareProps) {
  const shown = trials.slice(0, MOST);
  const [facts, setFacts] = useState<TrialFacts[] | null>(null);
  const key = shown.join(",");
  useEffect(() => {
    let isOver = false;
    Promise.all(shown.map((trial) => lookup.known(trial) ?? lookup.ask(trial).catch(() => undefined))).then((all) => {
      if (!isOver) setFacts(all.filter((each) => each !== undefined));
    });
    return () => {
      isOver = true;
    };
  }, [key, lookup]);
  if (trials.length === 0) return null;

  const names = (of: (each: TrialFacts) => object) => [...new Set((facts ?? []).flatMap((each) => Object.keys(of(each))))];
  const row = (group: "metrics" | "parameters", name: string) => {
    const values = facts!.map((each) => each[group][name]);
    const differs = values.some((value) => value !== values[0]);
    return (
      <tr class={differs ? "differs" : ""}>
        <th scope="row">
          <span class="text">{name}</span>
          {differs && <span class="sr-only"> (differs)</span>}
        </th>
        {values.map((value) => (
          <td class="num" title={value === undefined || value === null ? undefined : String(value)}>
            {format.value(value)}
          </td>
        ))}
      </tr>
    );
  };
  return (
    <Card
      title={`Chosen trials (${format.count(trials.length)})`}
      tools={
        onClear && (
          <button type="button" class="small" onClick={onClear}>
            Choose none
          </button>
        )
      }
    >
      {!facts ? (
        <Loading what="Loading trials" />
      ) : (
        <div class="table-box" tabIndex={0} role="region" aria-label="Chosen trials side by side">
          <table class="compare-table">
            <thead>
              <tr>
                <th scope="col">Trial</th>
                {facts.map((each) => (
                  <th scope="col" class="num">
                    {job ? <Link to={href(`/jobs/${job}/trials/${each.number}`)}>{String(each.number)}</Link> : each.number} <StateBadge state={each.state} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {names((each) => each.metrics).map((name) => row("metrics", name))}
              {names((each) => each.parameters).map((name) => row("parameters", name))}
            </tbody>
          </table>
        </div>
      )}
      {trials.length > MOST && (
        <p class="quiet">
          The first {MOST} of {format.count(trials.length)}.
        </p>
      )}
    </Card>
  );
}
