import { useMemo } from "react";
import { deferred } from "../../../components/Loading/deferred.tsx";
import { streamOf } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { Job } from "../../api/wire.ts";

/** Charts are heavy: they come when they are looked at. */
const Curves = deferred(async () => (await import("../../components/Curves/Curves.tsx")).Curves);

/** The metrics of a job and of its nodes. */
export function metricNames(job: Job): string[] {
  const names = [job, ...job.children].flatMap((each) => Object.keys(each.metrics));
  return [...new Set(names)].sort();
}

/** A chart for each metric; of a pipeline with the curves of those of its nodes that logged any. */
export function MetricsTab({ place, job }: { place: Place; job: Job }) {
  const jobs = useMemo(
    () =>
      [job, ...job.children]
        .filter(({ metrics }) => Object.keys(metrics).length > 0)
        .map(({ name, key, displayName }) => ({ name, title: key ?? displayName })),
    [job],
  );
  return (
    <Curves place={place} jobs={jobs} names={metricNames(job)} stream={streamOf(place, job)} />
  );
}
