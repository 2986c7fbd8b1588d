import { Time } from "../components/basics";
import { Heading, type Column } from "../components/heading";
import * as format from "../format";
import { href, Link } from "../route";
import { idOf } from "../names";
import { isTable, kindLabel, kindOf, sourcesOf, type Dataset } from "./dataset_types";

interface DatasetsTableProps {
  rows: Dataset[];
  sort: string; // "createTime desc"
  onSort: (sort: string) => void;
  chosen: string[]; // ids
  onChoose: (ids: string[]) => void;
}

const COLUMNS: Column[] = [
  { label: "Name", by: "displayName" },
  { label: "Kind" },
  { label: "Items", isNumber: true },
  { label: "Source" },
  { label: "Created", by: "createTime" },
  { label: "Changed", by: "updateTime" },
];

export function DatasetsTable({ rows, sort, onSort, chosen, onChoose }: DatasetsTableProps) {
  const ids = rows.map((dataset) => idOf(dataset.name));
  const isAll = ids.every((id) => chosen.includes(id));
  const choose = (id: string) => onChoose(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <div class="card table-box is-flush" tabIndex={0} role="region" aria-label="Datasets">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <input type="checkbox" aria-label="Choose all datasets of this page" checked={isAll} onChange={() => onChoose(isAll ? [] : ids)} />
            </th>
            {COLUMNS.map((column) => <Heading key={column.label} {...column} sort={sort} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody>
          {rows.map((dataset) => {
            const id = idOf(dataset.name);
            return (
              <tr key={id} class={chosen.includes(id) ? "is-chosen" : ""}>
                <td>
                  <input type="checkbox" aria-label={`Choose ${dataset.displayName || id}`} checked={chosen.includes(id)} onChange={() => choose(id)} />
                </td>
                <td>
                  <Link to={href(`/datasets/${id}`)} class="name">{dataset.displayName || id}</Link>
                  <div class="quiet mono">{id}</div>
                </td>
                <td class="nowrap">{kindLabel(kindOf(dataset))}</td>
                <td class="num">{isTable(dataset) ? "–" : format.count(dataset.dataItemCount ?? 0)}</td>
                <td><Sources of={sourcesOf(dataset)} /></td>
                <td class="nowrap"><Time at={dataset.createTime} /></td>
                <td class="nowrap"><Time at={dataset.updateTime} /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/* The first one; how many there are besides. */
function Sources({ of }: { of: string[] }) {
  if (of.length === 0) return <>–</>;
  return (
    <>
      <span class="mono" title={of[0]}>{of[0]}</span>
      {of.length > 1 && <div class="quiet">and {format.count(of.length - 1)} more</div>}
    </>
  );
}
