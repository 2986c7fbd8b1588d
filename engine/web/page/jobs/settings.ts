/* A document as a flat list: each setting by its path, so that two documents can be laid side by side. */

type Tree = Record<string, unknown>;

const NAMES = ["parameterId", "metricId", "name"];

function nameOf(item: unknown, index: number): string {
  if (item === null || typeof item !== "object") return String(index);
  for (const name of NAMES) if (typeof (item as Tree)[name] === "string") return (item as Tree)[name] as string;
  return String(index);
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

/* Lists of words stay together, lists of objects are told apart by what the objects are called. */
function walk(value: unknown, path: string, into: Map<string, string>): void {
  if (value === null || value === undefined) return;
  if (isPlain(value)) into.set(path, String(value));
  else if (Array.isArray(value) && value.every(isPlain)) into.set(path, value.map(String).join(" "));
  else if (Array.isArray(value)) value.forEach((item, i) => walk(item, `${path}[${nameOf(item, i)}]`, into));
  else for (const [name, member] of Object.entries(value as Tree)) if (!(NAMES.includes(name) && path.endsWith(`[${String(member)}]`))) walk(member, path ? `${path}.${name}` : name, into);
}

export function settingsOf(document: unknown): Map<string, string> {
  const settings = new Map<string, string>();
  walk(document, "", settings);
  return settings;
}
