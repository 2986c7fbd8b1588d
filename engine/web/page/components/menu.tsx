/* A button with further ones below it. What cannot be done now says why, and stays within reach of the keyboard. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      if (box.current?.open && !box.current.contains(event.target as Node)) box.current.open = false;
    };
    addEventListener("pointerdown", close);
    addEventListener("focusin", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("focusin", close);
    };
  }, []);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !box.current?.open) return;
    box.current.open = false;
    box.current.querySelector("summary")?.focus();
  };
  return (
    <details ref={box} class="menu" onKeyDown={leave}>
      <summary class="button">{label} <span aria-hidden="true">▾</span></summary>
      <ul class="menu-list">{children}</ul>
    </details>
  );
}

interface DeedProps {
  label: string;
  refusal?: string | false; // why not now
  isDanger?: boolean;
  isPrimary?: boolean;
  onDo: () => void;
}

/* An item of a menu. */
export function Deed(props: DeedProps) {
  return (
    <li>
      <DeedButton {...props} />
      {props.refusal && <span class="field-help" aria-hidden="true">{props.refusal}</span>}
    </li>
  );
}

/* The same as a button by itself. */
export function DeedButton({ label, refusal, isDanger, isPrimary, onDo }: DeedProps) {
  const act = (event: MouseEvent) => {
    if (refusal) return;
    (event.currentTarget as HTMLElement).closest("details")?.removeAttribute("open");
    onDo();
  };
  return (
    <button type="button" class={isDanger ? "is-danger" : isPrimary ? "is-primary" : ""} aria-disabled={refusal ? "true" : undefined} title={refusal || undefined} onClick={act}>
      {label}
    </button>
  );
}
