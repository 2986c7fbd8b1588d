/* Short words about what was just done, at the foot of the page; some can be taken back. */

import { useEffect, useState } from "preact/hooks";
import { asApiError } from "../hooks";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
  undo?: () => void;
}

const SHOWN_MS = 6000;
const UNDO_MS = 8000;

let next = 1;
let show: (toast: Toast) => void = () => {};
let drop: (id: number) => void = () => {};

export function say(text: string, tone: "good" | "bad" = "good"): void {
  const id = next++;
  show({ id, text, tone });
  setTimeout(() => drop(id), SHOWN_MS);
}

/* Does what was asked, says what came of it. */
export async function saying(done: string, deed: () => Promise<unknown>): Promise<boolean> {
  try {
    await deed();
    say(done);
    return true;
  } catch (error) {
    say(asApiError(error).message, "bad");
    return false;
  }
}

/*
 * Does the deed only after a while in which it can be taken back. Who closes the page in the
 * meantime has not done it: of the two mistakes that is the lesser one.
 */
export function withUndo(text: string, deed: () => Promise<unknown>, undone: () => void = () => {}): void {
  const id = next++;
  const timer = setTimeout(async () => {
    drop(id);
    try {
      await deed();
    } catch (error) {
      undone();
      say(asApiError(error).message, "bad");
    }
  }, UNDO_MS);
  const undo = () => {
    clearTimeout(timer);
    drop(id);
    undone();
  };
  show({ id, text, tone: "good", undo });
}

export function Toasts() {
  const [toasts, setToasts] = useState<Toast[]>([]);
  useEffect(() => {
    show = (toast) => setToasts((old) => [...old, toast]);
    drop = (id) => setToasts((old) => old.filter((toast) => toast.id !== id));
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} class={`toast tone-${toast.tone}`}>
          <span>{toast.text}</span>
          {toast.undo && (
            <button type="button" class="small" onClick={toast.undo}>
              Undo
            </button>
          )}
          {!toast.undo && (
            <button type="button" class="small" aria-label="Dismiss" onClick={() => drop(toast.id)}>
              ✕
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
