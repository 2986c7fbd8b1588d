/* All datasets: searched, sorted and paged by the server; some chosen to be deleted. */

import { useEffect, useState } from "preact/hooks";
import { Command, Empty, ErrorBox, Loading } from "../components/basics";
import { TokenPager, useTokenPages } from "../components/token_pages";
import * as format from "../format";
import { useResource, useSettled } from "../hooks";
import { useKept } from "../kept";
import { useLeaving } from "../leaving";
import { href, Link, useQuery } from "../route";
import { idOf, quoted } from "../names";
import { DATASETS, datasetLeaving, KINDS, type Dataset } from "./dataset_types";
import { DatasetsTable } from "./datasets_table";
import { deleteDatasets } from "./dataset_deeds";

const PAGE_SIZE = 50;
const REFRESH_MS = 5000;
const NEWEST = "createTime desc";

interface Answer {
  datasets?: Dataset[];
  nextPageToken?: string;
}

function listPath(name: string, kind: string, sort: string): string {
  const terms: string[] = [];
  if (name) terms.push(`display_name:${quoted(`*${name}*`)}`);
  if (kind) terms.push(`metadata_schema_uri:${quoted(`*/${kind}_*`)}`);
  return `${DATASETS}?${new URLSearchParams({ filter: terms.join(" AND "), orderBy: sort, pageSize: String(PAGE_SIZE) })}`;
}

export function DatasetsPage() {
  const [name, setName] = useQuery("name");
  const [kind, setKind] = useQuery("kind");
  const [sort, setSort] = useQuery("sort", NEWEST);
  const [chosen, setChosen] = useState<string[]>([]);
  const leaving = useLeaving();
  const list = listPath(useSettled(name, 250), kind, sort);
  const pages = useTokenPages(list);
  const { data, error } = useResource<Answer>(list + (pages.token && `&pageToken=${encodeURIComponent(pages.token)}`), REFRESH_MS, leaving.turn);
  const shown = useKept(data);
  const rows = (shown?.datasets ?? []).filter((dataset) => !leaving.has(datasetLeaving(dataset)));
  const isNarrowed = name !== "" || kind !== "";

  useEffect(() => {
    document.title = "Datasets · assay";
  }, []);

  const narrowed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setChosen([]);
    pages.show(1, "");
  };
  const picked = rows.filter((dataset) => chosen.includes(idOf(dataset.name)));
  const remove = () => {
    setChosen([]);
    deleteDatasets(picked);
  };

  return (
    <>
      <div class="page-head">
        <div>
          <h1>Datasets</h1>
        </div>
      </div>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <input type="search" aria-label="Search in names" placeholder="Search in names" value={name} onInput={(event) => narrowed(setName)(event.currentTarget.value)} />
        <select aria-label="Kind" value={kind} onChange={(event) => narrowed(setKind)(event.currentTarget.value)}>
          <option value="">All kinds</option>
          {KINDS.map((known) => <option value={known.id}>{known.label}</option>)}
        </select>
        {isNarrowed && <Link to={href("/datasets", { sort: sort === NEWEST ? undefined : sort })} class="button small">Show all</Link>}
      </form>
      {picked.length > 0 && (
        <div class="card row deeds" role="region" aria-label="The datasets that are chosen">
          <strong>{format.count(picked.length)} {picked.length === 1 ? "dataset" : "datasets"} chosen</strong>
          <button type="button" class="is-danger" onClick={remove}>Delete</button>
          <button type="button" class="small" onClick={() => setChosen([])}>Choose none</button>
        </div>
      )}
      <ErrorBox error={error} />
      {!shown && !error && <Loading what="Loading the datasets" />}
      {shown && rows.length === 0 && <Empty>{isNarrowed ? "No dataset is like this." : <NoDatasets />}</Empty>}
      {rows.length > 0 && <DatasetsTable rows={rows} sort={sort} onSort={narrowed(setSort)} chosen={chosen} onChoose={setChosen} />}
      <TokenPager pages={pages} next={shown?.nextPageToken} />
    </>
  );
}

function NoDatasets() {
  return (
    <>
      <p>There are no datasets yet. A table stays where it is and is split when a training wants it; images and texts are imported.</p>
      <p><Command text="assay datasets create wine.csv --name wine" /></p>
      <p><Command text="assay datasets create --kind text --name films" /></p>
    </>
  );
}
