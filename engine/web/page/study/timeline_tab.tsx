/* Who ran where and when, a few hundred trials at a time. */

import { useMemo } from "preact/hooks";
import * as format from "../format";
import type { Timeline } from "./plots/plot_types";
import { TimelinePlot } from "./plots/timeline_plot";
import { useWord } from "./plots/words";
import { PlotSlot } from "./plot_slot";
import type { StudyView } from "./study_view";
import { usePlot } from "./use_plot";

const SHOWN = 500;

export function TimelineTab({ view }: { view: StudyView }) {
  const [from, setFrom] = useWord("trial"); // the first that is shown; "": the newest
  const query = from ? { from, to: String(Number(from) + SHOWN - 1) } : undefined;
  const timeline = usePlot<Timeline>(view.plot("timeline", query), view.fresh + view.running.size, view.restMs);
  const now = useMemo(Date.now, [timeline.data]);
  const created = view.job.trialCounts?.created ?? 0;
  return (
    <PlotSlot
      title="Timeline"
      of={timeline}
      isEmpty={(data) => data.trial.length === 0}
      empty="No trial has started yet."
      show={(data) => {
        const first = Math.min(...data.trial);
        const last = Math.max(...data.trial);
        return (
          <TimelinePlot
            name={view.name}
            data={data}
            lookup={view.lookup}
            now={now}
            tools={
              created > data.trial.length && (
                <>
                  <span class="quiet">
                    Trials {format.count(first)} to {format.count(last)}
                  </span>
                  <button type="button" class="small" disabled={first <= 1} onClick={() => setFrom(String(Math.max(1, first - SHOWN)))}>
                    Earlier
                  </button>
                  <button type="button" class="small" disabled={!from} onClick={() => setFrom(last + SHOWN >= created ? "" : String(last + 1))}>
                    Later
                  </button>
                </>
              )
            }
          />
        );
      }}
    />
  );
}
