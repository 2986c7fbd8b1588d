import { useEffect, useState } from "preact/hooks";

/* The newest that came, also while something else is asked for: a table does not vanish while one types. */
export function useKept<T>(data: T | null): T | null {
  const [kept, setKept] = useState(data);
  useEffect(() => {
    if (data) setKept(data);
  }, [data]);
  return data ?? kept;
}
