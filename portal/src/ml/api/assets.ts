/** Workspaces and what is kept in them. */

import { path, request } from "../../api/request.ts";
import type { Resource } from "../../api/resource.ts";
import { type Place, studioApi, workspaceApi } from "./place.ts";
import type { ArmList, DataPreview, Resource as Kept, Workspace } from "./wire.ts";

export type AssetKind = "data" | "environments" | "models" | "components";

/** Every workspace of every subscription. */
export function workspaces(): Resource<Workspace[]> {
  return {
    key: ["ml-workspaces"],
    fetch: async (signal) => {
      const subscriptions = await request<ArmList<{ subscriptionId: string }>>("/subscriptions", {
        signal,
      });
      const found = await Promise.all(
        subscriptions.value.map(({ subscriptionId }) =>
          request<ArmList<Workspace>>(
            path(
              "subscriptions",
              subscriptionId,
              "providers",
              "Microsoft.MachineLearningServices",
              "workspaces",
            ),
            { signal },
          ),
        ),
      );
      return found.flatMap((list) => list.value);
    },
    poll: 5000,
  };
}

/** The names of one kind of asset. */
export function assets(place: Place, kind: AssetKind): Resource<ArmList<Kept>> {
  return {
    key: ["ml-assets", place, kind],
    fetch: (signal) => request(workspaceApi(place, kind), { signal }),
  };
}

/** The versions of an asset, newest first. */
export function versions(place: Place, kind: AssetKind, name: string): Resource<ArmList<Kept>> {
  return {
    key: ["ml-versions", place, kind, name],
    fetch: (signal) =>
      request(workspaceApi(place, kind, name, "versions"), {
        query: { $orderBy: "createdtime desc" },
        signal,
      }),
  };
}

/** The beginning of a version of a data asset. */
export function preview(place: Place, name: string, version: string): Resource<DataPreview> {
  return {
    key: ["ml-preview", place, name, version],
    fetch: (signal) =>
      request(studioApi(place, "data", name, "versions", version, "preview"), { signal }),
  };
}

/** The computes of a workspace. */
export function computes(place: Place): Resource<ArmList<Kept>> {
  return {
    key: ["ml-computes", place],
    fetch: (signal) => request(workspaceApi(place, "computes"), { signal }),
  };
}
