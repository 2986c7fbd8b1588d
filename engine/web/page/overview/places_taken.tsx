/* Who holds what of the machine: a bar for each kind of place, a part for each job, named below it. */

import { Card, ErrorBox, Loading } from "../components/basics";
import * as format from "../format";
import type { Resource } from "../hooks";
import { href, Link } from "../route";
import type { Attempt, Places } from "../types";
import { TrialLinks } from "./trial_links";

export interface Disk {
  stateDir: string;
  freeBytes: number;
  totalBytes: number;
}

interface PlacesTakenProps {
  places: Resource<Places>;
  names: Map<string, string>; // of jobs, by id
}

interface Holder {
  job: string;
  trials: string[];
  cpus: number;
  memoryBytes: number;
  gpus: string[];
}

/* What runs on this machine, by job. */
function holdersOf(attempts: Attempt[]): Holder[] {
  const holders = new Map<string, Holder>();
  for (const attempt of attempts) {
    if (attempt.state !== "RUNNING" || attempt.isElsewhere) continue;
    const holder = holders.get(attempt.job) ?? { job: attempt.job, trials: [], cpus: 0, memoryBytes: 0, gpus: [] };
    if (!holder.trials.includes(attempt.trial)) holder.trials.push(attempt.trial);
    holder.cpus += attempt.cpus ?? 0;
    holder.memoryBytes += attempt.memoryBytes ?? 0;
    for (const gpu of attempt.gpus ?? []) if (!holder.gpus.includes(gpu)) holder.gpus.push(gpu);
    holders.set(attempt.job, holder);
  }
  return [...holders.values()];
}

export function PlacesTaken({ places, names }: PlacesTakenProps) {
  const { data, error } = places;
  const holders = holdersOf(data?.attempts ?? []);
  const elsewhere = (data?.attempts ?? []).filter((attempt) => attempt.isElsewhere && attempt.state === "RUNNING").length;
  const disk = data?.disk as unknown as Disk | undefined;
  return (
    <Card title="Places taken">
      <ErrorBox error={data ? null : error} />
      {!data && !error && <Loading />}
      {data && !data.machine && <p class="quiet">No engine works here now; the folder is only read.</p>}
      {data?.machine && (
        <div class="places">
          <Place name="CPUs" total={data.machine.cpus} amount={format.number} holders={holders} held={(holder) => holder.cpus} names={names} />
          <Place name="Memory" total={data.machine.memoryBytes} amount={format.bytes} holders={holders} held={(holder) => holder.memoryBytes} names={names} />
          <Place name="GPUs" total={data.machine.gpus.length} amount={format.number} holders={holders} held={(holder) => holder.gpus.length} names={names} detail={(holder) => ` (${holder.gpus.join(", ")})`} />
          {disk && <DiskPlace disk={disk} />}
          {holders.length > 0 && <Holders holders={holders} names={names} />}
          {elsewhere > 0 && <p class="quiet">{format.count(elsewhere)} more run on the cluster.</p>}
        </div>
      )}
    </Card>
  );
}

const nameOf = (names: Map<string, string>, job: string) => names.get(job) || job;
/* Parts are told apart by letters, and beside them by shades. */
const letter = (i: number) => String.fromCharCode(65 + (i % 26));

interface PlaceProps {
  name: string;
  total: number;
  amount: (value: number) => string;
  holders: Holder[];
  held: (holder: Holder) => number;
  detail?: (holder: Holder) => string;
  names: Map<string, string>;
}

function Place({ name, total, amount, holders, held, detail, names }: PlaceProps) {
  const parts = holders.map((holder, i) => ({ holder, i, size: held(holder) })).filter((part) => part.size > 0);
  const taken = parts.reduce((sum, part) => sum + part.size, 0);
  const whole = Math.max(total, taken);
  return (
    <div class="place">
      <div class="place-head">
        <h3>{name}</h3>
        <span class="quiet num">{total === 0 ? "none" : `${amount(taken)} of ${amount(total)} taken`}</span>
      </div>
      {total > 0 && (
        <div class="place-bar" role="img" aria-label={`${name}: ${amount(taken)} of ${amount(total)} taken`}>
          {parts.map(({ holder, i, size }) => (
            <span
              key={holder.job}
              class={`place-part shade-${i % 6}`}
              style={{ width: `${(100 * size) / whole}%` }}
              title={`${nameOf(names, holder.job)}: ${amount(size)}${detail?.(holder) ?? ""}`}
            >
              {letter(i)}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

function DiskPlace({ disk }: { disk: Disk }) {
  const used = disk.totalBytes - disk.freeBytes;
  return (
    <div class="place">
      <div class="place-head">
        <h3>Disk</h3>
        <span class="quiet num">{format.bytes(disk.freeBytes)} of {format.bytes(disk.totalBytes)} free</span>
      </div>
      <div class="place-bar" role="img" aria-label={`Disk: ${format.bytes(used)} of ${format.bytes(disk.totalBytes)} used`}>
        <span class="place-part is-used" style={{ width: `${(100 * used) / Math.max(1, disk.totalBytes)}%` }} />
      </div>
      <p class="quiet field-help">State folder <code>{disk.stateDir}</code></p>
    </div>
  );
}

function Holders({ holders, names }: { holders: Holder[]; names: Map<string, string> }) {
  return (
    <ul class="holders" aria-label="Who holds them">
      {holders.map((holder, i) => (
        <li key={holder.job}>
          <span class={`place-part shade-${i % 6}`} aria-hidden="true">{letter(i)}</span>
          <span class="holder">
            <Link to={href(`/jobs/${holder.job}`)} class="name">{nameOf(names, holder.job)}</Link>{" "}
            <span class="quiet">
              {holder.trials.length === 1 ? "trial " : "trials "}
              <TrialLinks job={holder.job} trials={holder.trials} />
              {": "}
              {held(holder)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function held(holder: Holder): string {
  const words: string[] = [];
  if (holder.cpus > 0) words.push(`${format.number(holder.cpus)} ${holder.cpus === 1 ? "CPU" : "CPUs"}`);
  if (holder.memoryBytes > 0) words.push(format.bytes(holder.memoryBytes));
  if (holder.gpus.length > 0) words.push(`GPU ${holder.gpus.join(", ")}`);
  return words.join(", ") || "nothing that is counted";
}
