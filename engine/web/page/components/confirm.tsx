/* Asked before what cannot be taken back. */

import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog";

interface ConfirmProps {
  title: string;
  deed: string; // what the button does, in a verb and its object
  onDo: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

export function Confirm({ title, deed, onDo, onClose, children }: ConfirmProps) {
  const act = () => {
    onClose();
    onDo();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div class="row is-end">
        <button type="button" onClick={onClose}>Keep it</button>
        <button type="button" class="is-danger" onClick={act}>{deed}</button>
      </div>
    </Dialog>
  );
}
