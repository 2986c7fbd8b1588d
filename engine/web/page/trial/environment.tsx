/* What is run for the trial, as it is started: words, variables, folders, image. */

import { trialPath } from "../api";
import { Card, CopyButton, Empty, ErrorBox, Facts, Loading } from "../components/basics";
import { useResource } from "../hooks";
import type { Job, Trial } from "../types";

interface Launch {
  name?: string;
  launcher?: string;
  argv?: string[];
  environment?: string[];
  workDir?: string;
  outputDir?: string;
  image?: string;
  interpreter?: string;
  packages?: string[];
  mounts?: (string | { source: string; target: string })[];
}

export function Environment({ job, item }: { job: Job; item: Trial }) {
  const { data, error } = useResource<{ replicas: Launch[] }>(`${trialPath(job.id, item.trial.id)}:launch`, 0, item.attempt);
  return (
    <>
      <ErrorBox error={error} />
      {!data && !error && <Loading />}
      {data?.replicas.length === 0 && <Empty>Nothing is started for it here.</Empty>}
      {data?.replicas.map((launch) => <Started key={launch.name} launch={launch} />)}
    </>
  );
}

const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function Started({ launch }: { launch: Launch }) {
  const line = (launch.argv ?? []).map(shellWord).join(" ");
  const facts: [string, string][] = [];
  for (const [name, value] of [["Started by", launch.launcher], ["Image", launch.image], ["Interpreter", launch.interpreter],
    ["Packages", launch.packages?.join(" ")], ["Work folder", launch.workDir], ["Output folder", launch.outputDir]] as const)
    if (value) facts.push([name, value]);
  const mounts = (launch.mounts ?? []).map((mount) => (typeof mount === "string" ? mount : `${mount.source} as ${mount.target}`));
  return (
    <Card title={launch.name ? `Replica ${launch.name}` : "Started"} tools={<CopyButton text={line} label="Copy the command" />}>
      <div class="stack">
        <pre class="is-wrapped" tabIndex={0} aria-label="The command">{line || "the image's own entry point"}</pre>
        <Facts of={facts} />
        {mounts.length > 0 && <Facts of={mounts.map((mount, i) => [`Mount ${i + 1}`, mount])} />}
        <Variables list={launch.environment ?? []} />
      </div>
    </Card>
  );
}

function Variables({ list }: { list: string[] }) {
  if (list.length === 0) return null;
  const rows = list.map((text) => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Environment variables">
      <table>
        <thead>
          <tr>
            <th scope="col">Variable</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row" class="mono">{name}</th>
              <td class="mono is-wide">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
