/* The document beside the form: typed in, copied, downloaded, read from a file. */

import { useEffect, useRef } from "preact/hooks";
import { CopyButton, download } from "../components/basics";
import { openEditor, type CodeEditor, type Mark } from "./code_editor";

interface EditorProps {
  source: string;
  marks: Mark[];
  shownLine: { line: number } | null; // a new one each time a line is asked for
  name: string; // of the file that is downloaded
  onChange: (source: string) => void;
  onFile: (file: File) => void;
}

export function DocumentEditor({ source, marks, shownLine, name, onChange, onFile }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  /* What was typed comes back as the source, maybe when more was typed already: it is no news then. */
  const typed = useRef(new Set<string>());
  const tell = (text: string) => {
    typed.current.add(text);
    changed.current(text);
  };

  useEffect(() => {
    editor.current = openEditor(host.current!, source, tell);
    return () => editor.current?.destroy();
  }, []);
  useEffect(() => {
    const isEcho = typed.current.has(source);
    if (source === editor.current?.text()) typed.current.clear();
    else if (!isEcho) editor.current?.setText(source);
  }, [source]);
  useEffect(() => editor.current?.setMarks(marks), [marks]);
  useEffect(() => {
    if (shownLine) editor.current?.showLine(shownLine.line);
  }, [shownLine]);

  return (
    <section class="card document" aria-label="Document">
      <header class="card-head">
        <h2>Document</h2>
        <div class="tools">
          <FileButton onFile={onFile} />
          <CopyButton text={source} />
          <button type="button" class="small" onClick={() => download(`${name || "training"}.yaml`, source, "application/yaml")}>Download</button>
        </div>
      </header>
      <div ref={host} class="editor" />
    </section>
  );
}

export function FileButton({ onFile, label = "Open a file", class: looks = "small" }: { onFile: (file: File) => void; label?: string; class?: string }) {
  const input = useRef<HTMLInputElement>(null);
  const picked = () => {
    const file = input.current?.files?.[0];
    if (file) onFile(file);
    input.current!.value = "";
  };
  return (
    <>
      <input ref={input} type="file" hidden aria-label={label} accept=".yaml,.yml,.json,application/yaml,application/json" onChange={picked} />
      <button type="button" class={looks} onClick={() => input.current?.click()}>{label}</button>
    </>
  );
}
