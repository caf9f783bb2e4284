/** The shapes of the REST API, as far as pages read them. Times are ISO 8601, UTC. */

export interface List<T> {
  count: number;
  value: T[];
}

export interface Page<T> extends List<T> {
  continuationToken?: string | null;
}

export type Role = "reader" | "contributor" | "administrator";

export interface Account {
  id: string;
  userName: string;
  displayName: string;
  isAdministrator: boolean;
  isDisabled?: boolean;
}

export interface Session {
  account: Account;
  organization: string;
  projects: { id: string; name: string; role: Role }[];
}

export interface Project {
  id: string;
  name: string;
  description?: string;
  lastUpdateTime?: string;
}

export type RunStatus = "notStarted" | "inProgress" | "cancelling" | "completed" | "postponed";
export type RunResult = "succeeded" | "partiallySucceeded" | "failed" | "canceled" | null;

export interface Identity {
  id: string;
  displayName: string;
}

export interface StageRow {
  name: string;
  displayName?: string;
  state: RunStatus | "pending" | "completed";
  result: RecordResult | RunResult;
}

export interface RunRow {
  id: number;
  number: string;
  name?: string;
  definition: { id: number; name: string };
  branch: string;
  commit: string;
  reason: string;
  state: RunStatus;
  result: RunResult;
  queueTime: string | null;
  startTime: string | null;
  finishTime: string | null;
  requestedFor: Identity | null;
  tags: string[];
  /** Nobody can delete it until it is let go. */
  kept?: boolean;
  stages: StageRow[];
}

export type RecordState = "pending" | "inProgress" | "completed";
export type RecordResult =
  | "succeeded"
  | "succeededWithIssues"
  | "failed"
  | "canceled"
  | "skipped"
  | "abandoned"
  | null;

export interface TimelineRecord {
  id: string;
  parentId: string | null;
  type: "Stage" | "Phase" | "Job" | "Task" | "Checkpoint" | string;
  name: string;
  identifier?: string | null;
  refName?: string | null;
  state: RecordState;
  result: RecordResult;
  order: number | null;
  attempt?: number;
  startTime: string | null;
  finishTime: string | null;
  queueTime?: string | null;
  workerName?: string | null;
  errorCount?: number | null;
  warningCount?: number | null;
  log: { id: number; url?: string } | null;
  lineCount?: number;
  reason?: string | null;
  issues?: { type: "error" | "warning"; message: string }[] | null;
}

export interface Issue {
  type: "error" | "warning";
  message: string;
  recordId: string | null;
  stepName?: string | null;
  logId: number | null;
  line: number | null;
}

export interface Diagnostic extends Location {
  code: string;
  severity: "error" | "warning" | "note" | string;
  message: string;
  label?: string | null;
  help?: string | null;
  /** What explains it elsewhere: the files that include the one it is in. */
  related?: (Location & { message: string })[];
  text: string;
}

/** A place in a file; all of it is null where none is known. */
export interface Location {
  file: string | null;
  line: number | null;
  column: number | null;
  endLine?: number | null;
  endColumn?: number | null;
}

export interface GraphNode {
  id: string;
  /** The record whose state it shows, in a run. */
  recordId?: string;
  x: number;
  y: number;
  w: number;
  h: number;
  label: string;
  state: string;
  result: string | null;
  detail?: string;
  /** It stands for others, which are shown when it is chosen. */
  isGroup?: boolean;
}

export interface Graph {
  nodes: GraphNode[];
  edges: [from: string, to: string, points: [x: number, y: number][]][];
  width: number;
  height: number;
}

export interface Approval {
  id: string;
  status: "pending" | "approved" | "rejected" | "skipped" | "timedOut" | "canceled" | string;
  instructions?: string;
  createdOn?: string;
  recordId?: string | null;
  stage?: string;
  resource?: { type: string; id: string; name: string };
  steps?: {
    assignedApprover: Identity;
    status: string;
    comment?: string;
    lastModifiedOn?: string;
  }[];
  canApprove?: boolean;
  /** The same in a list of approvals: whether the reader may answer. */
  permissions?: "update" | "view" | string;
  kind?: "approval" | "permission" | string;
  pipeline?: { id: string; name: string; owner?: { id: number; name: string } };
}

export interface MlJobLink {
  workspace: string;
  resourceGroup: string;
  name: string;
  displayName: string;
  status: string;
  recordId: string | null;
  error?: string | null;
  children?: { name: string; displayName: string; status: string; error?: string | null }[];
}

export interface Commit {
  commitId: string;
  comment: string;
  author: { name: string; email?: string; date: string };
  committer?: { name: string; date: string };
  parents?: string[];
}

export interface RunPage extends RunRow {
  parameters: Record<string, unknown>;
  variables: { name: string; value: string | null; isSecret: boolean }[];
  problem: { text: string; diagnostics: Diagnostic[] } | null;
  issues: Issue[];
  records: TimelineRecord[];
  graph: Graph | null;
  artifacts: { name: string; size: number; files: number; id?: number }[];
  deployments: {
    id: number;
    environment: string;
    stage: string;
    job: string;
    result: string | null;
  }[];
  approvals: Approval[];
  mlJobs: MlJobLink[];
  changes: Commit[];
  yaml: { path: string; repository: string; commit: string } | null;
  /** The id of the run whose failed jobs this one ran again. */
  secondTryOf?: string | null;
}

export interface LogEvent {
  logId: number;
  recordId: string;
  firstLine: number;
  lines: string[];
}

export interface SearchMatch {
  logId: number;
  recordId: string;
  stepName: string;
  line: number;
  text: string;
  start: number;
  end: number;
}

export interface PipelineRow {
  id: number;
  name: string;
  folder: string;
  path: string;
  repository: { id: string; name: string } | null;
  lastRun: RunRow | null;
  recentResults: RunResult[];
  queueStatus: string;
}

export interface Repository {
  id: string;
  name: string;
  defaultBranch?: string;
  size?: number;
  remoteUrl: string;
  webUrl?: string;
  project?: Project;
}

export interface Ref {
  name: string;
  objectId: string;
  creator?: Identity;
}

export interface Item {
  objectId: string;
  gitObjectType: "blob" | "tree" | "commit";
  path: string;
  commitId?: string;
  isFolder?: boolean;
  content?: string;
  contentMetadata?: { isBinary?: boolean; fileName?: string };
  latestProcessedChange?: Commit;
}

export interface BranchStat {
  name: string;
  aheadCount: number;
  behindCount: number;
  isBaseVersion: boolean;
  commit: Commit;
}

export interface PullRequest {
  pullRequestId: number;
  title: string;
  description?: string;
  status: "active" | "completed" | "abandoned";
  sourceRefName: string;
  targetRefName: string;
  createdBy: Identity;
  creationDate: string;
  closedDate?: string;
  mergeStatus?: string;
  lastMergeSourceCommit?: { commitId: string };
  lastMergeTargetCommit?: { commitId: string };
  lastMergeCommit?: { commitId: string };
}

export interface TriggerEvent {
  id: string | number;
  at: string;
  event: { kind: string; ref?: string; commit?: string; pusher?: string };
  decisions: {
    definition: { id: number; name: string };
    runs: boolean;
    runId: number | null;
    reason: string;
    why: string;
  }[];
}

export interface PreviewParameter {
  name: string;
  displayName?: string;
  type: string;
  default: unknown;
  values?: unknown[] | null;
}

export interface Preview {
  diagnostics: Diagnostic[];
  finalYaml: string | null;
  origins: Origins;
  parameters: PreviewParameter[];
  variables: { name: string; value: string | null; allowOverride: boolean }[];
  stages: { name: string; displayName?: string; dependsOn?: string[]; skippable?: boolean }[];
  plan?: Plan | null;
  /** The further repositories that it names, by alias. */
  repositories?: Record<string, { project: string; name: string; commit: string }>;
}

/** What a part came through: a template, an `if` or an `each`, and where that stands. */
export interface Frame {
  kind: "template" | "if" | "each";
  detail: string;
  file: string;
  line: number;
}

/** Where each line of a full YAML comes from: its file, the line in it, and its chain. */
export interface Origins {
  files: string[];
  chains: Frame[][];
  lines: [file: number, line: number, chain: number][];
}

/** A run before it is one. `unknown` are the names of which something is supposed in vain. */
export interface Plan {
  stages: (PlannedPart & { jobs: PlannedPart[] })[];
  missing: string[];
  result: string;
  unknown: string[];
}

/** A stage or job of a plan. `explanation` is there where it is skipped. */
export interface PlannedPart {
  id: string;
  displayName: string | null;
  verdict: string;
  assumed: boolean;
  why: string | null;
  explanation: string | null;
  /** Where it is written. */
  place?: { file: string; line: number } | null;
  waitsFor?: string | null;
}

export interface VariableGroup {
  id: number;
  name: string;
  description?: string;
  type?: string;
  variables: Record<string, { value: string | null; isSecret?: boolean }>;
  createdBy?: Identity;
  modifiedBy?: Identity;
  modifiedOn?: string;
}

export interface ServiceEndpoint {
  id: string;
  name: string;
  type: string;
  description?: string;
  url?: string;
  isShared?: boolean;
  isReady?: boolean;
  createdBy?: Identity;
}

export interface SecureFile {
  id: string;
  name: string;
  createdBy?: Identity;
  createdOn?: string;
  modifiedOn?: string;
}

export interface EnvironmentRow {
  id: number;
  name: string;
  description?: string;
  createdBy?: Identity;
  createdOn?: string;
  lastModifiedOn?: string;
  lastDeployment?: DeploymentRecord | null;
}

export interface DeploymentRecord {
  id: number;
  definition?: { id: number; name: string };
  owner?: { id: number; name: string };
  stageName?: string;
  jobName?: string;
  result?: string | null;
  queueTime?: string;
  startTime?: string;
  finishTime?: string;
}

export interface CheckConfiguration {
  id: number;
  type: { id?: string; name: string };
  resource: { type: string; id: string; name?: string };
  settings?: Record<string, unknown>;
  timeout?: number;
}

export interface AgentPool {
  id: number;
  name: string;
  size?: number;
  isHosted?: boolean;
  poolType?: string;
}

export interface Agent {
  id: number;
  name: string;
  version?: string;
  osDescription?: string;
  enabled: boolean;
  status: "online" | "offline" | string;
  createdOn?: string;
  lastContact?: string | null;
  assignedRequest?: { jobName?: string; owner?: { id: number; name: string } } | null;
  systemCapabilities?: Record<string, string>;
  userCapabilities?: Record<string, string>;
}

export interface QueuedJob {
  id: string;
  name: string;
  run: { id: number; number?: string; name?: string };
  definition?: { id: number; name: string };
  pool?: string;
  queueTime: string | null;
  why: string;
}

export interface PersonalToken {
  authorizationId: string;
  displayName: string;
  scope: string;
  validFrom: string;
  validTo: string;
  token?: string | null;
}

export interface Member {
  account: { id: string; userName: string; displayName: string };
  role: Role;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: { id: string; userName: string };
  address: string;
  action: string;
  project: string;
  subject: string;
  details: Record<string, unknown>;
}
