import { repositories } from "../api/repositories.ts";
import { useResource } from "../api/resource.ts";
import type { Scope } from "../api/scope.ts";

/** The name of a repository that the API named by its id or its name. */
export function useRepositoryName(scope: Scope, named: string | undefined): string | undefined {
  const query = useResource(repositories(scope));
  const found = query.data?.value.find((one) => one.id === named || one.name === named);
  return found?.name ?? (query.isPending ? undefined : named);
}
