/* The items of a dataset, by pages, each with what it was annotated with. */

import { useState } from "preact/hooks";
import { Card, Command, Empty, ErrorBox, Loading } from "../components/basics";
import { TokenPager, useTokenPages } from "../components/token_pages";
import * as format from "../format";
import { useResource, useSettled } from "../hooks";
import { useKept } from "../kept";
import { useQuery } from "../route";
import { idOf, ownLabels, quoted, SYSTEM_LABEL } from "../names";
import { datasetPath, type Annotation, type DataItem, type DataItemView, type SavedQuery } from "./dataset_types";

const PAGE_SIZE = 25;
const TEXT_MAX = 1000; // characters of an item that are shown; some are whole books
const IMPORTED = ["image", "text"]; // videos are not
const USES = ["training", "validation", "test"];

interface Answer {
  dataItemViews?: DataItemView[];
  nextPageToken?: string;
}

function searchPath(id: string, use: string, set: string, annotated: string): string {
  const query = new URLSearchParams({ pageSize: String(PAGE_SIZE) });
  if (use) query.set("dataItemFilter", `labels.${SYSTEM_LABEL}ml_use=${use}`);
  if (set) query.set("savedQuery", set);
  if (set && annotated) query.set("annotationsFilter", `display_name=${quoted(annotated)}`);
  return `${datasetPath(id)}:searchDataItems?${query}`;
}

export function DatasetItems({ id, count, kind }: { id: string; count: number; kind: string }) {
  const [use, setUse] = useQuery("use");
  const [set, setSet] = useQuery("set");
  const [annotated, setAnnotated] = useQuery("annotated");
  const sets = useResource<{ savedQueries?: SavedQuery[] }>(count > 0 ? `${datasetPath(id)}/savedQueries` : null);
  const query = sets.data?.savedQueries?.find((one) => one.displayName === set);
  const list = searchPath(id, use, query?.name ?? "", useSettled(annotated, 250));
  const pages = useTokenPages(list);
  /* A set is known by its name in the address, by its resource name to the server. */
  const isReady = count > 0 && (set === "" || sets.data !== null);
  const { data, error } = useResource<Answer>(isReady ? list + (pages.token && `&pageToken=${encodeURIComponent(pages.token)}`) : null, 0, count);
  const shown = useKept(data);
  const narrowed = (change: (value: string) => void) => (value: string) => {
    change(value);
    pages.show(1, "");
  };

  if (count === 0)
    return (
      <Card title="Items">
        <Empty>
          <p>Nothing has been imported yet.</p>
          {IMPORTED.includes(kind) && <Command text={`assay datasets import ${id} ${kind}.jsonl --schema ${kind}_classification_single_label`} />}
        </Empty>
      </Card>
    );
  return (
    <Card title={`${format.count(count)} ${count === 1 ? "item" : "items"}`}>
      <form class="row items-filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <select aria-label="Set" value={use} onChange={(event) => narrowed(setUse)(event.currentTarget.value)}>
          <option value="">For any use</option>
          {USES.map((one) => <option value={one}>For {one}</option>)}
        </select>
        {(sets.data?.savedQueries?.length ?? 0) > 0 && (
          <select aria-label="Annotation set" value={set} onChange={(event) => narrowed(setSet)(event.currentTarget.value)}>
            <option value="">Any annotation set</option>
            {sets.data?.savedQueries?.map((one) => <option value={one.displayName}>{one.displayName}</option>)}
          </select>
        )}
        {query && (
          <input type="search" aria-label="Annotated as" placeholder="Annotated as" value={annotated} onInput={(event) => narrowed(setAnnotated)(event.currentTarget.value)} />
        )}
      </form>
      <ErrorBox error={error ?? sets.error} />
      {!shown && !error && <Loading what="Loading the items" />}
      {shown && !shown.dataItemViews && <Empty>No item is like this.</Empty>}
      {shown?.dataItemViews && <Items of={shown.dataItemViews} />}
      <TokenPager pages={pages} next={shown?.nextPageToken} />
    </Card>
  );
}

function Items({ of }: { of: DataItemView[] }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Items">
      <table>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Annotations</th>
            <th scope="col">Use</th>
          </tr>
        </thead>
        <tbody>
          {of.map(({ dataItem, annotations, hasTruncatedAnnotations }) => (
            <tr key={dataItem.name}>
              <td class="is-wide is-roomy">
                <Content item={dataItem} />
                <div class="quiet mono">{idOf(dataItem.name)}</div>
                {ownLabels(dataItem.labels).map(([name, value]) => <div class="quiet text">{name}: {value}</div>)}
              </td>
              <td>
                {annotations ? <Annotations of={annotations} /> : <span class="quiet">none</span>}
                {hasTruncatedAnnotations && <span class="quiet">and more</span>}
              </td>
              <td class="nowrap">{dataItem.labels?.[`${SYSTEM_LABEL}ml_use`] ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Content({ item }: { item: DataItem }) {
  const { textContent, gcsUri, mimeType } = item.payload ?? {};
  if (typeof textContent === "string")
    return <div class="clip text" dir="auto">{textContent.length > TEXT_MAX ? `${textContent.slice(0, TEXT_MAX)} …` : textContent}</div>;
  if (typeof gcsUri !== "string") return <div class="mono text">{JSON.stringify(item.payload ?? {}).slice(0, TEXT_MAX)}</div>;
  const isImage = typeof mimeType === "string" && mimeType.startsWith("image/");
  return (
    <div class="row">
      {isImage && <Thumbnail uri={gcsUri} />}
      <span class="mono text">{gcsUri}</span>
    </div>
  );
}

/* Of a bucket of this server; what cannot be shown leaves its name alone. */
function Thumbnail({ uri }: { uri: string }) {
  const [isBroken, setBroken] = useState(false);
  const [, bucket, object] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (!object || isBroken) return null;
  const source = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}?alt=media`;
  return <img class="thumbnail" src={source} alt="" loading="lazy" onError={() => setBroken(true)} />;
}

/* What an annotation says, in a word where it has one. */
function said(annotation: Annotation): string {
  const { displayName, sentiment } = annotation.payload ?? {};
  if (typeof displayName === "string") return displayName;
  return sentiment === undefined ? JSON.stringify(annotation.payload ?? {}) : String(sentiment);
}

function Annotations({ of }: { of: Annotation[] }) {
  return (
    <ul class="annotations">
      {of.map((annotation) => {
        const set = annotation.labels?.[`${SYSTEM_LABEL}annotation_set_name`];
        return (
          <li key={annotation.name} title={JSON.stringify(annotation.payload).slice(0, TEXT_MAX)}>
            <span class="text">{said(annotation)}</span>
            {set && <span class="quiet text"> in {set}</span>}
          </li>
        );
      })}
    </ul>
  );
}
