/*
 * A shell beside a trial, over REST: what is typed goes there in order, what it prints comes once and in order, also over a
 * connection that is lost in between. More is asked for only when what came was taken.
 */

import { api, ApiError, word } from "../api";
import { asApiError } from "../hooks";

export type ShellState = "connecting" | "open" | "lost" | "busy" | "over"; // busy: it does not read what is typed

export interface ShellPlace {
  job: string;
  trial: string;
  replica?: string;
}

export interface ShellSize {
  rows: number;
  cols: number;
}

interface ShellHandlers {
  state: (state: ShellState) => void;
  error: (error: ApiError) => void; // there will be no shell
  output: (bytes: Uint8Array) => Promise<void>; // resolved: further bytes are welcome
  skipped: (count: number) => void; // bytes that the server no longer has
}

interface Output {
  offset: string;
  data: string;
  isOver: boolean;
}

const AGAIN_MS = 1000;
const TYPED_MAX = 16 * 1024; // bytes in a request: what is pasted may be long
const UNAVAILABLE = 503;
const SHELLS = "/assay/v1/shells";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

export class ShellLink {
  private id = "";
  private isClosed = false;
  private typed = new Uint8Array(); // not taken yet
  private typedBefore = 0; // bytes that were taken
  private isSending = false;
  private size: ShellSize | null = null;
  private readonly aborter = new AbortController();

  constructor(private readonly on: ShellHandlers) {}

  /* Returns when the shell has ended, or was closed. */
  async run(place: ShellPlace, { rows, cols }: ShellSize): Promise<void> {
    this.on.state("connecting");
    try {
      this.id = (await api.post<{ id: string }>(SHELLS, { ...place, rows, columns: cols })).id;
    } catch (error) {
      this.on.error(asApiError(error));
      return;
    }
    if (this.isClosed) return this.close(); // somebody left meanwhile
    this.on.state("open");
    void this.send();
    await this.read();
  }

  type(text: string): void {
    const added = new TextEncoder().encode(text);
    const all = new Uint8Array(this.typed.length + added.length);
    all.set(this.typed);
    all.set(added, this.typed.length);
    this.typed = all;
    void this.send();
  }

  resize(size: ShellSize): void {
    this.size = size;
    void this.send();
  }

  /* The page may be going away: the request outlives it. */
  close(): void {
    this.isClosed = true;
    this.aborter.abort();
    if (this.id) void fetch(this.path(), { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => {});
    this.id = "";
  }

  private path(): string {
    return `${SHELLS}/${word(this.id)}`;
  }

  private async read(): Promise<void> {
    let after = 0;
    while (!this.isClosed) {
      const output = await this.ask(() => api.get<Output>(`${this.path()}?after=${after}`, this.aborter.signal));
      if (!output) return;
      const bytes = fromBase64(output.data);
      const offset = Number(output.offset);
      if (offset > after) this.on.skipped(offset - after);
      after = offset + bytes.length;
      if (bytes.length > 0) await this.on.output(bytes);
      if (output.isOver) break;
    }
    if (!this.isClosed) this.on.state("over");
  }

  /* One request at a time, or letters would change places; each says where it begins, so that it may be sent again. */
  private async send(): Promise<void> {
    if (this.isSending || !this.id) return;
    this.isSending = true;
    while (!this.isClosed && (this.typed.length > 0 || this.size)) {
      const size = this.size;
      const part = this.typed.slice(0, TYPED_MAX);
      const write = { data: toBase64(part), offset: this.typedBefore };
      this.size = null;
      if (size && !(await this.ask(() => api.post(`${this.path()}:resize`, { rows: size.rows, columns: size.cols })))) break;
      if (part.length > 0 && !(await this.ask(() => api.post(`${this.path()}:write`, write)))) break;
      this.typed = this.typed.slice(part.length);
      this.typedBefore += part.length;
    }
    this.isSending = false;
  }

  /* Until it succeeds; null: the shell is not there any more. */
  private async ask<T>(what: () => Promise<T>): Promise<T | null> {
    for (let tries = 0; !this.isClosed; tries++) {
      try {
        const answer = await what();
        if (tries > 0) this.on.state("open");
        return answer;
      } catch (error) {
        if (this.isClosed) return null;
        const { status } = asApiError(error);
        if (status !== 0 && status !== UNAVAILABLE) {
          this.on.state("over");
          return null;
        }
        this.on.state(status === 0 ? "lost" : "busy");
        await pause(AGAIN_MS);
      }
    }
    return null;
  }
}
