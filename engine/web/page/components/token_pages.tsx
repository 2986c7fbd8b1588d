/* Pages of a list whose next one is found by a token. Page and token stand in the address; the way back is what was walked. */

import { useRef } from "preact/hooks";
import { useQuery } from "../route";

export interface TokenPages {
  page: number; // 1 is the first
  token: string; // of this page; "": the first
  show: (page: number, token: string) => void;
  tokenOf: (page: number) => string | undefined; // undefined: nobody was there
}

/* `list` names what is listed, with its filter: another list's tokens mean nothing here. */
export function useTokenPages(list: string): TokenPages {
  const [place, setPlace] = useQuery("page");
  const walked = useRef({ list, tokens: new Map<number, string>() });
  if (walked.current.list !== list) walked.current = { list, tokens: new Map() };
  const dot = place.indexOf(".");
  const token = dot > 0 ? place.slice(dot + 1) : "";
  const page = token ? Math.max(2, Number(place.slice(0, dot)) || 2) : 1;
  walked.current.tokens.set(page, token);
  return {
    page,
    token,
    show: (to, by) => setPlace(by ? `${to}.${by}` : ""),
    tokenOf: (of) => walked.current.tokens.get(of),
  };
}

interface TokenPagerProps {
  pages: TokenPages;
  next?: string; // the answer's nextPageToken
}

/* Nothing where there is one page only. */
export function TokenPager({ pages, next }: TokenPagerProps) {
  if (pages.page === 1 && !next) return null;
  const before = pages.page === 2 ? "" : pages.tokenOf(pages.page - 1);
  return (
    <nav class="row pages" aria-label="Pages">
      {pages.page > 2 && before === undefined ? (
        <button type="button" onClick={() => pages.show(1, "")}>First page</button>
      ) : (
        <button type="button" disabled={pages.page === 1} onClick={() => pages.show(pages.page - 1, before ?? "")}>Previous</button>
      )}
      <span class="num">Page {pages.page}</span>
      <button type="button" disabled={!next} onClick={() => next && pages.show(pages.page + 1, next)}>Next</button>
    </nav>
  );
}
