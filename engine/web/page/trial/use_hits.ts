/* Where a text stands in what is shown: marked by the browser's highlights, which change no element. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Block } from "./log_text";

const HITS_MAX = 5000;

export interface Hits {
  count: number;
  isCut: boolean;
  current: number; // of the one gone to; -1: none yet
  go: (by: 1 | -1) => void;
}

function rangesIn(box: HTMLElement, needle: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.classList.contains("log-block") ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP,
  );
  for (let node = walker.nextNode(); node && ranges.length < HITS_MAX; node = walker.nextNode()) {
    const text = (node.nodeValue ?? "").toLowerCase();
    for (let at = text.indexOf(needle); at >= 0 && ranges.length < HITS_MAX; at = text.indexOf(needle, at + needle.length)) {
      if (at + needle.length > (node.nodeValue ?? "").length) break; // lower case can be longer
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + needle.length);
      ranges.push(range);
    }
  }
  return ranges;
}

/* Not all browsers have highlights; finding and going there works without. */
function mark(name: string, ranges: Range[]): void {
  if (typeof Highlight === "undefined") return;
  if (ranges.length === 0) CSS.highlights.delete(name);
  else CSS.highlights.set(name, new Highlight(...ranges));
}

export function useHits(box: { current: HTMLElement | null }, needle: string, blocks: Block[]): Hits {
  const ranges = useRef<Range[]>([]);
  const [state, setState] = useState({ count: 0, current: -1 });

  useEffect(() => {
    const look = () => {
      ranges.current = needle && box.current ? rangesIn(box.current, needle.toLowerCase()) : [];
      mark("found", ranges.current);
      setState((old) => ({ count: ranges.current.length, current: Math.min(old.current, ranges.current.length - 1) }));
    };
    /* A log that is followed changes often. */
    const timer = window.setTimeout(look, 150);
    return () => clearTimeout(timer);
  }, [needle, blocks]);
  useEffect(() => {
    setState((old) => ({ ...old, current: -1 }));
    mark("found-now", []);
  }, [needle]);
  useEffect(
    () => () => {
      mark("found", []);
      mark("found-now", []);
    },
    [],
  );

  const go = (by: 1 | -1) => {
    const { length } = ranges.current;
    if (length === 0) return;
    const current = state.current < 0 ? (by > 0 ? 0 : length - 1) : (state.current + by + length) % length;
    setState({ count: length, current });
    const range = ranges.current[current];
    mark("found-now", [range]);
    range.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
    const frame = box.current!.getBoundingClientRect();
    const place = range.getBoundingClientRect();
    box.current!.scrollTop += place.top - frame.top - frame.height / 2;
  };
  return { ...state, isCut: state.count >= HITS_MAX, go };
}
