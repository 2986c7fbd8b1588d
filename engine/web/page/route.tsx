/* Where the page is: the path below /web and the query. Every view has an address of its own, so
 * what a view shows (tab, plot, selection, sort) belongs into the query: useQuery(). */

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

const BASE = "/web";
const MOVED = "assay:moved";

export interface Place {
  path: string; // "/jobs/123", never with a slash at its end but for "/"
  query: URLSearchParams;
}

function here(): Place {
  const path = location.pathname.slice(BASE.length).replace(/\/+$/, "") || "/";
  return { path, query: new URLSearchParams(location.search) };
}

export function href(path: string, query?: Record<string, string | undefined>): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== "") words.set(name, value);
  const text = words.toString();
  return BASE + path + (text ? "?" + text : "");
}

/* A shell's view has a looser policy of its own, so the way there and back is a load. */
const isShell = (path: string) => path.endsWith("/shell");

/* Goes to an address made by href(). */
export function go(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push" && (isShell(location.pathname) || isShell(address.split("?")[0]))) {
    location.assign(address);
    return;
  }
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  dispatchEvent(new Event(MOVED));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  return place;
}

/* A word of the query, and how to change it without a new entry in the history. */
export function useQuery(name: string, otherwise = ""): [string, (value: string) => void] {
  const place = usePlace();
  const set = useCallback(
    (value: string) => {
      const query = new URLSearchParams(location.search);
      if (value === otherwise) query.delete(name);
      else query.set(name, value);
      const text = query.toString();
      go(location.pathname + (text ? "?" + text : ""), "replace");
    },
    [name, otherwise],
  );
  return [place.query.get(name) ?? otherwise, set];
}

/* Path words of a pattern like "/jobs/:job/trials/:trial"; null: it is another path. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const words: Record<string, string> = {};
  if (wanted.length !== given.length) return null;
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i].startsWith(":")) words[wanted[i].slice(1)] = decodeURIComponent(given[i]);
    else if (wanted[i] !== given[i]) return null;
  }
  return words;
}

interface LinkProps {
  to: string; // made by href()
  children: ComponentChildren;
  class?: string;
  title?: string;
  "aria-current"?: "page" | undefined;
}

/* An ordinary link that does not load the page anew. */
export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
    scrollTo(0, 0);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
