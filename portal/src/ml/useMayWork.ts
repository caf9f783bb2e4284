import { useSession } from "../app/session.ts";

/**
 * Whether the person may change things in workspaces, which belong to the server: who is a
 * contributor somewhere may. The server decides; this hides buttons.
 */
export function useMayWork(): boolean {
  const { account, projects } = useSession();
  return account.isAdministrator || projects.some(({ role }) => role !== "reader");
}
