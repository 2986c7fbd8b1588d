/* One trial, as it is now: asked for once, and then as the job's stream tells of it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { trialPath, type ApiError } from "../api";
import { useLiveJob, useResource } from "../hooks";
import type { Job, Measurement, Trial } from "../types";
import type { WatchStatus } from "../watch";

export interface LiveTrial {
  job: Job | null;
  item: Trial | null;
  measurements: Measurement[];
  error: ApiError | null;
  status: WatchStatus;
  reload: () => void; // also after a deed that lets an ended job go on
}

export function useLiveTrial(jobId: string, trialId: string): LiveTrial {
  const [item, setItem] = useState<Trial | null>(null);
  const measurements = useRef<Measurement[]>([]);
  const frame = useRef(0);
  const [, draw] = useState(0);
  const asked = useResource<Trial>(trialPath(jobId, trialId));

  const take = (told: Trial) => {
    const known = told.trial.measurements ?? [];
    /* An event may be older than a report that has already come. */
    if (told.endOrder > 0 || known.length >= measurements.current.length) measurements.current = known;
    setItem(told);
  };
  const live = useLiveJob(jobId, {
    trial: (told) => {
      if (told.trial.id === trialId) take(told);
    },
    measurement: (event) => {
      if (event.trialId !== trialId) return;
      const list = measurements.current.slice(0, event.index);
      measurements.current = [...list, event.measurement];
      frame.current ||= requestAnimationFrame(() => {
        frame.current = 0;
        draw((n) => n + 1);
      });
    },
  });
  useEffect(() => {
    if (asked.data) take(asked.data);
  }, [asked.data]);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const reload = () => {
    asked.reload();
    live.rewatch();
  };
  return { job: live.job, item, measurements: measurements.current, error: asked.error ?? live.error, status: live.status, reload };
}
