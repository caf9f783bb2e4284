/** What the pages of assets say of each kind. */

import type { AssetKind } from "../api/assets.ts";
import type { Place } from "../api/place.ts";

interface Words {
  title: string;
  none: string;
  about: string;
  command: (place: Place) => string;
}

const of = (place: Place) => `--resource-group ${place.group} --workspace-name ${place.workspace}`;

export const ASSETS: Record<AssetKind, Words> = {
  data: {
    title: "Data",
    none: "No data yet",
    about: "A data asset gives a name and versions to a file or folder that jobs read.",
    command: (place) => `penstock az ml data create --file data.yml ${of(place)}`,
  },
  components: {
    title: "Components",
    none: "No component yet",
    about:
      "A component is a step that pipeline jobs share. Those written inside a job have no name.",
    command: (place) => `penstock az ml component create --file component.yml ${of(place)}`,
  },
  environments: {
    title: "Environments",
    none: "No environment yet",
    about: "An environment says which packages a command finds.",
    command: (place) => `penstock az ml environment create --file environment.yml ${of(place)}`,
  },
  models: {
    title: "Models",
    none: "No model yet",
    about: "A model appears here when a job registers one, or when it is created by hand.",
    command: (place) => `penstock az ml model create --file model.yml ${of(place)}`,
  },
};

export function isAssetKind(text: string): text is AssetKind {
  return text in ASSETS;
}

/** A value of an asset as text; what is no text or number is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
