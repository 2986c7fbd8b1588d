/* The small words beside a version: its aliases, its labels. */

import { ownLabels } from "../names";
import type { Model } from "./model_types";

export function Aliases({ of }: { of: Model }) {
  return (
    <>
      {(of.versionAliases ?? []).map((alias) => (
        <span key={alias} class={`badge tone-${alias === "default" ? "good" : "idle"}`}>{alias}</span>
      ))}
    </>
  );
}

export function Labels({ of }: { of: Record<string, string> | undefined }) {
  const labels = ownLabels(of);
  if (labels.length === 0) return <>–</>;
  return (
    <>
      {labels.map(([name, value]) => (
        <div key={name} class="text">{name}: {value}</div>
      ))}
    </>
  );
}
