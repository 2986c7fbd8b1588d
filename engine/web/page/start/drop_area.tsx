/* A file may be dropped anywhere on it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export function DropArea({ onFile, children }: { onFile: (file: File) => void; children: ComponentChildren }) {
  const [isOver, setOver] = useState(false);
  const hover = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const leave = (event: DragEvent) => {
    if (!(event.currentTarget as Node).contains(event.relatedTarget as Node | null)) setOver(false);
  };
  const drop = (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    setOver(false);
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    onFile(file);
  };
  return (
    <div class={`drop-area ${isOver ? "is-over" : ""}`} onDragOverCapture={hover} onDragLeave={leave} onDropCapture={drop}>
      {children}
    </div>
  );
}
