/* The server's REST API, as any client has it. A failure is an ApiError with the server's own words. */

export interface Fault {
  field: string;
  message: string;
  line?: number;
}

export class ApiError extends Error {
  constructor(
    readonly status: number, // HTTP's; 0: the server could not be reached
    readonly code: string, // "NOT_FOUND", …
    message: string,
    readonly faults: Fault[] = [],
  ) {
    super(message);
  }
}

/* Called when the server wants a token; app.tsx shows the form then. */
let onDenied: () => void = () => {};
export function whenDenied(told: () => void): void {
  onDenied = told;
}

function errorOf(status: number, body: unknown): ApiError {
  const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {};
  const faults: Fault[] = [];
  for (const detail of (error.details as Record<string, unknown>[] | undefined) ?? [])
    for (const fault of (detail.fieldViolations as Record<string, string>[] | undefined) ?? [])
      faults.push({ field: fault.field ?? "", message: fault.description ?? "" });
  return new ApiError(
    status,
    String(error.status ?? "UNKNOWN"),
    String(error.message ?? `the server answered ${status}`),
    faults,
  );
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "UNREACHABLE", "The server cannot be reached. Is `assay serve` running?");
  }
  if (response.ok) return response;
  if (response.status === 403) onDenied();
  throw errorOf(response.status, await response.json().catch(() => null));
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(method, path, body, signal);
  return (await response.json()) as T;
}

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => json<T>("GET", path, undefined, signal),
  post: <T>(path: string, body: unknown = {}) => json<T>("POST", path, body),
  patch: <T>(path: string, body: unknown) => json<T>("PATCH", path, body),
  del: <T>(path: string) => json<T>("DELETE", path),
  bytes: async (path: string, signal?: AbortSignal) =>
    new Uint8Array(await (await ask("GET", path, undefined, signal)).arrayBuffer()),
  /* For what is read as it comes: a log that is followed. */
  stream: (path: string, signal: AbortSignal) => ask("GET", path, undefined, signal),
};

/* A path word: ids are plain, but nothing is taken for granted. */
export const word = (text: string | number) => encodeURIComponent(String(text));
export const jobPath = (job: string) => `/assay/v1/jobs/${word(job)}`;
export const trialPath = (job: string, trial: string | number) => `${jobPath(job)}/trials/${word(trial)}`;
