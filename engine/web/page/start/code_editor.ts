/* The editor of the document. It lives in a shadow root, where its styles are adopted sheets: a style element would
 * be refused by the page's policy. */

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface Mark {
  line: number; // from 1
  message: string;
}

export interface CodeEditor {
  text: () => string;
  setText: (text: string) => void;
  setMarks: (marks: Mark[]) => void;
  showLine: (line: number) => void;
  destroy: () => void;
}

/* The page's variables are inherited into the shadow. */
const looks = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", color: "var(--ink)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-line": { unicodeBidi: "plaintext" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--quiet)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "8px", maxWidth: "min(420px, 80vw)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
});
const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--bad)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

/* What the browser has as selected, which may be ahead of what the editor was told. */
function selected(view: EditorView): { from: number; to: number } {
  const root = view.root as ShadowRoot & { getSelection?: () => Selection | null };
  const { anchorNode, anchorOffset = 0, focusNode, focusOffset = 0 } = root.getSelection?.() ?? {};
  if (!anchorNode || !focusNode || !view.contentDOM.contains(anchorNode) || !view.contentDOM.contains(focusNode))
    return view.state.selection.main;
  const ends = [view.posAtDOM(anchorNode, anchorOffset), view.posAtDOM(focusNode, focusOffset)];
  return { from: Math.min(...ends), to: Math.max(...ends) };
}

/* Typing over several lines, a browser puts style attributes to what it writes, which the page's policy refuses:
 * a selection is replaced here, before the browser does. */
const typingOver = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    if (event.inputType !== "insertText" || event.isComposing || event.data === null) return false;
    const { from, to } = selected(view);
    if (from === to) return false;
    event.preventDefault();
    view.dispatch({
      changes: { from, to, insert: event.data },
      selection: { anchor: from + event.data.length },
      userEvent: "input.type",
      scrollIntoView: true,
    });
    return true;
  },
});

export function openEditor(host: HTMLElement, text: string, onChange: (text: string) => void): CodeEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  parent.style.height = "100%";
  root.replaceChildren(parent);
  let isOurs = false; // the change is the form's, which knows of it
  const state = EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("  "),
      highlightActiveLine(),
      yaml(),
      syntaxHighlighting(colors),
      looks,
      typingOver,
      EditorView.lineWrapping,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "The document, in YAML", spellcheck: "false" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !isOurs) onChange(update.state.doc.toString());
      }),
    ],
  });
  const view = new EditorView({ state, parent, root });

  /* Only what differs is replaced: the cursor and what is undone stay where they are. */
  const setText = (next: string) => {
    const now = view.state.doc.toString();
    if (now === next) return;
    const least = Math.min(now.length, next.length);
    let from = 0;
    while (from < least && now[from] === next[from]) from++;
    let tail = 0;
    while (tail < least - from && now[now.length - 1 - tail] === next[next.length - 1 - tail]) tail++;
    isOurs = true;
    view.dispatch({ changes: { from, to: now.length - tail, insert: next.slice(from, next.length - tail) } });
    isOurs = false;
  };
  const setMarks = (marks: Mark[]) => {
    const doc = view.state.doc;
    const diagnostics = marks.map(({ line, message }): Diagnostic => {
      const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const from = at.from + (at.text.length - at.text.trimStart().length);
      return { from, to: at.to, severity: "error", message };
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
  };
  const showLine = (line: number) => {
    const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
    view.dispatch({ selection: { anchor: at.from, head: at.to }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
    view.focus();
  };
  return { text: () => view.state.doc.toString(), setText, setMarks, showLine, destroy: () => view.destroy() };
}
