/* The trials of a report, a page at a time. */

import { useMemo, useState } from "preact/hooks";
import { Card, download } from "../components/basics";
import { csv } from "../components/chart";
import * as format from "../format";
import type { Job, Trial } from "../types";
import type { TrialLookup } from "./plots/trial_lookup";
import { columnsOf, usualColumns, type Column } from "./table/trial_columns";

const PAGE = 50;

interface Sorted {
  id: string;
  isDescending: boolean;
}

function compare(column: Column, isDescending: boolean) {
  const sign = isDescending ? -1 : 1;
  return (a: Trial, b: Trial) => {
    const [one, other] = [column.text(a), column.text(b)];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    const [x, y] = [Number(one), Number(other)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return sign * (x - y);
    return sign * String(one).localeCompare(String(other));
  };
}

interface ReportTrialsProps {
  job: Job;
  trials: Trial[];
  count: number; // of the study; not all need be here
  lookup: TrialLookup;
}

export function ReportTrials({ job, trials, count, lookup }: ReportTrialsProps) {
  const columns = useMemo(() => {
    const all = columnsOf(job);
    const usual = usualColumns(all);
    return all.filter((column) => usual.includes(column.id));
  }, [job]);
  const [order, setOrder] = useState<Sorted | null>(null);
  const [page, setPage] = useState(0);
  const rows = useMemo(() => {
    const column = columns.find((each) => each.id === order?.id);
    return column ? [...trials].sort(compare(column, order!.isDescending)) : trials;
  }, [trials, columns, order]);
  const pages = Math.ceil(rows.length / PAGE);
  const sortBy = (column: Column) => {
    setOrder({ id: column.id, isDescending: order?.id === column.id && !order.isDescending });
    setPage(0);
  };
  const save = () => download(`report-${job.id}-trials.csv`, csv(Object.fromEntries(columns.map((column) => [column.label, rows.map(column.text)]))), "text/csv;charset=utf-8");
  return (
    <Card
      title={rows.length < count ? `${format.count(rows.length)} of ${format.count(count)} trials: the best and the first` : `${format.count(count)} trials`}
      tools={
        <button type="button" class="small" onClick={save}>
          CSV
        </button>
      }
    >
      <div class="table-box" tabIndex={0} role="region" aria-label="Trials">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col" class={column.isNumber ? "num" : ""} aria-sort={order?.id === column.id ? (order.isDescending ? "descending" : "ascending") : undefined}>
                  <button type="button" onClick={() => sortBy(column)}>
                    <span class="cut">{column.label}</span>
                    <span aria-hidden="true">{order?.id === column.id ? (order.isDescending ? "▾" : "▴") : ""}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(page * PAGE, (page + 1) * PAGE).map((item) => (
              <tr key={item.trial.id}>
                {columns.map((column) => (
                  <td class={column.isNumber ? "num" : ""}>
                    {column.id === "number" ? (
                      <button type="button" class="link" onClick={() => lookup.open?.(Number(item.trial.id))}>
                        {item.trial.id}
                      </button>
                    ) : (
                      column.show(item)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav class="row under" aria-label="Pages of trials">
          <button type="button" class="small" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Back
          </button>
          <span class="quiet">
            {page + 1} of {pages}
          </span>
          <button type="button" class="small" disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
            Next
          </button>
        </nav>
      )}
    </Card>
  );
}
