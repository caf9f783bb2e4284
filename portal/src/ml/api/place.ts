/** Which workspace a page is about: its resource id, as Azure's own studio has it in `wsid`. */

import { path } from "../../api/request.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";

export interface Place {
  subscription: string;
  group: string;
  workspace: string;
}

const ID =
  /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/[^/]+\/workspaces\/([^/]+)$/i;

/** The workspace that an id names; undefined for what is no such id. */
export function placeOf(id: string): Place | undefined {
  const [, subscription, group, workspace] = ID.exec(id) ?? [];
  if (subscription === undefined || group === undefined || workspace === undefined)
    return undefined;
  return { subscription, group, workspace };
}

/** The id of a workspace. */
export function idOf(place: Place): string {
  return `/subscriptions/${place.subscription}/resourceGroups/${place.group}/providers/Microsoft.MachineLearningServices/workspaces/${place.workspace}`;
}

/** The workspace that an address names: by `wsid`, or by `ws` and `rg`. */
export function placeOfQuery(query: URLSearchParams): Place | undefined {
  const id = query.get("wsid");
  if (id !== null) return placeOf(id);
  const workspace = query.get("ws");
  const group = query.get("rg");
  if (workspace === null || group === null) return undefined;
  return { subscription: query.get("sub") ?? SUBSCRIPTION, group, workspace };
}

/** `/subscriptions/.../workspaces/NAME/...`, every segment encoded. */
export function workspaceApi(place: Place, ...segments: string[]): string {
  return path(
    "subscriptions",
    place.subscription,
    "resourceGroups",
    place.group,
    "providers",
    "Microsoft.MachineLearningServices",
    "workspaces",
    place.workspace,
    ...segments,
  );
}

/** Our own calls of a workspace. */
export function studioApi(place: Place, ...segments: string[]): string {
  return workspaceApi(place, "penstock", ...segments);
}
