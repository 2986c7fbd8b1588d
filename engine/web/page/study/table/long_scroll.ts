/* To scroll through more rows than a browser lets an element be high: the bar is scaled, while the
 * wheel and the keys move by rows. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/* Browsers cut at 17 to 33 million pixels. */
const MOST_PX = 8_000_000;

export interface LongScroll {
  box: { current: HTMLDivElement | null };
  sizer: number; // height of what is scrolled, in pixels
  height: number; // of the box within its borders
  first: number; // the row at the top
  offset: number; // pixels of it that are above the top
  rows: number; // that are seen, in part or whole
  onScroll: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
  showRow: (row: number) => void;
}

export function useLongScroll(count: number, rowPx: number, headPx: number): LongScroll {
  const box = useRef<HTMLDivElement | null>(null);
  const [top, setTop] = useState(0); // of all rows, unscaled
  const [height, setHeight] = useState(600);
  const whole = count * rowPx + headPx;
  const sizer = Math.min(whole, MOST_PX);
  const reach = Math.max(0, whole - height); // top's greatest
  const track = Math.max(0, sizer - height); // scrollTop's greatest
  const isScaled = sizer < whole;
  const kept = useRef({ top, set: -1, reach, track });
  kept.current = { ...kept.current, reach, track };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const moveTo = useCallback((wanted: number) => {
    const now = kept.current;
    now.top = Math.min(now.reach, Math.max(0, wanted));
    setTop(now.top);
    const element = box.current;
    if (!element || now.reach === 0) return;
    element.scrollTop = (now.top / now.reach) * now.track;
    now.set = element.scrollTop;
  }, []);

  const onScroll = useCallback(() => {
    const now = kept.current;
    const scrolled = box.current!.scrollTop;
    if (Math.abs(scrolled - now.set) < 1) return; // it was moveTo()
    now.set = -1;
    now.top = now.track === 0 ? 0 : (scrolled / now.track) * now.reach;
    setTop(now.top);
  }, []);

  useEffect(() => {
    if (kept.current.top > reach) moveTo(reach);
  }, [reach]);

  /* A wheel's step is a step of rows, not of the scaled bar. */
  useEffect(() => {
    const element = box.current;
    if (!element || !isScaled) return;
    const turned = (event: WheelEvent) => {
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowPx : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? height : 1;
      moveTo(kept.current.top + event.deltaY * unit);
    };
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  }, [isScaled, height, rowPx]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      if (event.target !== box.current) return;
      const page = height - headPx - rowPx;
      const steps: Record<string, number> = { ArrowDown: rowPx, ArrowUp: -rowPx, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      moveTo(kept.current.top + step);
    },
    [height, rowPx, headPx],
  );

  const shown = Math.min(top, reach);
  const first = Math.min(Math.max(0, count - 1), Math.floor(shown / rowPx));
  return {
    box,
    sizer,
    height,
    first,
    offset: shown - first * rowPx,
    rows: Math.min(count - first, Math.ceil((height - headPx) / rowPx) + 1),
    onScroll,
    onKeyDown,
    showRow: (row) => moveTo(row * rowPx),
  };
}
