/** Git as the service shows it: repositories, files, commits, branches, pushes, pull requests. */

import { ApiError, address, request } from "./request.ts";
import type { Resource } from "./resource.ts";
import { projectApi, type Scope } from "./scope.ts";
import type { BranchStat, Commit, Item, List, PullRequest, Ref, Repository } from "./wire.ts";

export function repositories(scope: Scope): Resource<List<Repository>> {
  return {
    key: ["repositories", scope],
    fetch: (signal) => request(projectApi(scope, "git", "repositories"), { signal }),
  };
}

export function repository(scope: Scope, name: string): Resource<Repository> {
  return {
    key: ["repository", scope, name],
    fetch: (signal) => request(projectApi(scope, "git", "repositories", name), { signal }),
  };
}

export function createRepository(scope: Scope, name: string): Promise<Repository> {
  return request(projectApi(scope, "git", "repositories"), { method: "POST", body: { name } });
}

export function refs(scope: Scope, repo: string, filter = "heads/"): Resource<List<Ref>> {
  return {
    key: ["refs", scope, repo, filter],
    enabled: repo !== "",
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "refs"), {
        query: { filter },
        signal,
      }),
  };
}

export interface At {
  path: string;
  branch: string;
}

/** What a page calls a branch may be a commit, or a tag by its full name. */
function typeOf(version: string): "commit" | "tag" | "branch" {
  if (/^[0-9a-f]{40}$/.test(version)) return "commit";
  return version.startsWith("refs/tags/") ? "tag" : "branch";
}

const nameOf = (version: string) => version.replace(/^refs\/tags\//, "");

const version = ({ branch }: { branch: string }) => ({
  "versionDescriptor.version": nameOf(branch),
  "versionDescriptor.versionType": typeOf(branch),
});

/** The entries of a folder; a missing folder or an empty repository has none. */
export function folder(scope: Scope, repo: string, at: At): Resource<List<Item>> {
  return {
    key: ["folder", scope, repo, at],
    fetch: (signal) =>
      request<List<Item>>(projectApi(scope, "git", "repositories", repo, "items"), {
        query: {
          scopePath: at.path,
          recursionLevel: "oneLevel",
          latestProcessedChange: true,
          ...version(at),
        },
        signal,
      }),
  };
}

/** Every file of a branch, for finding YAML files. */
export function allFiles(scope: Scope, repo: string, branch: string): Resource<List<Item>> {
  return {
    key: ["allFiles", scope, repo, branch],
    enabled: repo !== "" && branch !== "",
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "items"), {
        query: { scopePath: "/", recursionLevel: "full", ...version({ branch }) },
        signal,
      }),
  };
}

/** One file with its text. */
export function file(scope: Scope, repo: string, at: At | undefined): Resource<Item> {
  return {
    key: ["file", scope, repo, at],
    enabled: at !== undefined && repo !== "",
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "items"), {
        query: { path: at?.path, includeContent: true, $format: "json", ...version(at as At) },
        signal,
      }),
  };
}

/** The address from which a browser saves a file. */
export function fileDownload(scope: Scope, repo: string, at: At): string {
  return address(projectApi(scope, "git", "repositories", repo, "items"), {
    path: at.path,
    download: true,
    $format: "octetStream",
    ...version(at),
  });
}

export function commits(
  scope: Scope,
  repo: string,
  filter: { branch: string; path?: string | undefined; top?: number; skip?: number },
): Resource<List<Commit>> {
  return {
    key: ["commits", scope, repo, filter],
    keep: true,
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "commits"), {
        query: {
          "searchCriteria.itemVersion.version": nameOf(filter.branch),
          "searchCriteria.itemVersion.versionType": typeOf(filter.branch),
          "searchCriteria.itemPath": filter.path,
          "searchCriteria.$top": filter.top ?? 50,
          "searchCriteria.$skip": filter.skip,
        },
        signal,
      }),
  };
}

export function commit(scope: Scope, repo: string, id: string): Resource<Commit> {
  return {
    key: ["commit", scope, repo, id],
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "commits", id), { signal }),
  };
}

/** So many changed files of a commit or a pull request are shown. */
const MOST_CHANGES = 1000;

export interface Change {
  changeType: string;
  item: { path: string; gitObjectType?: string; isFolder?: boolean };
  sourceServerItem?: string;
}

export function changes(
  scope: Scope,
  repo: string,
  id: string,
): Resource<{ changes: Change[]; changeCounts?: Record<string, number> }> {
  return {
    key: ["changes", scope, repo, id],
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "commits", id, "changes"), {
        query: { top: MOST_CHANGES },
        signal,
      }),
  };
}

export function difference(
  scope: Scope,
  repo: string,
  base: string,
  target: string,
): Resource<{
  changes: Change[];
  aheadCount?: number;
  behindCount?: number;
  commonCommit?: string;
}> {
  return {
    key: ["difference", scope, repo, base, target],
    enabled: base !== "" && target !== "",
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "diffs", "commits"), {
        query: {
          baseVersion: base,
          baseVersionType: typeOf(base),
          targetVersion: target,
          targetVersionType: typeOf(target),
          $top: MOST_CHANGES,
        },
        signal,
      }),
  };
}

/** The text of a file in a commit; empty where the commit has no such file. */
export async function textAt(
  scope: Scope,
  repo: string,
  at: At,
  signal: AbortSignal,
): Promise<string> {
  try {
    const item = await request<Item>(projectApi(scope, "git", "repositories", repo, "items"), {
      query: { path: at.path, includeContent: true, $format: "json", ...version(at) },
      signal,
    });
    return item.content ?? "";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "";
    throw error;
  }
}

/** Both texts of a file that a commit or a pull request changed. */
export function fileChange(
  scope: Scope,
  repo: string,
  change: { path: string; oldPath: string; before: string | undefined; after: string },
): Resource<{ before: string; after: string }> {
  return {
    key: ["fileChange", scope, repo, change],
    fetch: async (signal) => {
      const { before, after } = change;
      const [old, now] = await Promise.all([
        before === undefined
          ? ""
          : textAt(scope, repo, { path: change.oldPath, branch: before }, signal),
        textAt(scope, repo, { path: change.path, branch: after }, signal),
      ]);
      return { before: old, after: now };
    },
  };
}

export function branchStats(scope: Scope, repo: string): Resource<List<BranchStat>> {
  return {
    key: ["branches", scope, repo],
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "stats", "branches"), { signal }),
  };
}

/** A commit of one file, as a page wants it. */
export interface FileCommit {
  branch: string;
  /** The commit that it follows: the branch's own, or where a new branch begins; none in an empty repository. */
  base: string | undefined;
  isNewBranch: boolean;
  path: string;
  content: string;
  comment: string;
  /** The file is not there yet. */
  isNew: boolean;
}

/** Commit one file: what "Save" does with a YAML file. Refused if the branch moved meanwhile. */
export function pushFile(
  scope: Scope,
  repo: string,
  { branch, base, isNewBranch, path, content, comment, isNew }: FileCommit,
): Promise<{ commits?: { commitId: string }[] }> {
  const old = isNewBranch ? undefined : base;
  return request(projectApi(scope, "git", "repositories", repo, "pushes"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: {
      refUpdates: [{ name: `refs/heads/${branch}`, oldObjectId: old ?? "0".repeat(40) }],
      commits: [
        {
          comment,
          changes: [
            {
              changeType: isNew ? "add" : "edit",
              item: { path },
              newContent: { content, contentType: "rawtext" },
            },
          ],
          ...(isNewBranch && base ? { parents: [base] } : {}),
        },
      ],
    },
  });
}

export function pullRequests(
  scope: Scope,
  repo: string,
  status: "active" | "completed" | "abandoned" | "all",
): Resource<List<PullRequest>> {
  return {
    key: ["pullRequests", scope, repo, status],
    keep: true,
    poll: 30_000,
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "pullrequests"), {
        query: { "searchCriteria.status": status },
        signal,
      }),
  };
}

export function pullRequest(scope: Scope, repo: string, id: number): Resource<PullRequest> {
  return {
    key: ["pullRequest", scope, repo, id],
    poll: 15_000,
    fetch: (signal) =>
      request(projectApi(scope, "git", "repositories", repo, "pullrequests", id), { signal }),
  };
}

export function createPullRequest(
  scope: Scope,
  repo: string,
  wanted: { sourceRefName: string; targetRefName: string; title: string; description: string },
): Promise<PullRequest> {
  return request(projectApi(scope, "git", "repositories", repo, "pullrequests"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: wanted,
  });
}

export function updatePullRequest(
  scope: Scope,
  repo: string,
  id: number,
  change: Record<string, unknown>,
): Promise<PullRequest> {
  return request(projectApi(scope, "git", "repositories", repo, "pullrequests", id), {
    method: "PATCH",
    query: { "api-version": "7.1" },
    body: change,
  });
}
