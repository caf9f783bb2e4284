/** Who is signed in, who may do what, and what was done. */

import { request } from "./request.ts";
import type { Resource } from "./resource.ts";
import { organizationApi, ownApi, type Scope } from "./scope.ts";
import type {
  Account,
  AuditEntry,
  List,
  Member,
  Page,
  PersonalToken,
  Project,
  Role,
  Session,
} from "./wire.ts";

const SESSION = "/_apis/penstock/session";

export type Credentials = { userName: string; password: string } | { token: string };

export function session(): Resource<Session> {
  return { key: ["session"], fetch: (signal) => request(SESSION, { signal }) };
}

export function signIn(credentials: Credentials): Promise<Session> {
  return request(SESSION, { method: "POST", body: credentials });
}

export function signOut(): Promise<void> {
  return request(SESSION, { method: "DELETE" });
}

export function projects(organization: string): Resource<List<Project>> {
  return {
    key: ["projects", organization],
    fetch: (signal) =>
      request(organizationApi(organization, "projects"), { query: { $top: 1000 }, signal }),
  };
}

export function createProject(
  organization: string,
  wanted: { name: string; description: string },
): Promise<unknown> {
  return request(organizationApi(organization, "projects"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: {
      ...wanted,
      visibility: "private",
      capabilities: { versioncontrol: { sourceControlType: "Git" } },
    },
  });
}

export function accounts(organization: string): Resource<List<Account>> {
  return {
    key: ["accounts", organization],
    fetch: (signal) => request(organizationApi(organization, "penstock", "accounts"), { signal }),
  };
}

export function createAccount(
  organization: string,
  wanted: { userName: string; displayName: string; password: string; isAdministrator?: boolean },
): Promise<Account> {
  return request(organizationApi(organization, "penstock", "accounts"), {
    method: "POST",
    body: wanted,
  });
}

/** Change some of an account; `me` is one's own, whose password needs the one that it has. */
export function changeAccount(
  organization: string,
  id: string,
  change: {
    isAdministrator?: boolean;
    isDisabled?: boolean;
    password?: string;
    currentPassword?: string;
  },
): Promise<Account> {
  return request(organizationApi(organization, "penstock", "accounts", id), {
    method: "PATCH",
    body: change,
  });
}

export function members(scope: Scope): Resource<List<Member>> {
  return {
    key: ["members", scope],
    fetch: (signal) => request(ownApi(scope, "members"), { signal }),
  };
}

export function setRole(scope: Scope, accountId: string, role: Role): Promise<unknown> {
  return request(ownApi(scope, "members", accountId), { method: "PUT", body: { role } });
}

export function removeMember(scope: Scope, accountId: string): Promise<unknown> {
  return request(ownApi(scope, "members", accountId), { method: "DELETE" });
}

export function tokens(organization: string): Resource<{ patTokens: PersonalToken[] }> {
  return {
    key: ["tokens", organization],
    fetch: (signal) =>
      request(organizationApi(organization, "tokens", "pats"), { query: { $top: 1000 }, signal }),
  };
}

/** Make a token. Its text is in this answer and nowhere else. */
export async function createToken(
  organization: string,
  wanted: { displayName: string; scope: string; validTo: string },
): Promise<PersonalToken> {
  const answer = await request<{ patToken: PersonalToken }>(
    organizationApi(organization, "tokens", "pats"),
    {
      method: "POST",
      query: { "api-version": "7.1-preview.1" },
      body: { ...wanted, allOrgs: false },
    },
  );
  return answer.patToken;
}

export function revokeToken(organization: string, authorizationId: string): Promise<unknown> {
  return request(organizationApi(organization, "tokens", "pats"), {
    method: "DELETE",
    query: { authorizationId, "api-version": "7.1-preview.1" },
  });
}

/** What was done, newest first: on the whole server, or in a project (by its id). */
export function audit(
  organization: string,
  filter: { project?: string | undefined; continuationToken?: string | undefined },
): Resource<Page<AuditEntry>> {
  return {
    key: ["audit", organization, filter],
    keep: true,
    fetch: (signal) =>
      request(organizationApi(organization, "penstock", "audit"), {
        query: { ...filter },
        signal,
      }),
  };
}
