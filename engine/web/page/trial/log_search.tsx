/* A text in the whole log, which the server looks through. */

import { useRef, useState } from "preact/hooks";
import { api, type ApiError } from "../api";
import { ErrorBox } from "../components/basics";
import * as format from "../format";
import { asApiError } from "../hooks";
import { logPath, type LogId } from "./use_log";

interface Match {
  offset: string;
  line: string;
}

interface LogSearchProps {
  id: LogId;
  text: string;
  onChoose: (offset: string) => void;
}

const LIMIT = 50;
const LINE_SHOWN = 240; // characters

export function LogSearch({ id, text, onChoose }: LogSearchProps) {
  const [matches, setMatches] = useState<Match[] | null>(null);
  const [next, setNext] = useState<string | undefined>("0");
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isAsked = useRef(false);

  /* The server looks at a part of a long log at a time: on, until there is something to show. */
  const search = async () => {
    if (isAsked.current) return;
    isAsked.current = true;
    setBusy(true);
    try {
      let from = next;
      let found: Match[] = [];
      while (from !== undefined && found.length === 0) {
        const part: { matches: Match[]; nextOffset?: string } = await api.get(logPath(id, "logs:search", { text, offset: from, limit: LIMIT }));
        found = part.matches;
        from = part.nextOffset;
      }
      setMatches([...(matches ?? []), ...found]);
      setNext(from);
      setError(null);
    } catch (cause) {
      setError(asApiError(cause));
    }
    isAsked.current = false;
    setBusy(false);
  };

  return (
    <div class="log-search" role="region" aria-label="Matches in the whole log">
      <ErrorBox error={error} />
      <div class="row">
        {next !== undefined && (
          <button type="button" class="small" disabled={isBusy} onClick={search}>
            {isBusy ? "Searching …" : matches === null ? "Search the whole log" : "Search on"}
          </button>
        )}
        {matches !== null && (
          <span class="quiet" role="status">
            {format.count(matches.length)} {matches.length === 1 ? "line" : "lines"}{next === undefined ? " in all" : " so far"}
          </span>
        )}
      </div>
      {matches !== null && matches.length > 0 && (
        <ul tabIndex={0} aria-label="Lines that have it">
          {matches.map((match) => (
            <li key={match.offset}>
              <button type="button" class="small" onClick={() => onChoose(match.offset)} title={`at byte ${match.offset}`}>
                <span class="text mono">{around(format.withoutControls(match.line), text)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/* Of a long line the part that has it. */
function around(line: string, text: string): string {
  const at = Math.max(0, line.toLowerCase().indexOf(text.toLowerCase()));
  const begin = Math.max(0, at - LINE_SHOWN / 3);
  const end = begin + LINE_SHOWN;
  return `${begin > 0 ? "… " : ""}${line.slice(begin, end)}${end < line.length ? " …" : ""}`;
}
