/* Numbers, sizes and times as a person reads them. The exact value belongs into a title beside it. */

/* Six significant digits: enough to tell trials apart. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en");
  if (size >= 1e6 || size < 1e-3) return value.toExponential(3).replace("e+", "e");
  return String(Number(value.toPrecision(6)));
}

export function count(value: number | string | null | undefined): string {
  return value === null || value === undefined ? "–" : Number(value).toLocaleString("en");
}

export function bytes(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "–";
  let size = Number(value);
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${units[unit]}`;
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  const seconds = ms / 1000;
  if (seconds < 1) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/* In the reader's own zone. */
export function time(when: string | number | undefined | null): string {
  if (!when) return "–";
  const date = new Date(when);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, isToday ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
}

export function value(of: unknown): string {
  return typeof of === "number" ? number(of) : of === undefined || of === null ? "–" : String(of);
}

/* What a terminal would have coloured or moved; here it is only text. */
export function withoutControls(text: string): string {
  return text.replace(/\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[@-_]/g, "").replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (c) =>
    c === "\r" ? "" : "\ufffd",
  );
}
