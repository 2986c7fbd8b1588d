/* All models: searched, sorted and paged by the server. */

import { useEffect } from "preact/hooks";
import { Command, Empty, ErrorBox, Loading, Time } from "../components/basics";
import { Heading, type Column } from "../components/heading";
import { TokenPager, useTokenPages } from "../components/token_pages";
import { useResource, useSettled } from "../hooks";
import { useKept } from "../kept";
import { useLeaving } from "../leaving";
import { quoted } from "../names";
import { href, Link, useQuery } from "../route";
import { modelId, modelLeaving, MODELS, type Model } from "./model_types";
import { Aliases, Labels } from "./version_words";

const PAGE_SIZE = 50;
const REFRESH_MS = 5000;
const NEWEST = "updateTime desc";
const COLUMNS: Column[] = [
  { label: "Name", by: "displayName" },
  { label: "Default version" },
  { label: "Labels" },
  { label: "Created", by: "createTime" },
  { label: "Changed", by: "updateTime" },
];

interface Answer {
  models?: Model[];
  nextPageToken?: string;
}

function listPath(name: string, sort: string): string {
  const filter = name ? `display_name:${quoted(`*${name}*`)}` : "";
  return `${MODELS}?${new URLSearchParams({ filter, orderBy: sort, pageSize: String(PAGE_SIZE) })}`;
}

export function ModelsPage() {
  const [name, setName] = useQuery("name");
  const [sort, setSort] = useQuery("sort", NEWEST);
  const leaving = useLeaving();
  const list = listPath(useSettled(name, 250), sort);
  const pages = useTokenPages(list);
  const { data, error } = useResource<Answer>(list + (pages.token && `&pageToken=${encodeURIComponent(pages.token)}`), REFRESH_MS, leaving.turn);
  const shown = useKept(data);
  const rows = (shown?.models ?? []).filter((model) => !leaving.has(modelLeaving(model)));

  useEffect(() => {
    document.title = "Models · assay";
  }, []);

  const narrowed = (set: (value: string) => void) => (value: string) => {
    set(value);
    pages.show(1, "");
  };

  return (
    <>
      <div class="page-head">
        <div>
          <h1>Models</h1>
        </div>
      </div>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <input type="search" aria-label="Search in names" placeholder="Search in names" value={name} onInput={(event) => narrowed(setName)(event.currentTarget.value)} />
      </form>
      <ErrorBox error={error} />
      {!shown && !error && <Loading what="Loading the models" />}
      {shown && rows.length === 0 && <Empty>{name ? "No model has such a name." : <NoModels />}</Empty>}
      {rows.length > 0 && <ModelsTable rows={rows} sort={sort} onSort={narrowed(setSort)} />}
      <TokenPager pages={pages} next={shown?.nextPageToken} />
    </>
  );
}

function ModelsTable({ rows, sort, onSort }: { rows: Model[]; sort: string; onSort: (sort: string) => void }) {
  return (
    <div class="card table-box is-flush" tabIndex={0} role="region" aria-label="Models">
      <table>
        <thead>
          <tr>
            {COLUMNS.map((column) => <Heading key={column.label} {...column} sort={sort} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody>
          {rows.map((model) => (
            <tr key={model.name}>
              <td>
                <Link to={href(`/models/${modelId(model)}`)} class="name">{model.displayName || modelId(model)}</Link>
                <div class="quiet mono">{modelId(model)}</div>
              </td>
              <td><span class="num">{model.versionId}</span> <Aliases of={model} /></td>
              <td><Labels of={model.labels} /></td>
              <td class="nowrap"><Time at={model.createTime} /></td>
              <td class="nowrap"><Time at={model.updateTime} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NoModels() {
  return (
    <>
      <p>There are no models yet. A training pipeline with a model to upload makes one; the model of a job's best trial becomes one by a command, as does any folder.</p>
      <p><Command text="assay models register last iris" /></p>
      <p><Command text="assay models upload ./trained iris" /></p>
    </>
  );
}
