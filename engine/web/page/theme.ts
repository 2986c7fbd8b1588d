/* Dark or light: the reader's choice, else the system's. */

import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const KEY = "assay-theme";
const CHANGED = "assay:theme";

function stored(): Theme | null {
  try {
    const text = localStorage.getItem(KEY);
    return text === "light" || text === "dark" ? text : null;
  } catch {
    return null; // a file opened from disk may have no storage
  }
}

export function currentTheme(): Theme {
  return stored() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = currentTheme();
}

export function setTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    /* then for as long as the page is open */
  }
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event(CHANGED));
}

export function useTheme(): Theme {
  const shown = () => (document.documentElement.dataset.theme as Theme | undefined) ?? currentTheme();
  const [theme, set] = useState<Theme>(shown);
  useEffect(() => {
    const changed = () => set(shown());
    const system = matchMedia("(prefers-color-scheme: dark)");
    const systemChanged = () => {
      applyTheme();
      changed();
    };
    addEventListener(CHANGED, changed);
    system.addEventListener("change", systemChanged);
    return () => {
      removeEventListener(CHANGED, changed);
      system.removeEventListener("change", systemChanged);
    };
  }, []);
  return theme;
}
