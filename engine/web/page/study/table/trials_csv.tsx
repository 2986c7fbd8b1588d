/* All trials of the current filter and order as a file, page by page. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api";
import { download } from "../../components/basics";
import { csv } from "../../components/chart";
import { say } from "../../components/toast";
import { asApiError } from "../../hooks";
import type { TrialsWindow } from "../../types";
import type { Column } from "./trial_columns";
import { windowPath } from "./trial_pages";

const PAGE = 500;

interface TrialsCsvProps {
  job: string;
  name: string;
  orderBy: string;
  filter: string;
  columns: Column[];
}

export function TrialsCsv({ job, name, orderBy, filter, columns }: TrialsCsvProps) {
  const [part, setPart] = useState<number | null>(null); // of the whole; null: nothing is under way
  const aborter = useRef<AbortController | null>(null);
  useEffect(() => () => aborter.current?.abort(), []);

  const save = async () => {
    const mine = new AbortController();
    aborter.current = mine;
    setPart(0);
    try {
      const pieces: string[] = [];
      for (let offset = 0; ; offset += PAGE) {
        const page = await api.get<TrialsWindow>(windowPath(job, orderBy, filter, offset, PAGE), mine.signal);
        const text = csv(Object.fromEntries(columns.map((column) => [column.label, page.trials.map(column.text)])));
        pieces.push(offset === 0 ? text : text.slice(text.indexOf("\n") + 1));
        if (offset + page.trials.length >= page.count || page.trials.length === 0) break;
        setPart((offset + PAGE) / page.count);
      }
      download(`${name}-trials.csv`, new Blob(pieces, { type: "text/csv;charset=utf-8" }));
    } catch (cause) {
      if (!mine.signal.aborted) say(asApiError(cause).message, "bad");
    }
    setPart(null);
  };

  return part === null ? (
    <button type="button" class="small" onClick={save} title="All trials of this filter, with the columns that are shown">
      CSV
    </button>
  ) : (
    <button type="button" class="small" onClick={() => aborter.current?.abort()}>
      CSV {Math.floor(100 * part)} % · stop
    </button>
  );
}
