/* The aliases of a version, each with a button that takes it away, and a field for one more. */

import { useState } from "preact/hooks";
import { api } from "../api";
import { saying } from "../components/toast";
import { versionPath, type Model } from "./model_types";

export function AliasField({ model, onChanged }: { model: Model; onChanged: () => void }) {
  const [alias, setAlias] = useState("");
  const change = async (says: string, wanted: string) => {
    const isDone = await saying(says, () => api.post(`${versionPath(model)}:mergeVersionAliases`, { versionAliases: [wanted] }));
    if (isDone) onChanged();
    return isDone;
  };
  const add = async (event: Event) => {
    event.preventDefault();
    const wanted = alias.trim();
    if (wanted && (await change(`Version ${model.versionId} has the alias ${wanted}.`, wanted))) setAlias("");
  };
  return (
    <form class="row under" onSubmit={add}>
      <span class="quiet">Aliases</span>
      {(model.versionAliases ?? []).map((one) =>
        one === "default" ? (
          <span key={one} class="badge tone-good" title="It is moved by giving it to another version">{one}</span>
        ) : (
          <button key={one} type="button" class="small" aria-label={`Take the alias ${one} away`} onClick={() => change(`The alias ${one} is gone.`, `-${one}`)}>
            {one} <span aria-hidden="true">✕</span>
          </button>
        ),
      )}
      <input type="text" aria-label="One more alias" placeholder="gold, default, …" value={alias} maxLength={128} onInput={(event) => setAlias(event.currentTarget.value)} />
      <button type="submit" disabled={alias.trim() === ""}>Add the alias</button>
    </form>
  );
}
