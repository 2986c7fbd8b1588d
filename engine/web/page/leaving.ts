/* Resources that are being deleted, or were: not shown any more, unless that is undone. */

import { useEffect, useState } from "preact/hooks";
import { api } from "./api";
import { say, withUndo } from "./components/toast";
import { asApiError } from "./hooks";

/* The creation, since another one may have the same name later. */
export interface Leaving {
  path: string; // what DELETE is asked of
  createTime: string;
}

const CHANGED = "assay:leaving";
const leaving = new Set<string>();

const keyOf = ({ path, createTime }: Leaving) => `${path} ${createTime}`;

function note(resources: Leaving[], isLeaving: boolean): void {
  for (const key of resources.map(keyOf)) isLeaving ? leaving.add(key) : leaving.delete(key);
  dispatchEvent(new Event(CHANGED));
}

/* `turn` changes with each that leaves, comes back or is gone. */
export function useLeaving(): { has: (resource: Leaving) => boolean; turn: number } {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const changed = () => setTurn((n) => n + 1);
    addEventListener(CHANGED, changed);
    return () => removeEventListener(CHANGED, changed);
  }, []);
  return { has: (resource) => leaving.has(keyOf(resource)), turn };
}

/* One after the other: what fails is told and comes back, and the others are deleted. */
async function deleteEach(resources: Leaving[]): Promise<void> {
  const failures = new Set<string>();
  for (const resource of resources) {
    try {
      await api.del(resource.path);
    } catch (error) {
      note([resource], false);
      failures.add(asApiError(error).message);
    }
  }
  if (failures.size > 0) say([...failures].join(" "), "bad");
  dispatchEvent(new Event(CHANGED));
}

/* A name within a sentence: what it has of the other direction stays within it. */
export const isolated = (name: string) => `\u2068${name}\u2069`;

/* Says what will happen, which can be taken back for a while. */
export function deleteWithUndo(says: string, resources: Leaving[], undone: () => void = () => {}): void {
  note(resources, true);
  withUndo(
    says,
    () => deleteEach(resources),
    () => {
      note(resources, false);
      undone();
    },
  );
}
