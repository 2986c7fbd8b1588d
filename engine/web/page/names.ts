/* Names and labels of the API's resources, and texts in its filters. */

export const SYSTEM_LABEL = "aiplatform.googleapis.com/";

/* "7" of projects/p/locations/l/datasets/7. */
export const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/* A text of a filter. */
export const quoted = (text: string) => `"${text.replace(/["'\\]/g, "\\$&")}"`;

/* The user's own: those of the system are shown in other words. */
export function ownLabels(labels: Record<string, string> | undefined): [string, string][] {
  return Object.entries(labels ?? {}).filter(([name]) => !name.startsWith(SYSTEM_LABEL));
}
