/* One dataset: what is in it, who trains on it and with which split. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Card, Command, ErrorBox, Facts, hasEnded, Loading, Time } from "../components/basics";
import { Deed, Menu } from "../components/menu";
import * as format from "../format";
import { useResource } from "../hooks";
import type { Pipeline } from "../pipelines/pipeline_types";
import { go, href, Link } from "../route";
import { DatasetExports } from "./dataset_exports";
import { DatasetItems } from "./dataset_items";
import { DatasetSplits } from "./dataset_splits";
import { DatasetTable } from "./dataset_table";
import { idOf, ownLabels } from "../names";
import { datasetPath, isTable, kindLabel, kindOf, type Dataset, type Table } from "./dataset_types";
import { deleteDatasets } from "./dataset_deeds";

const REFRESH_MS = 5000;

export function DatasetPage({ dataset: id }: { dataset: string }) {
  const { data: dataset, error } = useResource<Dataset>(datasetPath(id), REFRESH_MS);
  const pipelines = useResource<{ pipelines: Pipeline[] }>(`/assay/v1/pipelines?dataset=${encodeURIComponent(id)}`, REFRESH_MS);
  const isFiles = dataset !== null && isTable(dataset);
  const table = useResource<Table>(isFiles ? `/assay/v1/datasets/${encodeURIComponent(id)}/table` : null);
  useEffect(() => {
    document.title = `${dataset?.displayName || id} · assay`;
  }, [dataset?.displayName, id]);
  if (!dataset)
    return (
      <>
        <h1>Dataset {id}</h1>
        {error ? <ErrorBox error={error} /> : <Loading />}
      </>
    );
  return (
    <>
      <Head dataset={dataset} isBeingSplit={(pipelines.data?.pipelines ?? []).some((one) => !one.data && !hasEnded(one.state))} />
      <ErrorBox error={error ?? pipelines.error} />
      {dataset.description && <p class="text">{dataset.description}</p>}
      <Card title="Facts">
        <Facts of={factsOf(dataset, table.data, pipelines.data?.pipelines ?? [])} />
        <div class="row under">
          <Command text={`assay datasets show ${id}`} />
          <Command text={`datasetId: "${id}"`} />
        </div>
      </Card>
      {isFiles && <DatasetTable dataset={dataset} table={table} />}
      <DatasetSplits pipelines={pipelines.data?.pipelines} />
      {!isFiles && <DatasetItems id={id} count={Number(dataset.dataItemCount ?? 0)} kind={kindOf(dataset)} />}
      <DatasetExports id={id} />
    </>
  );
}

function Head({ dataset, isBeingSplit }: { dataset: Dataset; isBeingSplit: boolean }) {
  const id = idOf(dataset.name);
  const remove = () => {
    go(href("/datasets"));
    deleteDatasets([dataset], () => go(href(`/datasets/${id}`)));
  };
  return (
    <div class="page-head">
      <div>
        <div class="crumbs">
          <Link to={href("/datasets")}>Datasets</Link> / {id}
        </div>
        <h1>{dataset.displayName || id}</h1>
      </div>
      <Menu label="Actions">
        <Deed label="Delete" isDanger refusal={isBeingSplit && "A training is about to split it; cancel that first."} onDo={remove} />
      </Menu>
    </div>
  );
}

/* How many rows a table has is known from a split that left none out. */
function rowsOf(pipelines: Pipeline[]): ComponentChildren {
  const whole = pipelines.find(({ data, split }) => {
    const fractions = Object.values(split?.fractions ?? {});
    return data && split?.kind === "fractionSplit" && fractions.reduce((sum, one) => sum + one, 0) > 1 - 1e-9;
  });
  if (!whole?.data) return "Not counted yet";
  const { training, validation, test } = whole.data;
  return (
    <span title={`As of ${whole.startTime}`}>
      {format.count(training + validation + test)}, as <Link to={href(`/pipelines/${whole.id}`)}>{whole.displayName || whole.id}</Link> split it
    </span>
  );
}

function factsOf(dataset: Dataset, table: Table | null, pipelines: Pipeline[]): [string, ComponentChildren][] {
  const facts: [string, ComponentChildren][] = [["Kind", kindLabel(kindOf(dataset))]];
  if (isTable(dataset)) facts.push(["Rows", rowsOf(pipelines)], ["Columns", table ? format.count(table.columnCount) : "–"]);
  else facts.push(["Items", format.count(dataset.dataItemCount ?? 0)]);
  facts.push(["Created", <Time at={dataset.createTime} />]);
  if (dataset.updateTime !== dataset.createTime) facts.push(["Changed", <Time at={dataset.updateTime} />]);
  for (const [name, value] of ownLabels(dataset.labels)) facts.push([`Label ${name}`, value]);
  return facts;
}
