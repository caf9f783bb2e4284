/** The addresses of pages: those of Azure DevOps, so that a link its tools print opens here too. */

import { address, path } from "../api/request.ts";
import type { Scope } from "../api/scope.ts";

const at = (scope: Scope, ...rest: (string | number)[]) =>
  path(scope.organization, scope.project, ...rest);

export const links = {
  organization: (organization: string) => path(organization),
  tokens: (organization: string) => path(organization, "_usersSettings", "tokens"),
  organizationSettings: (organization: string, page = "users") =>
    path(organization, "_settings", page),
  project: (scope: Scope) => at(scope),
  repositories: (scope: Scope) => at(scope, "_git"),
  files: (scope: Scope, repo: string, where: { path?: string; branch?: string } = {}) =>
    address(at(scope, "_git", repo), {
      path: where.path,
      version: where.branch ? versionOf(where.branch) : undefined,
    }),
  commits: (scope: Scope, repo: string, branch?: string) =>
    address(at(scope, "_git", repo, "commits"), {
      itemVersion: branch ? versionOf(branch) : undefined,
    }),
  commit: (scope: Scope, repo: string, id: string) => at(scope, "_git", repo, "commit", id),
  branches: (scope: Scope, repo: string) => at(scope, "_git", repo, "branches"),
  pushes: (scope: Scope, repo: string) => at(scope, "_git", repo, "pushes"),
  pullRequests: (scope: Scope, repo: string, status?: string) =>
    address(at(scope, "_git", repo, "pullrequests"), { _a: status }),
  newPullRequest: (scope: Scope, repo: string, source?: string) =>
    address(at(scope, "_git", repo, "pullrequestcreate"), { sourceRef: source }),
  pullRequest: (scope: Scope, repo: string, id: number) =>
    at(scope, "_git", repo, "pullrequest", id),
  pipelines: (scope: Scope, view?: "recent" | "folders" | "runs") =>
    address(at(scope, "_build"), { view: view === "recent" ? undefined : view }),
  newPipeline: (scope: Scope, repo?: string) => address(at(scope, "_build", "new"), { repo }),
  pipeline: (scope: Scope, id: number, view?: "runs" | "branches" | "analytics") =>
    address(at(scope, "_build"), { definitionId: id, view: view === "runs" ? undefined : view }),
  runPanel: (scope: Scope, id: number, branch?: string) =>
    address(at(scope, "_build"), { definitionId: id, run: "new", branch }),
  editor: (scope: Scope, id: number, branch?: string) =>
    address(at(scope, "_build", "edit"), { definitionId: id, branch }),
  run: (scope: Scope, id: number) =>
    address(at(scope, "_build", "results"), { buildId: id, view: "results" }),
  log: (
    scope: Scope,
    id: number,
    where: { job?: string | undefined; step?: string | undefined; line?: number | null } = {},
  ) =>
    address(at(scope, "_build", "results"), {
      buildId: id,
      view: "logs",
      j: where.job,
      t: where.step,
    }) + (where.line ? `#L${where.line}` : ""),
  environments: (scope: Scope) => at(scope, "_environments"),
  environment: (scope: Scope, id: number) => at(scope, "_environments", id),
  library: (scope: Scope, item?: "VariableGroups" | "SecureFiles" | "ServiceConnections") =>
    address(at(scope, "_library"), { itemType: item === "VariableGroups" ? undefined : item }),
  variableGroup: (scope: Scope, id: number | "new") =>
    address(at(scope, "_library"), { itemType: "VariableGroups", variableGroupId: id }),
  settings: (
    scope: Scope,
    page: "overview" | "agentqueues" | "permissions" | "audit" = "overview",
  ) => at(scope, "_settings", page),
  mlJob: (workspace: string, resourceGroup: string, job: string) =>
    address(path("ml", "runs", job), { ws: workspace, rg: resourceGroup }),
};

const TAGS = "refs/tags/";

/** A branch, a tag (`refs/tags/v1`) or a commit, as `version` says it: `GBmain`, `GTv1`, `GC<sha>`. */
export function versionOf(branch: string): string {
  if (/^[0-9a-f]{40}$/.test(branch)) return `GC${branch}`;
  return branch.startsWith(TAGS) ? `GT${branch.slice(TAGS.length)}` : `GB${branch}`;
}

/** The branch, tag or commit in a `version`; empty when there is none. */
export function branchOf(version: string | null): string {
  if (version?.startsWith("GT")) return TAGS + version.slice(2);
  return version && /^G[BC]/.test(version) ? version.slice(2) : (version ?? "");
}

/** What the router leaves encoded: signs that have a meaning in addresses. */
const LEFT = /%(?:23|24|26|2B|2C|2F|3A|3B|3D|3F|40)/gi;

/** A name that is a part of the address, as the router gives it. */
export function nameIn(part: string): string {
  return part.replace(LEFT, decodeURIComponent);
}
