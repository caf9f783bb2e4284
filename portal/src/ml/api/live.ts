/** What the studio's streams tell, folded into what is shown. Pure: an event may come twice. */

import { Outdated } from "../../api/resource.ts";
import type { StreamEvent } from "../../api/stream.ts";
import { isOver } from "../../text/states.ts";
import type { JobFilter } from "./jobs.ts";
import { type Place, studioApi } from "./place.ts";
import type {
  Comparison,
  Curve,
  Curves,
  Graph,
  Job,
  JobEvent,
  JobPage,
  JobRow,
  LogEvent,
  MetricEvent,
} from "./wire.ts";

/** A curve with more points than this is fetched anew, thinned to what a screen can show. */
const MOST_POINTS = 2000;
/** So far back a value is looked for that may have been there already. */
const OVERLAP = 1000;
const PAGE = 50;

/** The stream of the list of jobs. */
export function jobsStream(place: Place): string {
  return studioApi(place, "live");
}

/** The stream of some jobs and their child jobs. */
export function jobStream(place: Place, ...names: string[]): string {
  const query = new URLSearchParams(names.map((name) => ["job", name]));
  return `${jobsStream(place)}?${query}`;
}

/** A page of the list with rows as they are now; a new job is put where it belongs. */
export function withRows(
  page: JobPage,
  events: StreamEvent[],
  filter: JobFilter,
): JobPage | "refetch" {
  if (hasGap(events)) return "refetch";
  let { value } = page;
  for (const row of rowsOf(events)) {
    const isKnown = value.some((known) => known.name === row.name);
    const others = isKnown ? value.filter((known) => known.name !== row.name) : value;
    if (!belongs(row, filter)) value = others;
    else if (isKnown) value = value.map((known) => (known.name === row.name ? row : known));
    else if (!filter.after) value = inserted(value, row, page.continuationToken !== null);
  }
  if (value === page.value) return page;
  const names = new Set(value.flatMap((row) => Object.keys(row.metrics)));
  return { ...page, value, metricNames: [...names].sort() };
}

/**
 * A job with what was told of it, its child jobs and its logs. Lines are told of one job only: the
 * one whose own stream it is, not those inside of it.
 */
export function withJobEvents(
  job: Job,
  events: StreamEvent[],
  isOwn: boolean,
): Job | "refetch" | Outdated<Job> {
  if (hasGap(events)) return "refetch";
  const rows = new Map(rowsOf(events).map((row) => [row.name, row]));
  let next = isOwn ? withLines(job, events) : job;
  const own = rows.get(job.name);
  if (own) next = { ...next, ...own, origin: own.origin ?? job.origin };
  if (job.children.some((child) => rows.has(child.name))) {
    const children = next.children.map((child) => rows.get(child.name) ?? child);
    next = { ...next, children, graph: withStates(next.graph, rows) };
  }
  // Its end has made more than a row tells: outputs, registered assets, the error's code.
  return isOver(next.status) && !isOver(job.status) ? new Outdated(next) : next;
}

/** Curves of a job with values that were logged since. */
export function withAddedValues(
  curves: Curves,
  events: StreamEvent[],
  job: string,
  withNodes: boolean,
): Curves | "refetch" | Outdated<Curves> {
  if (hasGap(events) || (withNodes && hasLoggingNode(events, curves, job))) return "refetch";
  let { metrics } = curves;
  for (const event of events) {
    if (event.type !== "metric") continue;
    const added = event.data as MetricEvent;
    const curve = metrics[added.name];
    if (added.job !== job || curve === undefined) continue;
    metrics = { ...metrics, [added.name]: extended(curve, added) };
  }
  if (metrics === curves.metrics) return curves;
  const next = { ...curves, metrics };
  const isLong = Object.values(metrics).some((curve) => curve.steps.length > MOST_POINTS);
  return isLong ? new Outdated(next) : next;
}

/** Jobs side by side with what was told of each. */
export function withComparedEvents(
  compared: Comparison,
  events: StreamEvent[],
): Comparison | "refetch" {
  if (hasGap(events)) return "refetch";
  let { jobs, params, metrics } = compared;
  for (const row of rowsOf(events)) {
    const at = jobs.findIndex((known) => known.name === row.root);
    if (at < 0) continue;
    // A node is told of by what it logged: it has no column of its own.
    jobs = jobs.map((known, index) =>
      index === at && known.name === row.name ? { ...known, ...row } : known,
    );
    metrics = withColumn(metrics, at, jobs.length, row.metrics);
    params = withColumn(params, at, jobs.length, row.params ?? {});
  }
  return jobs === compared.jobs ? compared : { ...compared, jobs, params, metrics };
}

function hasGap(events: StreamEvent[]): boolean {
  return events.some((event) => event.type === "gap");
}

/** Whether a node of the job logged what the curves show; which node's counts the server knows. */
function hasLoggingNode(events: StreamEvent[], curves: Curves, job: string): boolean {
  const names = Object.keys(curves.metrics);
  return rowsOf(events).some(
    (row) =>
      row.root === job && row.name !== job && names.some((name) => row.metrics[name] !== undefined),
  );
}

function rowsOf(events: StreamEvent[]): JobEvent[] {
  return events.filter((event) => event.type === "job").map((event) => event.data as JobEvent);
}

function belongs(row: JobRow, filter: JobFilter): boolean {
  const view = filter.view ?? "active";
  const text = filter.q?.toLowerCase();
  return (
    (view === "all" || row.archived === (view === "archived")) &&
    (!filter.status || row.status === filter.status) &&
    (!filter.experiment || row.experiment === filter.experiment) &&
    (!filter.compute || row.compute === filter.compute) &&
    (!filter.createdBy || row.createdBy === filter.createdBy) &&
    (!filter.tag || hasTag(row.tags, filter.tag)) &&
    (!text || `${row.name}\n${row.displayName}`.toLowerCase().includes(text))
  );
}

function hasTag(tags: Record<string, string>, wanted: string): boolean {
  const [name = "", ...value] = wanted.split("=");
  return name in tags && (value.length === 0 || String(tags[name]) === value.join("="));
}

/** The rows, newest first, with one more; one that is older than a page that goes on is not on it. */
function inserted(rows: JobRow[], row: JobRow, goesOn: boolean): JobRow[] {
  const at = rows.findIndex((known) => (known.created ?? "") <= (row.created ?? ""));
  if (at < 0) return goesOn ? rows : [...rows, row];
  const next = [...rows.slice(0, at), row, ...rows.slice(at)];
  return goesOn ? next.slice(0, Math.max(PAGE, rows.length)) : next;
}

function withStates(graph: Graph, rows: Map<string, JobRow>): Graph {
  const nodes = graph.nodes.map((node) => {
    const row = node.job === null ? undefined : rows.get(node.job);
    if (row === undefined) return node;
    return { ...node, status: row.status, started: row.started, finished: row.ended };
  });
  return { ...graph, nodes };
}

/** The logs of a job, as long as what was told of them. */
function withLines(job: Job, events: StreamEvent[]): Job {
  let { logs } = job;
  for (const event of events) {
    if (event.type !== "log") continue;
    const { log, firstLine, lines } = event.data as LogEvent;
    const count = firstLine - 1 + lines.length;
    const known = logs.find(({ name }) => name === log);
    if (known === undefined) logs = sorted([...logs, { name: log, lines: count, size: 0 }]);
    else if (known.lines < count) {
      logs = logs.map((each) => (each === known ? { ...known, lines: count } : each));
    }
  }
  return logs === job.logs ? job : { ...job, logs };
}

/** What the user's program printed comes first, as the server has it. */
function sorted(logs: Job["logs"]): Job["logs"] {
  const rank = ({ name }: { name: string }) => (name.startsWith("user_logs/std_log") ? 0 : 1);
  return logs.sort((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
}

/** A curve with more values, by time, each once. */
function extended(curve: Curve, added: MetricEvent): Curve {
  const key = (from: Curve | MetricEvent, at: number) =>
    `${from.times[at]} ${from.steps[at]} ${from.values[at]}`;
  const known = new Set<string>();
  for (let at = Math.max(0, curve.times.length - OVERLAP); at < curve.times.length; at++) {
    known.add(key(curve, at));
  }
  const fresh = added.times.map((_, at) => at).filter((at) => !known.has(key(added, at)));
  if (fresh.length === 0) return curve;
  const joined = {
    steps: [...curve.steps, ...fresh.map((at) => added.steps[at] as number)],
    times: [...curve.times, ...fresh.map((at) => added.times[at] as number)],
    values: [...curve.values, ...fresh.map((at) => added.values[at] as number | string)],
    count: curve.count + fresh.length,
  };
  return inOrder(joined);
}

function inOrder(curve: Curve): Curve {
  const { times, steps, values } = curve;
  if (times.every((time, at) => at === 0 || (times[at - 1] as number) <= time)) return curve;
  const order = times.map((_, at) => at);
  order.sort((one, other) => (times[one] as number) - (times[other] as number));
  return {
    ...curve,
    steps: order.map((at) => steps[at] as number),
    times: order.map((at) => times[at] as number),
    values: order.map((at) => values[at] as number | string),
  };
}

/** A table of values by name, with those of one column as they are now. */
function withColumn<T>(
  table: Record<string, (T | null)[]>,
  at: number,
  width: number,
  values: Record<string, T>,
): Record<string, (T | null)[]> {
  const next = { ...table };
  for (const [name, value] of Object.entries(values)) {
    const row = next[name] ?? new Array<T | null>(width).fill(null);
    next[name] = row.map((each, index) => (index === at ? value : each));
  }
  return next;
}
