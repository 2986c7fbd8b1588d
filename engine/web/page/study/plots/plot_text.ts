/* Text on a canvas. Names come from users: markup of theirs stays text, long ones are cut, and one
 * that is written from right to left turns nothing around it. */

import * as format from "../../format";

const SHOWN = 48; // characters

/* ECharts takes {name|text} in a tooltip for a style; a word joiner after the brace keeps it text. */
export function plain(text: unknown): string {
  const clean = format.withoutControls(String(text)).replace(/\s+/g, " ");
  const cut = [...clean.slice(0, 4 * SHOWN)];
  const shown = cut.length > SHOWN ? cut.slice(0, SHOWN - 1).join("") + "…" : cut.join("");
  return "\u2068" + shown.replaceAll("{", "{\u2060") + "\u2069";
}

export function plainValue(value: unknown): string {
  return typeof value === "number" ? format.number(value) : value === null || value === undefined ? "–" : plain(value);
}

/* Shown as names that stand side by side: also the few numbers of a discrete parameter. */
export function isNamed(type: string | undefined, values: (number | string)[]): boolean {
  return type === "CATEGORICAL" || type === "DISCRETE" || values.some((value) => typeof value === "string");
}

/* Of an axis: short, whatever the size. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential().replace("e+", "e");
  return value.toLocaleString("en", { maximumSignificantDigits: 6 });
}

/* A logarithmic axis is possible where everything that is shown is above zero. */
export function allPositive(values: Iterable<number | null>): boolean {
  let some = false;
  for (const value of values) {
    if (value === null) continue;
    if (!(value > 0)) return false;
    some = true;
  }
  return some;
}

export const finite = (values: Iterable<number | null | undefined>): number[] => {
  const numbers: number[] = [];
  for (const value of values) if (typeof value === "number" && Number.isFinite(value)) numbers.push(value);
  return numbers;
};

/* How much of the study a plot shows, in words. */
export function shownOf(shown: number, all: number): string {
  return shown < all ? `${format.count(shown)} of ${format.count(all)} trials shown` : `${format.count(all)} ${all === 1 ? "trial" : "trials"}`;
}
