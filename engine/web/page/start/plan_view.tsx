/* What would run: of the first trial, each replica. */

import { CopyButton, Facts } from "../components/basics";
import type { ComponentChildren } from "preact";
import * as format from "../format";
import type { Plan, Replica } from "./check";

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function asks(replica: Replica): string {
  const { cpus, memoryBytes, gpus, gpuShare } = replica.resources ?? {};
  const words = [
    cpus && `${format.count(cpus)} CPUs`,
    memoryBytes && `${format.bytes(memoryBytes)} of memory`,
    gpus && `${format.count(gpus)} ${gpus === 1 ? "GPU" : "GPUs"}`,
    gpuShare && gpuShare < 1 && `${gpuShare} of a GPU`,
  ].filter(Boolean);
  return words.length ? words.join(", ") : "nothing, so it starts at once";
}

export function PlanView({ plan }: { plan: Plan }) {
  const facts: [string, ComponentChildren][] = [];
  if (plan.algorithm) {
    facts.push(["Trials", `${format.count(plan.maxTrialCount)}, ${format.count(plan.parallelTrialCount)} at a time`]);
    facts.push(["Algorithm", plan.algorithm], ["Stopping rule", plan.stopping ?? "none"], ["Seed", plan.seed ?? "drawn"]);
  }
  facts.push(["Launcher", plan.launcher ?? "–"]);
  const replicas = plan.replicas?.length ? plan.replicas : [plan];
  return (
    <div class="stack plan">
      <Facts of={facts} />
      {replicas.map((replica, i) => <ReplicaView key={i} replica={replica} isNamed={replicas.length > 1} />)}
    </div>
  );
}

function ReplicaView({ replica, isNamed }: { replica: Replica; isNamed: boolean }) {
  const command = (replica.argv ?? []).map(quoted).join(" ");
  const environment = replica.environment ?? [];
  const facts: [string, ComponentChildren][] = [["Asks for", asks(replica)]];
  if (replica.image) facts.push(["Image", replica.image]);
  if (replica.interpreter) facts.push(["Interpreter", replica.interpreter]);
  for (const name of replica.packages ?? []) facts.push(["Package", name]);
  return (
    <section class="stack">
      {isNamed && <h3>{replica.name}</h3>}
      <div class="plan-command">
        <pre class="is-wrapped"><code>{command}</code></pre>
        <CopyButton text={command} label="Copy the command" />
      </div>
      <Facts of={facts} />
      <details>
        <summary>{environment.length} environment variables</summary>
        <pre class="is-wrapped">{environment.toSorted().join("\n")}</pre>
      </details>
    </section>
  );
}
