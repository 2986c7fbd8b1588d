/* What every field of the wizard shares: the document, how to change it, and what the server found wrong with it. */

import { createContext } from "preact";
import { useContext, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Fault } from "../api";
import { fieldOf, type Path, type TrainingDocument } from "./document";
import type { Shape, What } from "./shape";
import { stepOf, type StepId } from "./steps";

export interface Wizard {
  doc: TrainingDocument;
  shape: Shape;
  edit: (change: (doc: TrainingDocument) => void) => void;
  reshape: (what: What, isTuning: boolean) => void;
  sourceDir: string;
  setSourceDir: (dir: string) => void;
  faults: FaultBook;
}

/* Which field shows which fault: the one it is of, else the nearest around it that is on the page. */
export interface FaultBook {
  at: (field: string) => string[];
  claim: (field: string) => () => void;
}

const WizardContext = createContext<Wizard | null>(null);
export const WizardProvider = WizardContext.Provider;

export function useWizard(): Wizard {
  const wizard = useContext(WizardContext);
  if (!wizard) throw new Error("a field stands outside of the wizard");
  return wizard;
}

function spelled(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
}

function isWithin(field: string, claim: string): boolean {
  return field === claim || (field.startsWith(claim) && /[.[]/.test(field[claim.length]));
}

/* Of the faults of other steps only those are shown here that are of a field of this one. */
export function useFaultBook(faults: Fault[], step: StepId): FaultBook {
  const claims = useRef(new Map<string, number>());
  const [, draw] = useState(0);
  return useMemo(() => {
    const ownerOf = (fault: Fault): string => {
      let owner = "";
      for (const claim of claims.current.keys())
        if (claim.length > owner.length && isWithin(spelled(fault.field), claim)) owner = claim;
      return owner;
    };
    return {
      at: (field) =>
        faults
          .filter((fault) => ownerOf(fault) === field && (spelled(fault.field) === field || stepOf(fault) === step))
          .map((fault) => fault.message),
      claim: (field) => {
        claims.current.set(field, (claims.current.get(field) ?? 0) + 1);
        draw((n) => n + 1);
        return () => {
          const left = (claims.current.get(field) ?? 1) - 1;
          if (left > 0) claims.current.set(field, left);
          else claims.current.delete(field);
        };
      },
    };
  }, [faults, step]);
}

/* The faults that are to be shown at a path, for as long as it is on the page. */
export function useFaults(path: Path): string[] {
  const { faults } = useWizard();
  const field = fieldOf(path);
  useLayoutEffect(() => faults.claim(field), [faults, field]);
  return faults.at(field);
}
