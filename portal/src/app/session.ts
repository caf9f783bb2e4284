import { createContext, useContext } from "react";
import type { Scope } from "../api/scope.ts";
import type { Role, Session } from "../api/wire.ts";
import { nameIn } from "./links.ts";

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Every page is inside the session; outside of it this is a fault of ours. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("a page was shown outside of a session");
  return session;
}

const RANK: Record<Role, number> = { reader: 0, contributor: 1, administrator: 2 };

/** Whether the person may do what a role may, in a project. The server decides; this hides buttons. */
export function useMay(scope: Scope, role: Role): boolean {
  const { account, projects } = useSession();
  if (account.isAdministrator) return true;
  const mine = projects.find(
    (project) => project.name === scope.project || project.id === scope.project,
  );
  return mine !== undefined && RANK[mine.role] >= RANK[role];
}

/** The scope that a page's address names. */
export function scopeOf(params: Record<string, string>): Scope {
  return {
    organization: nameIn(params.organization ?? ""),
    project: nameIn(params.project ?? ""),
  };
}
