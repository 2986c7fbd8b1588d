/* A plot's place, while it is not there: what is awaited, or why it cannot be shown. */

import type { ComponentChildren, JSX } from "preact";
import { Card, Empty, ErrorBox, Loading } from "../components/basics";
import type { PlotData } from "./use_plot";

interface PlotSlotProps<T> {
  title: string;
  of: PlotData<T>;
  show: (data: T) => JSX.Element | null;
  tools?: ComponentChildren; // that stay while the data is awaited
  isEmpty?: (data: T) => boolean;
  empty?: string;
}

export function PlotSlot<T>({ title, of, show, tools, isEmpty, empty = "There is nothing to show yet." }: PlotSlotProps<T>) {
  if (of.data !== null && !isEmpty?.(of.data)) return show(of.data);
  /* Too few trials, or no such objective: a fact, and no fault. */
  const isTooEarly = of.error?.code === "FAILED_PRECONDITION";
  return (
    <Card title={title} tools={tools}>
      {of.data !== null || (!of.error && !of.isLoading) ? <Empty>{empty}</Empty> : isTooEarly ? <Empty>{of.error!.message}</Empty> : of.error ? <ErrorBox error={of.error} /> : <Loading />}
    </Card>
  );
}
