/* The document as text, beside the form that writes it. */

import { useRef } from "preact/hooks";
import type { Fault } from "../api";
import { Card, CopyButton, download } from "../components/basics";
import { asApiError } from "../hooks";
import { say } from "../components/toast";

interface EditorProps {
  source: string;
  faults: Fault[];
  isRead: boolean; // the form has understood it
  onChange: (source: string) => void;
}

export function Editor({ source, faults, isRead, onChange }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    try {
      onChange(await file.text());
    } catch (cause) {
      say(asApiError(cause).message, "bad");
    }
  };
  const goToLine = (line: number) => {
    const start = source.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = source.indexOf("\n", start);
    area.current?.focus();
    area.current?.setSelectionRange(start, end < 0 ? source.length : end);
  };
  return (
    <Card
      title="Document"
      tools={
        <>
          <CopyButton text={source} />
          <button type="button" class="small" onClick={() => download("training.yaml", source, "application/yaml")}>Download</button>
          <label class="button small">
            Upload
            <input type="file" class="sr-only" accept=".yaml,.yml,.json" onChange={(event) => void take(event.currentTarget.files?.[0])} />
          </label>
        </>
      }
    >
      <textarea
        ref={area} class="source mono" aria-label="The document, YAML or JSON" spellcheck={false} value={source}
        onInput={(event) => onChange(event.currentTarget.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void take(event.dataTransfer?.files[0]);
        }}
      />
      {!isRead && <p class="field-error">The form waits until this can be read as YAML again.</p>}
      {faults.length > 0 && (
        <ul class="faults" aria-label="What is wrong with the document">
          {faults.map((fault) => (
            <li>
              {fault.line ? (
                <button type="button" class="link" onClick={() => goToLine(fault.line!)}>line {fault.line}</button>
              ) : null}{" "}
              <code>{fault.field}</code> {fault.message}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
