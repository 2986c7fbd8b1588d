/* Where a plot keeps what was chosen in it: in the address of the page, or, in a report that was
 * opened from a disk, behind the # of its own. */

import { createContext } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";
import { useQuery } from "../../route";

type UseWord = (name: string, otherwise?: string) => [string, (value: string) => void];

export const Words = createContext<UseWord>(useQuery);

export function useWord(name: string, otherwise = ""): [string, (value: string) => void] {
  return useContext(Words)(name, otherwise);
}

export function useFlag(name: string): [boolean, (isOn: boolean) => void] {
  const [word, setWord] = useWord(name);
  return [word === "1", (isOn) => setWord(isOn ? "1" : "")];
}

const hashWords = () => new URLSearchParams(location.hash.slice(1));

export function useHashWord(name: string, otherwise = ""): [string, (value: string) => void] {
  const [value, setValue] = useState(() => hashWords().get(name) ?? otherwise);
  useEffect(() => {
    const moved = () => setValue(hashWords().get(name) ?? otherwise);
    moved();
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, [name, otherwise]);
  const set = useCallback(
    (next: string) => {
      const words = hashWords();
      if (next === otherwise) words.delete(name);
      else words.set(name, next);
      location.replace("#" + words.toString());
    },
    [name, otherwise],
  );
  return [value, set];
}
