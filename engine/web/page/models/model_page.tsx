/* One model: its versions; of the chosen one what made it, what differs from another, its files. */

import { useEffect } from "preact/hooks";
import { api, word } from "../api";
import { Card, Command, ErrorBox, Facts, Loading, Time } from "../components/basics";
import { Deed, Menu } from "../components/menu";
import { saying } from "../components/toast";
import * as format from "../format";
import { useResource } from "../hooks";
import { deleteWithUndo, isolated, useLeaving } from "../leaving";
import { go, href, Link, useQuery } from "../route";
import { AliasField } from "./alias_field";
import { ModelFiles } from "./model_files";
import { ModelLineage } from "./model_lineage";
import { isDefault, modelId, modelLeaving, MODELS, versionLeaving, versionName, viewPath, type Model, type VersionView } from "./model_types";
import { VersionDiff } from "./version_diff";
import { Aliases, Labels } from "./version_words";

interface Verified {
  versions: { damaged: { path: string; why: string }[] }[];
}

const REFRESH_MS = 5000;
const VERSIONS_SHOWN = 1000; // as many as the server gives at once

export function ModelPage({ model: id }: { model: string }) {
  const leaving = useLeaving();
  const list = useResource<{ models?: Model[]; nextPageToken?: string }>(`${MODELS}/${word(id)}:listVersions?pageSize=${VERSIONS_SHOWN}`, REFRESH_MS, leaving.turn);
  const [wanted, setVersion] = useQuery("version");
  const versions = (list.data?.models ?? []).filter((model) => !leaving.has(versionLeaving(model)));
  const chosen = versions.find((model) => model.versionId === wanted) ?? versions.find(isDefault) ?? versions[0];
  const view = useResource<VersionView>(chosen ? viewPath(id, chosen.versionId) : null, 0, chosen?.versionUpdateTime);
  const name = chosen?.displayName || id;
  useEffect(() => {
    document.title = `${name} · assay`;
  }, [name]);
  if (!chosen)
    return (
      <>
        <h1>Model {id}</h1>
        {list.error ? <ErrorBox error={list.error} /> : <Loading />}
      </>
    );
  return (
    <>
      <Head model={chosen} onChanged={list.reload} />
      <ErrorBox error={list.error ?? view.error} />
      {chosen.description && <p class="text">{chosen.description}</p>}
      <Versions of={versions} isCut={list.data?.nextPageToken !== undefined} chosen={chosen} onChoose={setVersion} />
      <Card title={`Version ${chosen.versionId}`}>
        {chosen.versionDescription && <p class="text">{chosen.versionDescription}</p>}
        <Facts
          of={[
            ["Created", <Time at={chosen.versionCreateTime} />],
            ["Labels", <Labels of={chosen.labels} />],
            ["Serving container", <span class="mono text">{chosen.containerSpec?.imageUri ?? "–"}</span>],
            ["Artifact", <span class="mono text">{chosen.artifactUri ?? "–"}</span>],
          ]}
        />
        <AliasField model={chosen} onChanged={list.reload} />
      </Card>
      {view.data && <ModelLineage of={view.data} />}
      <VersionDiff id={id} chosen={chosen} view={view.data} versions={versions} />
      {view.data?.artifact && <ModelFiles model={chosen} artifact={view.data.artifact} />}
    </>
  );
}

function Head({ model, onChanged }: { model: Model; onChanged: () => void }) {
  const id = modelId(model);
  const back = () => go(href(`/models/${id}`));
  const remove = () => {
    go(href("/models"));
    deleteWithUndo(`The model ${isolated(model.displayName || id)} will be deleted with all its versions.`, [modelLeaving(model)], back);
  };
  const removeVersion = () => {
    back();
    deleteWithUndo(`Version ${model.versionId} of ${isolated(model.displayName || id)} will be deleted.`, [versionLeaving(model)], onChanged);
  };
  const verify = () =>
    saying(`The files of version ${model.versionId} are as they were.`, async () => {
      const answer = await api.post<Verified>(`/assay/v1/models/${word(versionName(model))}:verify`);
      const damaged = answer.versions.flatMap((version) => version.damaged);
      if (damaged.length > 0) throw new Error(damaged.map((file) => `${file.path}: ${file.why}`).join("; "));
    });
  return (
    <div class="page-head">
      <div>
        <div class="crumbs">
          <Link to={href("/models")}>Models</Link> / {id}
        </div>
        <h1>{model.displayName || id}</h1>
      </div>
      <Menu label="Actions">
        <Deed label={`Verify the files of version ${model.versionId}`} onDo={verify} />
        <Deed
          label={`Delete version ${model.versionId}`}
          isDanger
          refusal={isDefault(model) && "It is the default version: give that alias to another one first."}
          onDo={removeVersion}
        />
        <Deed label="Delete the model" isDanger onDo={remove} />
      </Menu>
    </div>
  );
}

interface VersionsProps {
  of: Model[];
  isCut: boolean; // there are older ones
  chosen: Model;
  onChoose: (version: string) => void;
}

function Versions({ of, isCut, chosen, onChoose }: VersionsProps) {
  return (
    <Card title="Versions" class="table-box" tools={<Command text={`assay models show ${versionName(chosen)}`} />}>
      <table aria-label="Versions">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Aliases</th>
            <th scope="col">Description</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {of.map((model) => (
            <tr key={model.versionId} class={model === chosen ? "is-chosen" : ""}>
              <td>
                <label class="is-inline">
                  <input type="radio" name="version" checked={model === chosen} onChange={() => onChoose(model.versionId)} /> {model.versionId}
                </label>
              </td>
              <td><Aliases of={model} /></td>
              <td class="text">{model.versionDescription || "–"}</td>
              <td class="nowrap"><Time at={model.versionCreateTime} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      {isCut && <p class="quiet">These are the newest {format.count(of.length)}; <code>assay models show {modelId(chosen)}@VERSION</code> shows older ones.</p>}
    </Card>
  );
}
