/** The shapes of the studio's REST: Azure Resource Manager's, and our own below `/penstock/`. */

export interface Workspace {
  id: string;
  name: string;
  location: string;
  properties: { description?: string };
}

export interface Origin {
  run: string;
  node: string;
  step: string;
  /** The project of the run, by name; null for a run of `penstock run`. */
  project: string | null;
}

/** A metric as JSON can have it: what is no finite number is a word. */
export type MetricValue = number | string;

export interface JobRow {
  name: string;
  key: string | null;
  displayName: string;
  experiment: string;
  type: string;
  status: string;
  createdBy: string;
  created: string | null;
  started: string | null;
  ended: string | null;
  compute: string;
  tags: Record<string, string>;
  metrics: Record<string, MetricValue>;
  error: string | null;
  archived: boolean;
  parent: string | null;
  root: string;
  origin: Origin | null;
}

export interface JobPage {
  value: JobRow[];
  metricNames: string[];
  continuationToken: string | null;
}

export interface GraphNode {
  id: string;
  job: string | null;
  label: string;
  kind: "command" | "pipeline" | "data";
  status: string | null;
  message: string | null;
  started: string | null;
  finished: string | null;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  output: string | null;
  input: string | null;
  points: [number, number][];
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
}

export interface JobInput {
  name: string;
  type: string;
  value: string | null;
  uri: string | null;
  asset: string | null;
  mode: string | null;
}

export interface JobOutput {
  name: string;
  type: string;
  uri: string;
  asset: string | null;
}

export interface Command {
  text: string;
  code: string | null;
  environment: { id: string; image: string | null; condaFile: string | null };
  environmentVariables: Record<string, string>;
  compute: string;
  instanceCount: number;
  distribution: string | null;
}

export interface LogFile {
  name: string;
  lines: number;
  size: number;
}

export interface Job extends JobRow {
  id: string;
  description: string | null;
  errorCode: string | null;
  warnings: string[];
  params: Record<string, string>;
  inputs: JobInput[];
  outputs: JobOutput[];
  command: Command | null;
  children: JobRow[];
  ancestors: { name: string; displayName: string }[];
  graph: Graph;
  logs: LogFile[];
}

export interface Curve {
  steps: number[];
  times: number[];
  values: MetricValue[];
  count: number;
}

export interface Curves {
  names: string[];
  metrics: Record<string, Curve>;
}

/** A `job` event: a row, of the page's own job with what it was given. Its `origin` is null for
 * child jobs, and where the reader may not see the run. */
export type JobEvent = JobRow & { params?: Record<string, string> };

/** A `metric` event: values that were added to a curve. */
export interface MetricEvent {
  job: string;
  name: string;
  steps: number[];
  times: number[];
  values: MetricValue[];
}

/** A `log` event: lines of a log of the page's own job. */
export interface LogEvent {
  log: string;
  firstLine: number;
  lines: string[];
}

export interface Comparison {
  jobs: JobRow[];
  params: Record<string, (string | null)[]>;
  metrics: Record<string, (MetricValue | null)[]>;
}

export interface FileEntry {
  path: string;
  isFolder: boolean;
  size: number;
}

/** A picture among the artifacts of a job: of the one that was asked for, or of a node of it. */
export interface Picture {
  job: string;
  path: string;
  size: number;
}

export interface FileText {
  text: string;
  isBinary: boolean;
  isWhole: boolean;
  size: number;
}

export interface LogLines {
  first: number;
  count: number;
  lines: string[];
}

export interface LogMatches {
  count: number;
  matches: { line: number; text: string }[];
}

export type DataPreview =
  | { kind: "table"; columns: string[]; rows: string[][]; isWhole: boolean }
  | { kind: "text"; lines: string[]; isWhole: boolean }
  | {
      kind: "folder";
      files: { path: string; size: number }[];
      count: number;
      isWhole: boolean;
    }
  | { kind: "none"; reason: string };

export interface SystemData {
  createdAt?: string;
  createdBy?: string;
  lastModifiedAt?: string;
}

/** An asset, a version of one, or a compute, as ARM shows all of them. */
export interface Resource {
  id: string;
  name: string;
  systemData?: SystemData;
  properties: Record<string, unknown>;
}

export interface ArmList<T> {
  value: T[];
}
