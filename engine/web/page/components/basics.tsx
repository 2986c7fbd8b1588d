/* The small things that every view is made of. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../api";
import * as format from "../format";
import { Link } from "../route";

const STATES: Record<string, { label: string; tone: string }> = {
  JOB_STATE_QUEUED: { label: "Queued", tone: "wait" },
  JOB_STATE_PENDING: { label: "Pending", tone: "wait" },
  JOB_STATE_RUNNING: { label: "Running", tone: "run" },
  JOB_STATE_PAUSED: { label: "Paused", tone: "wait" },
  JOB_STATE_CANCELLING: { label: "Cancelling", tone: "wait" },
  JOB_STATE_CANCELLED: { label: "Cancelled", tone: "idle" },
  JOB_STATE_SUCCEEDED: { label: "Succeeded", tone: "good" },
  JOB_STATE_FAILED: { label: "Failed", tone: "bad" },
  PIPELINE_STATE_QUEUED: { label: "Queued", tone: "wait" },
  PIPELINE_STATE_PENDING: { label: "Pending", tone: "wait" },
  PIPELINE_STATE_RUNNING: { label: "Running", tone: "run" },
  PIPELINE_STATE_SUCCEEDED: { label: "Succeeded", tone: "good" },
  PIPELINE_STATE_FAILED: { label: "Failed", tone: "bad" },
  PIPELINE_STATE_CANCELLING: { label: "Cancelling", tone: "wait" },
  PIPELINE_STATE_CANCELLED: { label: "Cancelled", tone: "idle" },
  PIPELINE_STATE_PAUSED: { label: "Paused", tone: "wait" },
  REQUESTED: { label: "Waiting", tone: "wait" },
  ACTIVE: { label: "Running", tone: "run" },
  RUNNING: { label: "Running", tone: "run" },
  WAITING: { label: "Waiting", tone: "wait" },
  PREPARING: { label: "Preparing", tone: "wait" },
  STOPPING: { label: "Stopping", tone: "wait" },
  SUCCEEDED: { label: "Succeeded", tone: "good" },
  STOPPED_EARLY: { label: "Stopped early", tone: "idle" },
  INFEASIBLE: { label: "Failed", tone: "bad" },
};

/* A state by word and colour, never by colour alone. An unknown one is shown as it came. */
export function StateBadge({ state, title }: { state: string | undefined; title?: string }) {
  const known = STATES[state ?? ""] ?? { label: state ?? "–", tone: "idle" };
  return (
    <span class={`badge tone-${known.tone}`} title={title}>
      {known.label}
    </span>
  );
}

export function hasEnded(state: string | undefined): boolean {
  return /(SUCCEEDED|FAILED|CANCELLED)$/.test(state ?? "");
}

/* In the reader's zone; the exact moment, in UTC, on hover. */
export function Time({ at }: { at: string | number | undefined | null }) {
  if (!at) return <span>–</span>;
  const exact = typeof at === "number" ? new Date(at).toISOString() : at;
  return (
    <time dateTime={exact} title={exact}>
      {format.time(at)}
    </time>
  );
}

/* From start to end, or to now, counting. */
export function Elapsed({ from, to }: { from?: string; to?: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!from || to) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [from, to]);
  if (!from) return <span>–</span>;
  const ms = (to ? Date.parse(to) : now) - Date.parse(from);
  return <span title={`${(ms / 1000).toFixed(3)} s`}>{format.duration(Math.max(0, ms))}</span>;
}

export function Num({ of }: { of: number | null | undefined }) {
  return (
    <span class="num" title={of === null || of === undefined ? undefined : String(of)}>
      {format.number(of)}
    </span>
  );
}

export function ErrorBox({ error, children }: { error: ApiError | null; children?: ComponentChildren }) {
  if (!error) return null;
  return (
    <div class="error-box" role="alert">
      <p>{error.message}</p>
      {error.faults.length > 0 && (
        <ul>
          {error.faults.map((fault) => (
            <li>
              <code>{fault.field}</code> {fault.message}
            </li>
          ))}
        </ul>
      )}
      {children}
    </div>
  );
}

/* Says so only after a moment: what comes at once should not flicker. */
export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <p class="loading" role="status">
      {what} …
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

interface CardProps {
  title?: ComponentChildren;
  tools?: ComponentChildren; // at the right of the title
  children: ComponentChildren;
  class?: string;
}

export function Card({ title, tools, children, class: name = "" }: CardProps) {
  return (
    <section class={`card ${name}`}>
      {(title || tools) && (
        <header class="card-head">
          {title && <h2>{title}</h2>}
          {tools && <div class="tools">{tools}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/* Names and values, in two columns. */
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.map(([name, shown]) => (
        <div>
          <dt>{name}</dt>
          <dd>{shown}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Tab {
  id: string;
  label: string;
  href: string;
}

/* Tabs are addresses: a link each. */
export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link to={tab.href} class={tab.id === current ? "tab is-current" : "tab"} aria-current={tab.id === current ? "page" : undefined}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

/* Text to type in a terminal, with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <span class="command">
      <code>{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="small" onClick={copy} aria-live="polite">
      {done ? "Copied" : label}
    </button>
  );
}

/* The clipboard's interface is there on secure origins only. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function download(name: string, content: Blob | string, type = "text/plain;charset=utf-8"): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/* A bar from 0 to 1; what is known only in part is shown in part. */
export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  return <progress value={done} max={Math.max(total, 1)} aria-label={label} title={`${format.count(done)} of ${format.count(total)}`} />;
}
