/* Trials as rows, however many: the page has only those that are seen. */

import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import type { Trial } from "../../types";
import { useLongScroll } from "./long_scroll";
import type { Column } from "./trial_columns";
import type { TrialPages } from "./trial_pages";

const ROW_PX = 34;
const HEAD_PX = 36;
const CHOICE_PX = 40;
const MOST_ROWS = 18; // in view

export interface Order {
  key: string;
  isDescending: boolean;
}

interface TrialsTableProps {
  columns: Column[];
  pages: TrialPages;
  fresh: number; // changes when what is shown may be old
  order: Order;
  onOrder: (order: Order) => void;
  chosen: Set<number>;
  onChoose: (trial: number, isChosen: boolean) => void;
}

function nextOrder(order: Order, column: Column): Order {
  if (order.key !== column.id) return { key: column.id, isDescending: false };
  return { key: column.id, isDescending: !order.isDescending };
}

function HeadCell({ column, order, onOrder }: { column: Column; order: Order; onOrder: (order: Order) => void }) {
  const isOrder = order.key === column.id;
  return (
    <th scope="col" class={column.isNumber ? "num" : ""} aria-sort={isOrder ? (order.isDescending ? "descending" : "ascending") : undefined}>
      <button type="button" title={column.label} onClick={() => onOrder(nextOrder(order, column))}>
        <span class="cut">{column.label}</span>
        {isOrder && <span aria-hidden="true">{order.isDescending ? "▾" : "▴"}</span>}
      </button>
    </th>
  );
}

interface RowProps {
  place: number;
  trial: Trial | undefined;
  columns: Column[];
  isChosen: boolean;
  onChoose: (trial: number, isChosen: boolean) => void;
}

/* A row that scrolls along is not drawn anew. */
function Row({ place, trial, columns, isChosen, onChoose }: RowProps) {
  return useMemo(() => drawnRow({ place, trial, columns, isChosen, onChoose }), [place, trial, columns, isChosen, onChoose]);
}

function drawnRow({ place, trial, columns, isChosen, onChoose }: RowProps) {
  if (!trial)
    return (
      <tr aria-rowindex={place + 2}>
        <td />
        {columns.map((_, i) => (
          <td class="quiet">{i === 0 ? "…" : ""}</td>
        ))}
      </tr>
    );
  const id = Number(trial.trial.id);
  return (
    <tr aria-rowindex={place + 2} class={isChosen ? "is-chosen" : ""}>
      <td>
        <input type="checkbox" checked={isChosen} aria-label={`Choose trial ${id}`} onChange={(event) => onChoose(id, event.currentTarget.checked)} />
      </td>
      {columns.map((column) => (
        <td class={column.isNumber ? "num" : ""} title={column.group === "parameter" ? String(column.text(trial) ?? "") : undefined}>
          {column.show(trial)}
        </td>
      ))}
    </tr>
  );
}

export function TrialsTable({ columns, pages, fresh, order, onOrder, chosen, onChoose }: TrialsTableProps) {
  const count = pages.count ?? 0;
  const kept = useRef(onChoose);
  kept.current = onChoose;
  const choose = useCallback((trial: number, isChosen: boolean) => kept.current(trial, isChosen), []);
  const scroll = useLongScroll(count, ROW_PX, HEAD_PX);
  const places = Array.from({ length: Math.max(0, scroll.rows) }, (_, i) => scroll.first + i);
  const last = scroll.first + Math.max(1, scroll.rows);
  useEffect(() => pages.look(scroll.first, last, fresh), [pages.query, scroll.first, last, fresh]);
  const width = CHOICE_PX + columns.reduce((sum, column) => sum + column.width, 0);
  const height = HEAD_PX + ROW_PX * Math.min(MOST_ROWS, Math.max(1, count)) + 16;
  return (
    <div
      ref={scroll.box}
      class="trials-scroll"
      role="region"
      aria-label="Trials"
      tabIndex={0}
      style={{ height: `min(${height}px, calc(100vh - 150px))` }}
      onScroll={scroll.onScroll}
      onKeyDown={scroll.onKeyDown}
    >
      <div class="trials-sizer" style={{ height: `${scroll.sizer}px`, minWidth: `${width}px` }}>
        <div class="trials-view" style={{ height: `${scroll.height}px` }}>
          <table class="trials-table" aria-rowcount={count + 1}>
            <caption class="sr-only">Trials; a column's name sorts by it</caption>
            <colgroup>
              <col style={{ width: `${CHOICE_PX}px` }} />
              {columns.map((column) => (
                <col style={{ width: `${column.width}px` }} />
              ))}
            </colgroup>
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col">
                  <span class="sr-only">Chosen</span>
                </th>
                {columns.map((column) => (
                  <HeadCell column={column} order={order} onOrder={onOrder} />
                ))}
              </tr>
            </thead>
            <tbody style={{ transform: `translateY(${-scroll.offset}px)` }}>
              {places.map((place) => {
                const trial = pages.at(place);
                return <Row key={place} place={place} trial={trial} columns={columns} isChosen={trial !== undefined && chosen.has(Number(trial.trial.id))} onChoose={choose} />;
              })}
            </tbody>
          </table>
        </div>
      </div>
    </div>
  );
}
