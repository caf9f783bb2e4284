import { Slider, Switch } from "@fluentui/react-components";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useResource } from "../../../api/resource.ts";
import { useQueryState } from "../../../app/query.ts";
import { EmptyState } from "../../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../../components/ErrorBox/ErrorBox.tsx";
import { ChoiceField } from "../../../components/FilterBar/FilterBar.tsx";
import { Loading } from "../../../components/Loading/Loading.tsx";
import { useSeen } from "../../../components/Loading/useSeen.ts";
import { MetricChart } from "../../../components/MetricChart/MetricChart.tsx";
import { curves } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { Curve } from "../../api/wire.ts";
import { type Axis, axisOf, formatMetric, valuesOf } from "../../text/numbers.ts";
import styles from "./Curves.module.css";

/** Charts whose curves are fetched together; so many are shown at first. */
const TOGETHER = 12;
/** Milliseconds in which answers for several jobs are drawn as one. */
const GATHERING = 40;
const AXES = { step: "step", time: "time", relative: "seconds" } as const;

export interface Shown {
  name: string;
  title: string;
}

/** Where the curves of charts come from. */
interface Source {
  place: Place;
  jobs: Shown[];
  /** Tells of new values of all the jobs. */
  stream: string | undefined;
  /** A pipeline may stand for its nodes. */
  withNodes?: boolean;
}

/** How curves are drawn. */
interface Drawing {
  axis: Axis;
  isLogarithmic: boolean;
  weight: number;
}

/** The metrics of one or more jobs: a chart each, drawn when it comes into view. */
export function Curves({ names, ...source }: Source & { names: string[] }) {
  const [query, change] = useQueryState();
  const [all, setAll] = useState(false);
  const axis = axisNamed(query.get("axis"));
  const isLogarithmic = query.get("log") === "1";
  const weight = weightOf(query.get("smooth"));
  const smoothingId = useId();
  if (names.length === 0) {
    return (
      <EmptyState title="No metric yet">
        What a script logs with <code>mlflow.log_metric</code> appears here while it runs.
      </EmptyState>
    );
  }
  const shown = all ? names : names.slice(0, TOGETHER);
  const parts = Array.from({ length: Math.ceil(shown.length / TOGETHER) }, (_, at) =>
    shown.slice(at * TOGETHER, (at + 1) * TOGETHER),
  );
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
      {parts.map((part, at) => (
        <Part key={at} source={source} names={part} drawing={{ axis, isLogarithmic, weight }} />
      ))}
      {shown.length < names.length ? (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          Show all {names.length} metrics
        </button>
      ) : null}
    </div>
  );
}

function axisNamed(text: string | null): Axis {
  return text === "time" || text === "relative" ? text : "step";
}

/** How much is smoothed: 0 is none, and what is no such number. */
function weightOf(text: string | null): number {
  const weight = Number(text);
  return weight > 0 && weight < 1 ? weight : 0;
}

/** Some charts and their curves, which are fetched once one of them is near the window. */
function Part({ source, names, drawing }: { source: Source; names: string[]; drawing: Drawing }) {
  const box = useRef<HTMLDivElement>(null);
  const isSeen = useSeen(box, "300px");
  const [found, keep] = useGathered(source.jobs.length);
  return (
    <div ref={box} className={styles.charts}>
      {isSeen
        ? source.jobs.map((job) => (
            <Fetched key={job.name} source={source} job={job} names={names} onCurves={keep} />
          ))
        : null}
      {names.map((name) => (
        <section key={name} className={styles.part} aria-label={name}>
          {isSeen ? (
            <Metric jobs={source.jobs} name={name} found={found} {...drawing} />
          ) : (
            <Loading rows={2} />
          )}
        </section>
      ))}
    </div>
  );
}

type Found = Record<string, Record<string, Curve>>;

/** The curves of jobs, and how to add to them: what comes at nearly one time is drawn at once. */
function useGathered(count: number): [Found, (job: string, curves: Record<string, Curve>) => void] {
  const [found, setFound] = useState<Found>({});
  const waiting = useRef<Found>({});
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const show = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const added = waiting.current;
    waiting.current = {};
    setFound((known) => ({ ...known, ...added }));
  };
  const keep = (job: string, curves: Record<string, Curve>) => {
    waiting.current = { ...waiting.current, [job]: curves };
    if (Object.keys(waiting.current).length >= count) show();
    else timer.current ??= setTimeout(show, GATHERING);
  };
  return [found, keep];
}

function Metric({
  jobs,
  name,
  found,
  axis,
  isLogarithmic,
  weight,
}: Drawing & { jobs: Shown[]; name: string; found: Found }) {
  const drawn = useMemo(
    () =>
      jobs.flatMap(({ name: job, title }) => {
        const curve = found[job]?.[name];
        return curve ? [{ job, title, curve }] : [];
      }),
    [jobs, name, found],
  );
  const series = useMemo(
    () =>
      drawn.map(({ title, curve }) => ({
        name: title,
        x: axisOf(curve, axis),
        y: valuesOf(curve),
      })),
    [drawn, axis],
  );
  if (drawn.length > 0 && drawn.every(({ curve }) => isOnePoint(curve))) {
    return <Points title={name} jobs={drawn} isNamed={jobs.length > 1} />;
  }
  return (
    <MetricChart
      title={name}
      series={series}
      axis={AXES[axis]}
      isLogarithmic={isLogarithmic}
      smoothing={weight}
      group="metrics"
    />
  );
}

/** Whether a metric was logged for one step only: then its last value is all there is. */
function isOnePoint({ steps }: Curve): boolean {
  return steps.every((step) => step === steps[0]);
}

/** The curves of one job; shows nothing itself, unless they cannot be had. */
function Fetched({
  source: { place, stream, withNodes = false },
  job,
  names,
  onCurves,
}: {
  source: Source;
  job: Shown;
  names: string[];
  onCurves: (job: string, curves: Record<string, Curve>) => void;
}) {
  const { data, error, refetch } = useResource(curves(place, job.name, names, stream, withNodes));
  const metrics = data?.metrics;
  const latest = useRef(onCurves);
  latest.current = onCurves;
  useEffect(() => {
    if (metrics) latest.current(job.name, metrics);
  }, [metrics, job.name]);
  return error ? <ErrorBox error={error} onRetry={() => void refetch()} /> : null;
}

/** A metric that was logged once is a number, not a curve. */
function Points({
  title,
  jobs,
  isNamed,
}: {
  title: string;
  jobs: { job: string; title: string; curve: Curve }[];
  isNamed: boolean;
}) {
  return (
    <figure className={styles.figure}>
      <figcaption>{title}</figcaption>
      <dl className={styles.points}>
        {jobs.map(({ job, title: named, curve }) => (
          <div key={job}>
            {isNamed ? <dt>{named}</dt> : <dt className="visually-hidden">Value</dt>}
            <dd>{formatMetric(curve.values.at(-1))}</dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}
