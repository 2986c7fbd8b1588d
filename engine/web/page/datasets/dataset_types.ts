/* Datasets as the API has them, and how they are asked for. */

import { word } from "../api";
import type { Leaving } from "../leaving";
import { idOf } from "../names";

export interface Dataset {
  name: string;
  displayName: string;
  description?: string;
  metadataSchemaUri: string;
  metadata?: { inputConfig?: { gcsSource?: { uri?: string[] } } } | null;
  dataItemCount?: string;
  createTime: string;
  updateTime: string;
  labels?: Record<string, string>;
}

/* A table's files as they are now: GET /assay/v1/datasets/ID/table. */
export interface Table {
  columnCount: number;
  columns: string[];
  files: { uri: string; sizeBytes?: string; updateTime?: string }[];
}

export interface Annotation {
  name: string;
  payloadSchemaUri: string;
  payload?: Record<string, unknown>;
  labels?: Record<string, string>;
}

export interface DataItem {
  name: string;
  labels?: Record<string, string>;
  payload?: Record<string, unknown>;
}

export interface DataItemView {
  dataItem: DataItem;
  annotations?: Annotation[];
  hasTruncatedAnnotations?: boolean;
}

export interface SavedQuery {
  name: string;
  displayName: string;
}

export const KINDS: { id: string; label: string }[] = [
  { id: "tabular", label: "Table" },
  { id: "time_series", label: "Time series" },
  { id: "image", label: "Images" },
  { id: "text", label: "Texts" },
  { id: "video", label: "Videos" },
];

/* "tabular" of …/metadata/tabular_1.0.0.yaml. */
export function kindOf(dataset: Dataset): string {
  return /\/metadata\/([a-z_]+?)_\d/.exec(dataset.metadataSchemaUri)?.[1] ?? "";
}

export const kindLabel = (kind: string) => KINDS.find((known) => known.id === kind)?.label ?? kind;
export const isTable = (dataset: Dataset) => /^(tabular|time_series)$/.test(kindOf(dataset));
export const sourcesOf = (dataset: Dataset) => dataset.metadata?.inputConfig?.gcsSource?.uri ?? [];

/* All projects and locations: whoever may look at the page may look at all of them. */
export const DATASETS = "/v1/projects/-/locations/-/datasets";
export const datasetPath = (id: string) => `${DATASETS}/${word(id)}`;
export const datasetLeaving = (dataset: Dataset): Leaving => ({ path: datasetPath(idOf(dataset.name)), createTime: dataset.createTime });
