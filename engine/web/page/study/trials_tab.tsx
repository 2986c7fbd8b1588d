/* The table of trials: the server sorts and filters, the page has the rows that are seen. */

import { useMemo } from "preact/hooks";
import { Card, Empty, ErrorBox, Loading } from "../components/basics";
import * as format from "../format";
import { useWord } from "./plots/words";
import { Chooser } from "./plots/scale_toggle";
import type { StudyView } from "./study_view";
import { useChosenTrials } from "./table/chosen_trials";
import { columnsOf, memberKey, usualColumns } from "./table/trial_columns";
import { useTrialPages } from "./table/trial_pages";
import { TrialsCompare } from "./table/trials_compare";
import { TrialsCsv } from "./table/trials_csv";
import { TrialsFilter } from "./table/trials_filter";
import { TrialsTable, type Order } from "./table/trials_table";

function orderOf(word: string): Order {
  const isDescending = word.endsWith(" desc");
  return { key: isDescending ? word.slice(0, -5) : word, isDescending };
}

export function TrialsTab({ view }: { view: StudyView }) {
  const { job } = view;
  const [orderBy, setOrderBy] = useWord("order", "number desc");
  const [filter, setFilter] = useWord("filter");
  const [columnWord, setColumnWord] = useWord("columns");
  const [chosen, setChosen] = useChosenTrials();
  const columns = useMemo(() => columnsOf(job), [job.id, job.metricIds?.join(), job.parameterIds?.join()]);
  const usual = useMemo(() => usualColumns(columns), [columns]);
  const shownIds = columnWord ? columnWord.split("~") : usual;
  const shown = columns.filter((column) => column.id === "number" || shownIds.includes(column.id));
  const pages = useTrialPages(job.id, orderBy, filter);
  const isBadFilter = pages.error?.status === 400 && filter !== "";

  const show = (id: string, isShown: boolean) => {
    const next = columns.map((column) => column.id).filter((each) => (each === id ? isShown : shownIds.includes(each)));
    setColumnWord(next.join() === usual.join() ? "" : next.join("~"));
  };
  const choose = (trial: number, isChosen: boolean) => setChosen(isChosen ? [...chosen, trial] : chosen.filter((each) => each !== trial));
  const example = view.metricId ? `${memberKey("metrics", view.metricId)} < 0.3 AND state="SUCCEEDED"` : 'state="SUCCEEDED"';
  return (
    <>
      <TrialsCompare job={job.id} trials={chosen} lookup={view.lookup} onClear={() => setChosen([])} />
      <Card
        title={pages.count === null ? "Trials" : `${format.count(pages.count)} ${pages.count === 1 ? "trial" : "trials"}`}
        tools={
          <>
            <Chooser label={`Columns (${shown.length} of ${columns.length})`}>
              {columns.map((column) => (
                <label class="is-inline">
                  <input
                    type="checkbox"
                    checked={shown.includes(column)}
                    disabled={column.id === "number"}
                    onChange={(event) => show(column.id, event.currentTarget.checked)}
                  />
                  <span class="text">{column.label}</span>
                  {column.group !== "trial" && <span class="quiet">{column.group}</span>}
                </label>
              ))}
            </Chooser>
            <TrialsCsv job={job.id} name={view.name} orderBy={orderBy} filter={filter} columns={shown} />
          </>
        }
      >
        <TrialsFilter filter={filter} onFilter={setFilter} example={example} error={isBadFilter ? pages.error!.message : null} chosen={chosen} />
        {!isBadFilter && <ErrorBox error={pages.error} />}
        {pages.count === null && !pages.error && <Loading what="Loading trials" />}
        {pages.count === 0 && <Empty>{filter ? "No trial is like that." : "There are no trials yet."}</Empty>}
        <TrialsTable
          columns={shown}
          pages={pages}
          fresh={view.fresh}
          order={orderOf(orderBy)}
          onOrder={(order) => setOrderBy(order.key + (order.isDescending ? " desc" : ""))}
          chosen={new Set(chosen)}
          onChoose={choose}
        />
      </Card>
    </>
  );
}
