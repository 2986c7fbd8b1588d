/* The token, once: the server answers with a cookie that scripts cannot read. */

import { useState } from "preact/hooks";
import { api, type ApiError } from "./api";
import { ErrorBox } from "./components/basics";
import { asApiError } from "./hooks";

export function Login({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await api.post("/web/login", { token: token.trim() });
      onDone();
    } catch (cause) {
      setError(asApiError(cause));
    }
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>Sign in to assay</h1>
        <p>
          This server asks for its token. It is in the file <code>token</code> of the server's state folder.
        </p>
        <label>
          Token
          <input type="password" name="token" autocomplete="current-password" required value={token} onInput={(event) => setToken(event.currentTarget.value)} />
        </label>
        <ErrorBox error={error} />
        <button type="submit" class="is-primary">Sign in</button>
      </form>
    </main>
  );
}
