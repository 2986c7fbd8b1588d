/* Models as the API has them, and how they are asked for. */

import { word } from "../api";
import { idOf } from "../names";
import type { Leaving } from "../leaving";
import type { ParameterValue } from "../types";

/* A version of a model, or, in the list of models, its default version. */
export interface Model {
  name: string;
  versionId: string;
  versionAliases?: string[];
  versionCreateTime: string;
  versionUpdateTime: string;
  versionDescription?: string;
  displayName: string;
  description?: string;
  labels?: Record<string, string>;
  artifactUri?: string;
  containerSpec?: { imageUri?: string };
  createTime: string;
  updateTime: string;
}

export interface Lineage {
  pipeline?: string; // whole names
  job?: string;
  dataset?: string;
  trial?: string;
  seed?: string;
  parameters?: Record<string, ParameterValue>;
  metrics?: Record<string, number>;
  document?: unknown;
}

export interface Artifact {
  digest: string;
  dir: string;
  fileCount: string;
  sizeBytes: string;
  files: { path: string; sizeBytes: string; sha256: string }[];
  push?: { state: string; error?: string };
}

/* GET /assay/v1/models/ID@VERSION. */
export interface VersionView {
  model: Model;
  lineage?: Lineage;
  artifact?: Artifact;
}

/* All projects and locations: whoever may look at the page may look at all of them. */
export const MODELS = "/v1/projects/-/locations/-/models";

/* "iris" of …/models/iris@2. */
export const modelId = (model: Model) => idOf(model.name).split("@")[0];
export const versionName = (model: Model) => `${modelId(model)}@${model.versionId}`;
export const isDefault = (model: Model) => (model.versionAliases ?? []).includes("default");
/* What is changed is named in full, by the project that it is in. */
export const resourcePath = (model: Model) => `/v1/${model.name.split("@")[0]}`;
export const versionPath = (model: Model) => `${resourcePath(model)}@${word(model.versionId)}`;
export const modelLeaving = (model: Model): Leaving => ({ path: resourcePath(model), createTime: model.createTime });
export const versionLeaving = (model: Model): Leaving => ({ path: `${versionPath(model)}:deleteVersion`, createTime: model.versionCreateTime });
export const viewPath = (id: string, version: string) => `/assay/v1/models/${word(id)}@${word(version)}`;
