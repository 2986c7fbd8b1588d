/* A terminal with one shell in it, for as long as it is shown. */

import type { FitAddon } from "@xterm/addon-fit";
import type { ITheme, Terminal as Xterm } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../api";
import { asApiError } from "../hooks";
import { useTheme, type Theme } from "../theme";
import { ShellLink, type ShellPlace, type ShellState } from "./shell_link";

interface TerminalProps {
  place: ShellPlace;
  isSpoken: boolean; // for a screen reader
  onState: (state: ShellState) => void;
  onError: (error: ApiError) => void;
  onLeave: () => void; // the key that leaves it was pressed
}

const THEMES: Record<Theme, ITheme> = {
  light: { background: "#ffffff", foreground: "#1b2430", cursor: "#0a5bb0", selectionBackground: "#cfe2f8", brightWhite: "#5b6472", white: "#5b6472", yellow: "#8a5a00", brightYellow: "#8a5a00" },
  dark: { background: "#12161c", foreground: "#e3e8ef", cursor: "#7fb6f2", selectionBackground: "#2b4a6f" },
};
const KEPT_LINES = 10_000;

/* Shift+F6 leaves; Ctrl+Shift+C copies, since Ctrl+C is the shell's. */
function keysOf(terminal: Xterm, leave: () => void): (event: KeyboardEvent) => boolean {
  return (event) => {
    if (event.type !== "keydown") return true;
    if (event.key === "F6" && event.shiftKey) {
      leave();
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.code === "KeyC" && terminal.hasSelection()) {
      event.preventDefault();
      void navigator.clipboard?.writeText(terminal.getSelection());
      return false;
    }
    return true;
  };
}

/* Loaded when it is needed: nobody else pays for it. */
async function load(): Promise<{ Terminal: typeof Xterm; Fit: typeof FitAddon }> {
  const [{ Terminal }, { FitAddon: Fit }] = await Promise.all([import("@xterm/xterm"), import("@xterm/addon-fit")]);
  return { Terminal, Fit };
}

export function Terminal({ place, isSpoken, onState, onError, onLeave }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<Xterm | null>(null);
  const theme = useTheme();
  const kept = useRef({ onState, onError, onLeave, theme, isSpoken });
  kept.current = { onState, onError, onLeave, theme, isSpoken };

  useEffect(() => {
    let terminal: Xterm | null = null;
    let isGone = false;
    const link = new ShellLink({
      state: (state) => kept.current.onState(state),
      error: (error) => kept.current.onError(error),
      output: (bytes) => new Promise((taken) => (terminal ? terminal.write(bytes, taken) : taken())),
      skipped: (count) => terminal?.write(`\r\n[${count} bytes were not kept]\r\n`),
    });
    const end = () => link.close();
    let fit: FitAddon | null = null;
    const watcher = new ResizeObserver(() => fit?.fit());
    const begin = async () => {
      const { Terminal, Fit } = await load();
      if (isGone) return;
      const { theme, isSpoken } = kept.current;
      terminal = new Terminal({ scrollback: KEPT_LINES, fontSize: 14, theme: THEMES[theme], screenReaderMode: isSpoken, cursorBlink: false, minimumContrastRatio: 4.5 });
      fit = new Fit();
      terminal.loadAddon(fit);
      terminal.open(box.current!);
      fit.fit();
      terminal.attachCustomKeyEventHandler(keysOf(terminal, () => kept.current.onLeave()));
      terminal.onData((text) => link.type(text));
      terminal.onResize((size) => link.resize(size));
      watcher.observe(box.current!);
      terminal.focus();
      setMade(terminal);
      await link.run(place, terminal);
    };
    begin().catch((error) => kept.current.onError(asApiError(error)));
    addEventListener("pagehide", end);
    return () => {
      isGone = true;
      removeEventListener("pagehide", end);
      watcher.disconnect();
      link.close();
      terminal?.dispose();
    };
  }, [place.job, place.trial, place.replica]);

  useEffect(() => {
    if (!made) return;
    made.options.theme = THEMES[theme];
    made.options.screenReaderMode = isSpoken;
  }, [made, theme, isSpoken]);

  return <div ref={box} class="shell-box" />;
}
