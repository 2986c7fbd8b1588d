/* The browser's own modal dialog: focus stays within, Escape closes. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  isWide?: boolean;
}

export function Dialog({ title, onClose, children, isWide = false }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog ref={box} class={isWide ? "is-wide" : ""} aria-labelledby={id} onClose={onClose} onCancel={onClose}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="small" onClick={() => box.current?.close()}>
          Close
        </button>
      </header>
      {children}
    </dialog>
  );
}
