/** Where the lines of a full YAML come from. */

import type { Preview } from "../../api/wire.ts";

/** `file:line` for each line that comes from another place than the one above it. */
export function placesOf(origins: Preview["origins"]): Map<number, string> {
  const places = new Map<number, string>();
  let above = "";
  for (const { line, file, fileLine } of origins) {
    const place = `${file}:${fileLine}`;
    if (place !== above) places.set(line, place);
    above = place;
  }
  return places;
}
