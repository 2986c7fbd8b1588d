/* Two versions beside each other: parameters, metrics, seed; what differs says so. */

import type { ComponentChildren } from "preact";
import { Card, ErrorBox } from "../components/basics";
import * as format from "../format";
import { useResource } from "../hooks";
import { useQuery } from "../route";
import { viewPath, type Lineage, type Model, type VersionView } from "./model_types";

interface VersionDiffProps {
  id: string;
  chosen: Model;
  view: VersionView | null; // of the chosen one
  versions: Model[];
}

export function VersionDiff({ id, chosen, view, versions }: VersionDiffProps) {
  const [wanted, setOther] = useQuery("with");
  const others = versions.filter((model) => model !== chosen);
  const other = others.find((model) => model.versionId === wanted);
  const { data, error } = useResource<VersionView>(other ? viewPath(id, other.versionId) : null);
  if (others.length === 0) return null;
  const choice = (
    <label class="is-inline choice">
      <span class="quiet">with</span>
      <select value={other?.versionId ?? ""} onChange={(event) => setOther(event.currentTarget.value)}>
        <option value="">none</option>
        {others.map((model) => <option key={model.versionId} value={model.versionId}>version {model.versionId}</option>)}
      </select>
    </label>
  );
  return (
    <Card title="Compare" tools={choice}>
      <ErrorBox error={error} />
      {view && data ? (
        <Differences of={[data, view]} />
      ) : (
        <p class="quiet">Choose a second version to see what differs in parameters and metrics.</p>
      )}
    </Card>
  );
}

type Value = number | string | boolean | undefined;

interface Row {
  group: string;
  name: string;
  values: [Value, Value];
}

const GROUPS: [string, (lineage: Lineage) => Record<string, Value>][] = [
  ["Metric", (lineage) => lineage.metrics ?? {}],
  ["Parameter", (lineage) => lineage.parameters ?? {}],
  ["Seed", (lineage) => (lineage.seed ? { seed: lineage.seed } : {})],
];

function rowsOf(before: Lineage, after: Lineage): Row[] {
  return GROUPS.flatMap(([group, pick]) => {
    const [old, now] = [pick(before), pick(after)];
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return names.map((name): Row => ({ group, name, values: [old[name], now[name]] }));
  });
}

/* "+3.1 %", of numbers that have a ratio. */
function changeOf([before, after]: [Value, Value]): ComponentChildren {
  if (before === after) return <span class="quiet">same</span>;
  const badge = <span class="badge tone-wait">differs</span>;
  if (typeof before !== "number" || typeof after !== "number" || before === 0) return badge;
  const percent = (100 * (after - before)) / Math.abs(before);
  return (
    <>
      {badge} <span class="num">{percent > 0 ? "+" : "−"}{format.number(Number(Math.abs(percent).toPrecision(3)))} %</span>
    </>
  );
}

function Differences({ of: [before, after] }: { of: [VersionView, VersionView] }) {
  const rows = rowsOf(before.lineage ?? {}, after.lineage ?? {});
  if (rows.length === 0) return <p class="quiet">Nothing is known of how these two were made.</p>;
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Differences">
      <table class="side-by-side">
        <thead>
          <tr>
            <td></td>
            <th scope="col">Version {before.model.versionId}</th>
            <th scope="col">Version {after.model.versionId}</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.group + row.name} class={row.values[0] === row.values[1] ? "" : "is-different"}>
              <th scope="row">
                <span class="text">{row.name}</span> <span class="quiet">{row.group.toLowerCase()}</span>
              </th>
              {row.values.map((value, i) => <td key={i} class="text" title={value === undefined ? undefined : String(value)}>{format.value(value)}</td>)}
              <td class="nowrap">{changeOf(row.values)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
