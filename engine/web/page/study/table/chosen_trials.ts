/* Which trials are chosen, in the address: the table, the plots and the comparison share it. */

import { useMemo } from "preact/hooks";
import { useWord } from "../plots/words";

const MOST = 500; // an address has an end

export function useChosenTrials(): [number[], (trials: number[]) => void] {
  const [word, setWord] = useWord("trials");
  const chosen = useMemo(() => word.split(",").map(Number).filter((trial) => Number.isInteger(trial) && trial > 0), [word]);
  const set = (trials: number[]) => setWord([...new Set(trials)].slice(0, MOST).join(","));
  return [chosen, set];
}
