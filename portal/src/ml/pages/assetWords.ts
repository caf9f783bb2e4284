/** What the pages of assets say of each kind. */

import type { AssetKind } from "../api/assets.ts";
import type { Place } from "../api/place.ts";
import { az } from "../text/commands.ts";

interface Words {
  title: string;
  none: string;
  about: string;
  command: (place: Place) => string;
}

export const ASSETS: Record<AssetKind, Words> = {
  data: {
    title: "Data",
    none: "No data yet",
    about: "A data asset gives a name and versions to a file or folder that jobs read.",
    command: (place) => az(place, "data create --file data.yml"),
  },
  components: {
    title: "Components",
    none: "No component yet",
    about:
      "A component is a step that pipeline jobs share. Those written inside a job have no name.",
    command: (place) => az(place, "component create --file component.yml"),
  },
  environments: {
    title: "Environments",
    none: "No environment yet",
    about: "An environment says which packages a command finds.",
    command: (place) => az(place, "environment create --file environment.yml"),
  },
  models: {
    title: "Models",
    none: "No model yet",
    about: "A model appears here when a job registers one, or when it is created by hand.",
    command: (place) => az(place, "model create --file model.yml"),
  },
};

export function isAssetKind(text: string): text is AssetKind {
  return text in ASSETS;
}

/** A value of an asset as text; what is no text or number is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
