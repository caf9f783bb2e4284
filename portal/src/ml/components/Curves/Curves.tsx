import { Slider, Switch } from "@fluentui/react-components";
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { useResource } from "../../../api/resource.ts";
import { useQueryState } from "../../../app/query.ts";
import { EmptyState } from "../../../components/EmptyState/EmptyState.tsx";
import { ChoiceField } from "../../../components/FilterBar/FilterBar.tsx";
import { Loading } from "../../../components/Loading/Loading.tsx";
import { MetricChart } from "../../../components/MetricChart/MetricChart.tsx";
import { curves } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { Curve } from "../../api/wire.ts";
import { type Axis, axisOf, formatMetric, valuesOf } from "../../text/numbers.ts";
import styles from "./Curves.module.css";

const SHOWN_AT_FIRST = 12;
const AXES = { step: "step", time: "time", relative: "seconds" } as const;

export interface Shown {
  name: string;
  title: string;
}

/** The metrics of one or more jobs: a chart each, drawn when it comes into view. `stream` tells of
 * new values of all of them. A pipeline may stand for its nodes. */
export function Curves({
  place,
  jobs,
  names,
  stream,
  withNodes = false,
}: {
  place: Place;
  jobs: Shown[];
  names: string[];
  stream: string | undefined;
  withNodes?: boolean;
}) {
  const [query, change] = useQueryState();
  const [all, setAll] = useState(false);
  const axis = (query.get("axis") ?? "step") as Axis;
  const isLogarithmic = query.get("log") === "1";
  const weight = Number(query.get("smooth") ?? 0);
  const smoothingId = useId();
  if (names.length === 0) {
    return (
      <EmptyState title="No metric yet">
        What a script logs with <code>mlflow.log_metric</code> appears here while it runs.
      </EmptyState>
    );
  }
  const shown = all ? names : names.slice(0, SHOWN_AT_FIRST);
  return (
    <div>
      <div className={styles.settings}>
        <ChoiceField
          label="By step"
          value={axis === "step" ? "" : axis}
          choices={[
            ["time", "By time"],
            ["relative", "By time since the begin"],
          ]}
          onChange={(value) => change({ axis: value })}
        />
        <Switch
          label="Logarithmic"
          checked={isLogarithmic}
          onChange={(_, { checked }) => change({ log: checked ? "1" : undefined })}
        />
        <div className={styles.smoothing}>
          <span id={smoothingId}>Smoothing</span>
          <Slider
            min={0}
            max={99}
            aria-labelledby={smoothingId}
            value={weight * 100}
            onChange={(_, { value }) => change({ smooth: value ? String(value / 100) : undefined })}
          />
        </div>
      </div>
      <div className={styles.charts}>
        {shown.map((name) => (
          <WhenSeen key={name} title={name}>
            <Metric
              place={place}
              jobs={jobs}
              name={name}
              stream={stream}
              withNodes={withNodes}
              axis={axis}
              isLogarithmic={isLogarithmic}
              weight={weight}
            />
          </WhenSeen>
        ))}
      </div>
      {shown.length < names.length ? (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          Show all {names.length} metrics
        </button>
      ) : null}
    </div>
  );
}

function Metric({
  place,
  jobs,
  name,
  stream,
  withNodes,
  axis,
  isLogarithmic,
  weight,
}: {
  place: Place;
  jobs: Shown[];
  name: string;
  stream: string | undefined;
  withNodes: boolean;
  axis: Axis;
  isLogarithmic: boolean;
  weight: number;
}) {
  const [found, setFound] = useState<Record<string, Curve>>({});
  const keep = (job: string, curve: Curve) => setFound((known) => ({ ...known, [job]: curve }));
  const drawn = useMemo(() => jobs.filter((job) => found[job.name]), [jobs, found]);
  const series = useMemo(
    () =>
      drawn.map((job) => {
        const curve = found[job.name] as Curve;
        return { name: job.title, x: axisOf(curve, axis), y: valuesOf(curve) };
      }),
    [drawn, found, axis],
  );
  const isPoint = drawn.length > 0 && drawn.every((job) => isOnePoint(found[job.name]));
  return (
    <>
      {jobs.map((job) => (
        <Fetched
          key={job.name}
          place={place}
          job={job}
          name={name}
          stream={stream}
          withNodes={withNodes}
          onCurve={keep}
        />
      ))}
      {isPoint ? (
        <Points title={name} jobs={drawn} found={found} />
      ) : (
        <MetricChart
          title={name}
          series={series}
          axis={AXES[axis]}
          isLogarithmic={isLogarithmic}
          smoothing={weight}
          group="metrics"
        />
      )}
    </>
  );
}

/** Whether a metric was logged for one step only: then its last value is all there is. */
function isOnePoint(curve: Curve | undefined): boolean {
  return curve !== undefined && new Set(curve.steps).size <= 1;
}

/** The curve of one job; shows nothing itself. */
function Fetched({
  place,
  job,
  name,
  stream,
  withNodes,
  onCurve,
}: {
  place: Place;
  job: Shown;
  name: string;
  stream: string | undefined;
  withNodes: boolean;
  onCurve: (job: string, curve: Curve) => void;
}) {
  const { data } = useResource(curves(place, job.name, [name], stream, withNodes));
  const curve = data?.metrics[name];
  const latest = useRef(onCurve);
  latest.current = onCurve;
  useEffect(() => {
    if (curve) latest.current(job.name, curve);
  }, [curve, job.name]);
  return null;
}

/** A metric that was logged once is a number, not a curve. */
function Points({
  title,
  jobs,
  found,
}: {
  title: string;
  jobs: Shown[];
  found: Record<string, Curve>;
}) {
  return (
    <figure className={styles.figure}>
      <figcaption>{title}</figcaption>
      <dl className={styles.points}>
        {jobs.map((job) => (
          <div key={job.name}>
            {jobs.length > 1 ? <dt>{job.title}</dt> : <dt className="visually-hidden">Value</dt>}
            <dd>{formatMetric(found[job.name]?.values.at(-1))}</dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}

/** A frame whose content is made once it is near the window. */
function WhenSeen({ title, children }: { title: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "300px" },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  return (
    <section ref={box} className={styles.part} aria-label={title}>
      {isSeen ? children : <Loading rows={2} />}
    </section>
  );
}
