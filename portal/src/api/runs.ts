/** Pipelines, runs, their logs, and what people do with them. */

import { isOver } from "../text/states.ts";
import { address, request } from "./request.ts";
import { Outdated, type Resource } from "./resource.ts";
import { ownApi, projectApi, type Scope } from "./scope.ts";
import type { StreamEvent } from "./stream.ts";
import type {
  List,
  LogEvent,
  Page,
  PipelineRow,
  Preview,
  QueuedJob,
  RunPage,
  RunRow,
  SearchMatch,
  TimelineRecord,
  TriggerEvent,
} from "./wire.ts";

const JOBS_MS = 10_000;

export interface RunFilter {
  definitionId?: number | undefined;
  branch?: string | undefined;
  state?: string | undefined;
  result?: string | undefined;
  requestedBy?: string | undefined;
  reason?: string | undefined;
  tag?: string | undefined;
  q?: string | undefined;
  top?: number | undefined;
  continuationToken?: string | undefined;
}

/** Whether a run that the stream told of belongs into a list with this filter. */
export function matchesFilter(run: RunRow, filter: RunFilter): boolean {
  const text = filter.q?.toLowerCase();
  return (
    (filter.definitionId === undefined || run.definition.id === filter.definitionId) &&
    (!filter.branch || run.branch === filter.branch || shortBranch(run.branch) === filter.branch) &&
    (!filter.state || run.state === filter.state) &&
    (!filter.result || run.result === filter.result) &&
    (!filter.reason || run.reason === filter.reason) &&
    (!filter.tag || run.tags.includes(filter.tag)) &&
    (!filter.requestedBy || run.requestedFor?.id === filter.requestedBy) &&
    (!text ||
      [run.name, run.number, run.definition.name, run.branch, run.commit].some((part) =>
        part?.toLowerCase().includes(text),
      ))
  );
}

/** `refs/heads/main` as people say it. */
export function shortBranch(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, "").replace(/^refs\/pull\//, "pull/");
}

export function runs(scope: Scope, filter: RunFilter = {}): Resource<Page<RunRow>> {
  const isFirstPage = !filter.continuationToken;
  return {
    key: ["runs", scope, filter],
    fetch: (signal) => request(ownApi(scope, "runs"), { query: { ...filter }, signal }),
    keep: true,
    ...(isFirstPage
      ? {
          live: {
            url: ownApi(scope, "live"),
            apply: (page, events) => withRuns(page, events, filter),
          },
        }
      : {}),
  };
}

/** A page of runs, newest first, with rows as they are now; one that grew too long is fetched anew. */
export function withRuns(
  page: Page<RunRow>,
  events: StreamEvent[],
  filter: RunFilter,
): Page<RunRow> | Outdated<Page<RunRow>> {
  let { value } = page;
  for (const event of events) {
    if (event.type !== "run") continue;
    const run = event.data as RunRow;
    const others = value.filter((known) => known.id !== run.id);
    if (!matchesFilter(run, filter)) value = others;
    else if (others.length < value.length) {
      value = value.map((known) => (known.id === run.id ? { ...known, ...run } : known));
    } else value = inserted(value, run, Boolean(page.continuationToken));
  }
  const next = { ...page, value };
  return value.length > 2 * (filter.top ?? 50) ? new Outdated(next) : next;
}

/** The rows with one more; one that is older than a page that goes on is not on it. */
function inserted(rows: RunRow[], run: RunRow, goesOn: boolean): RunRow[] {
  const at = rows.findIndex((known) => known.id < run.id);
  if (at < 0) return goesOn ? rows : [...rows, run];
  return [...rows.slice(0, at), run, ...rows.slice(at)];
}

export function pipelines(
  scope: Scope,
  filter: { filter?: string; top?: number } = {},
): Resource<List<PipelineRow>> {
  return {
    key: ["pipelines", scope, filter],
    fetch: (signal) => request(ownApi(scope, "pipelines"), { query: { ...filter }, signal }),
    keep: true,
    live: { url: ownApi(scope, "live"), apply: withLastRuns },
  };
}

/** The pipelines with their last runs as they are now. How the ones before ended, the server knows. */
export function withLastRuns(
  list: List<PipelineRow>,
  events: StreamEvent[],
): List<PipelineRow> | Outdated<List<PipelineRow>> {
  const value = [...list.value];
  let isOutdated = false;
  for (const event of events) {
    if (event.type !== "run") continue;
    const run = event.data as RunRow;
    const index = value.findIndex((row) => row.id === run.definition.id);
    const row = value[index];
    isOutdated ||= row === undefined || run.state === "completed";
    if (row === undefined) continue;
    const isNewer = (row.lastRun?.id ?? 0) < run.id;
    if (!isNewer && row.lastRun?.id !== run.id) continue;
    value[index] = { ...row, lastRun: isNewer ? run : { ...row.lastRun, ...run } };
    if (isNewer) value.unshift(...value.splice(index, 1));
  }
  const next = { ...list, value };
  return isOutdated ? new Outdated(next) : next;
}

export function run(scope: Scope, id: number): Resource<RunPage> {
  return {
    key: ["run", scope, id],
    fetch: (signal) => request(ownApi(scope, "runs", id), { signal }),
    live: { url: runStream(scope, id), apply: withRunEvents },
    poll: (page) => (page === undefined || goesOn(page) ? JOBS_MS : false),
  };
}

/** The stream does not tell of the jobs of Azure Machine Learning, which may outlive the run. */
function goesOn({ state, mlJobs }: RunPage): boolean {
  return state !== "completed" || mlJobs.some((job) => !isOver(job.status));
}

/** The stream of one run: its row, its records and its log lines. */
export function runStream(scope: Scope, id: number): string {
  return address(ownApi(scope, "live"), { run: id });
}

/**
 * A run with what was told of it. Row, records and graph are as they are now at once; what only the
 * server can work out (errors, approvals, artifacts, jobs) is fetched again when it may be another.
 */
export function withRunEvents(page: RunPage, events: StreamEvent[]): RunPage | Outdated<RunPage> {
  let next = page;
  let isOutdated = false;
  for (const event of events) {
    if (event.type === "run") {
      const row = event.data as RunRow;
      isOutdated ||= row.state !== next.state || row.result !== next.result;
      next = { ...next, ...row };
    } else if (event.type === "record") {
      const record = event.data as TimelineRecord;
      const known = next.records.find((old) => old.id === record.id);
      isOutdated ||= known === undefined || movesOthers(known, record);
      next = withRecord(next, record);
    } else if (event.type === "log") {
      next = withLog(next, event.data as LogEvent);
    }
  }
  return isOutdated ? new Outdated(next) : next;
}

/** A stage or job that changed moves approvals and jobs with it; a step that failed, the errors. */
function movesOthers(known: TimelineRecord, record: TimelineRecord): boolean {
  if (record.type !== "Task") return known.state !== record.state;
  return record.result === "failed" && known.result !== "failed";
}

function withRecord(page: RunPage, record: TimelineRecord): RunPage {
  const records = page.records.map((old) => (old.id === record.id ? { ...old, ...record } : old));
  const { state, result } = record;
  const nodes = page.graph?.nodes.map((node) =>
    node.recordId === record.id ? { ...node, state, result } : node,
  );
  return { ...page, records, graph: page.graph && nodes ? { ...page.graph, nodes } : page.graph };
}

/** A step has a log from its first line on. How long it is by now, whoever shows it knows. */
function withLog(page: RunPage, { recordId, logId, firstLine, lines }: LogEvent): RunPage {
  const record = page.records.find(({ id }) => id === recordId);
  if (record === undefined || record.log !== null) return page;
  const lineCount = firstLine - 1 + lines.length;
  return withRecord(page, { ...record, log: { id: logId }, lineCount });
}

export function explanation(
  scope: Scope,
  runId: number,
  recordId: string,
): Resource<{ text: string; tree?: unknown }> {
  return {
    key: ["explain", scope, runId, recordId],
    fetch: (signal) =>
      request(ownApi(scope, "runs", runId, "records", recordId, "explain"), { signal }),
  };
}

export async function logLines(
  scope: Scope,
  runId: number,
  logId: number,
  range: { from: number; to: number },
  signal?: AbortSignal,
): Promise<string[]> {
  const answer = await request<List<string>>(logAddress(scope, runId, logId), {
    query: { startLine: range.from, endLine: range.to },
    ...(signal ? { signal } : {}),
  });
  return answer.value;
}

export function logAddress(scope: Scope, runId: number, logId: number): string {
  return projectApi(scope, "build", "builds", runId, "logs", logId);
}

/** How many lines a log has by now. */
export async function logLineCount(
  scope: Scope,
  runId: number,
  logId: number,
  signal: AbortSignal,
): Promise<number> {
  const url = projectApi(scope, "build", "builds", runId, "logs");
  const answer = await request<List<{ id: number; lineCount: number }>>(url, { signal });
  return answer.value.find((log) => log.id === logId)?.lineCount ?? 0;
}

export function searchLogs(
  scope: Scope,
  runId: number,
  search: { q: string; recordId?: string | undefined; regex?: boolean },
  signal?: AbortSignal,
): Promise<{ count: number; matches: SearchMatch[] }> {
  return request(ownApi(scope, "runs", runId, "logs", "search"), {
    query: { ...search },
    ...(signal ? { signal } : {}),
  });
}

export interface RunRequest {
  branch?: string;
  commit?: string;
  templateParameters?: Record<string, unknown>;
  variables?: Record<string, string>;
  stagesToSkip?: string[];
  diagnostics?: boolean;
}

/** Queue a run: `POST /_apis/pipelines/{id}/runs`, as every client of the service does. */
export function queueRun(
  scope: Scope,
  pipelineId: number,
  wanted: RunRequest,
): Promise<{ id: number }> {
  const variables = {
    ...wanted.variables,
    ...(wanted.diagnostics ? { "system.debug": "true" } : {}),
  };
  const self = {
    ...(wanted.branch ? { refName: fullBranch(wanted.branch) } : {}),
    ...(wanted.commit ? { version: wanted.commit } : {}),
  };
  return request(projectApi(scope, "pipelines", pipelineId, "runs"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: {
      resources: { repositories: { self } },
      templateParameters: wanted.templateParameters ?? {},
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, { value }]),
      ),
      stagesToSkip: wanted.stagesToSkip ?? [],
    },
  });
}

/** `main` as Git names it. */
export function fullBranch(name: string): string {
  return name.startsWith("refs/") ? name : `refs/heads/${name}`;
}

export function cancelRun(scope: Scope, id: number): Promise<unknown> {
  return request(projectApi(scope, "build", "builds", id), {
    method: "PATCH",
    query: { "api-version": "7.1" },
    body: { status: "cancelling" },
  });
}

export function rerunFailed(scope: Scope, id: number): Promise<{ id?: number }> {
  return request(ownApi(scope, "runs", id, "rerun"), {
    method: "POST",
    body: { failedOnly: true },
  });
}

export function keepRun(scope: Scope, id: number, keepForever: boolean): Promise<unknown> {
  return request(projectApi(scope, "build", "builds", id), {
    method: "PATCH",
    query: { "api-version": "7.1" },
    body: { keepForever },
  });
}

export function answerApproval(
  scope: Scope,
  approvalId: string,
  status: "approved" | "rejected",
  comment: string,
): Promise<unknown> {
  return request(projectApi(scope, "pipelines", "approvals"), {
    method: "PATCH",
    query: { "api-version": "7.1" },
    body: [{ approvalId, status, comment }],
  });
}

/** Let pipelines use a protected resource, this one or all; or let them no longer. */
export function permitPipeline(
  scope: Scope,
  resource: { type: string; id: string },
  pipelineId: number | "all",
  authorized = true,
): Promise<unknown> {
  return request(
    projectApi(scope, "pipelines", "pipelinePermissions", resource.type, resource.id),
    {
      method: "PATCH",
      query: { "api-version": "7.1-preview.1" },
      body:
        pipelineId === "all"
          ? { allPipelines: { authorized } }
          : { pipelines: [{ id: pipelineId, authorized }] },
    },
  );
}

/** A file of a repository, or of a pipeline that there is, whose variables it then has. */
export interface PreviewRequest {
  repositoryId?: string;
  definitionId?: number;
  branch: string;
  path: string;
  yaml?: string | undefined;
  templateParameters?: Record<string, unknown>;
  /** Results by the names of stages and jobs; what is not named succeeds. */
  assume?: Record<string, string>;
  reason?: string;
  /** The branch that the run is of, where that is not the one of the files. */
  runBranch?: string;
}

export function preview(
  scope: Scope,
  wanted: PreviewRequest,
  signal?: AbortSignal,
): Promise<Preview> {
  return request(ownApi(scope, "preview"), {
    method: "POST",
    body: wanted,
    ...(signal ? { signal } : {}),
  });
}

export function previewOf(scope: Scope, wanted: PreviewRequest | undefined): Resource<Preview> {
  return {
    key: ["preview", scope, wanted],
    enabled: wanted !== undefined,
    keep: true,
    fetch: (signal) => preview(scope, wanted as PreviewRequest, signal),
  };
}

export interface PipelineDefinition {
  id: number;
  name: string;
  folder: string;
  configuration?: {
    type: string;
    path: string;
    repository: { id: string; name?: string; type: string };
  };
}

export function pipeline(scope: Scope, id: number): Resource<PipelineDefinition> {
  return {
    key: ["pipeline", scope, id],
    fetch: (signal) => request(projectApi(scope, "pipelines", id), { signal }),
  };
}

export function createPipeline(
  scope: Scope,
  wanted: { name: string; folder?: string; path: string; repository: { id: string; name: string } },
): Promise<PipelineDefinition> {
  return request(projectApi(scope, "pipelines"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: {
      name: wanted.name,
      folder: wanted.folder ?? "\\",
      configuration: {
        type: "yaml",
        path: wanted.path,
        repository: { ...wanted.repository, type: "azureReposGit" },
      },
    },
  });
}

/** A pipeline as the area of builds has it: with what can be set of it. */
export interface BuildDefinition {
  id: number;
  revision: number;
  name: string;
  /** Its folder, `\\team\\nightly`. */
  path: string;
  queueStatus: "enabled" | "paused" | "disabled";
  process: { yamlFilename: string };
  repository: { defaultBranch: string };
}

export function definition(scope: Scope, id: number): Resource<BuildDefinition> {
  return {
    key: ["definition", scope, id],
    fetch: (signal) => request(projectApi(scope, "build", "definitions", id), { signal }),
  };
}

/** Change what is set of a pipeline; refused where somebody else changed it since `revision`. */
export function changeDefinition(
  scope: Scope,
  id: number,
  change: Omit<BuildDefinition, "id">,
): Promise<BuildDefinition> {
  return request(projectApi(scope, "build", "definitions", id), {
    method: "PUT",
    query: { "api-version": "7.1" },
    body: { ...change, id, process: { ...change.process, type: 2 } },
  });
}

export function deletePipeline(scope: Scope, id: number): Promise<unknown> {
  return request(projectApi(scope, "build", "definitions", id), {
    method: "DELETE",
    query: { "api-version": "7.1" },
  });
}

export function triggers(
  scope: Scope,
  filter: { repositoryId?: string | undefined; top?: number },
): Resource<List<TriggerEvent>> {
  return {
    key: ["triggers", scope, filter],
    fetch: (signal) => request(ownApi(scope, "triggers"), { query: { ...filter }, signal }),
    live: { url: ownApi(scope, "live"), apply: () => "refetch" },
  };
}

/** The tags that runs of a project have. */
export function runTags(scope: Scope): Resource<List<string>> {
  return {
    key: ["runTags", scope],
    fetch: (signal) => request(projectApi(scope, "build", "tags"), { signal }),
  };
}

export function queue(scope: Scope): Resource<List<QueuedJob>> {
  return {
    key: ["queue", scope],
    fetch: (signal) => request(ownApi(scope, "queue"), { signal }),
    live: { url: ownApi(scope, "live"), apply: () => "refetch" },
  };
}
