/** The addresses of the studio's pages. */

import { address, path } from "../api/request.ts";
import type { AssetKind } from "./api/assets.ts";
import { idOf, type Place } from "./api/place.ts";

export type Tab = "graph" | "overview" | "metrics" | "images" | "outputs" | "code" | "children";

const at = (place: Place, ...segments: string[]) =>
  address(path("ml", ...segments), { wsid: idOf(place) });

export const mlLinks = {
  workspaces: "/ml",
  jobs: (
    place: Place,
    filter: { experiment?: string; compute?: string; status?: string; tag?: string } = {},
  ) => address(at(place, "jobs"), filter),
  job: (place: Place, name: string, where: { tab?: Tab; node?: string; log?: string } = {}) =>
    address(at(place, "runs", name), where),
  compare: (place: Place, names: string[]) =>
    address(at(place, "compare"), { jobs: names.join(",") }),
  assets: (place: Place, kind: AssetKind) => at(place, kind),
  asset: (place: Place, kind: AssetKind, name: string, version?: string) =>
    address(at(place, kind, name), { version }),
  compute: (place: Place) => at(place, "compute"),
};
