/** Lines one after another: which is next, and where one is among those that a search found. */

import type { Found } from "./source.ts";

/** The line after (or before) another in a list in order; past its end it begins anew. */
export function nextOf(
  lines: readonly number[],
  from: number | undefined,
  direction: 1 | -1,
): number | undefined {
  const ordered = direction === 1 ? lines : [...lines].reverse();
  const isPast = (line: number) =>
    from === undefined || (direction === 1 ? line > from : line < from);
  return ordered.find(isPast) ?? ordered[0];
}

/** `3 of 12`, and what a search found before one of it was looked at: `12 matches`. */
export function placeOf({ count, lines }: Found, at: number): string {
  const all = count.toLocaleString();
  const shown = lines.length.toLocaleString();
  const line = lines[at];
  if (line === undefined)
    return count === 0 ? "no match" : count === 1 ? "1 match" : `${all} matches`;
  const place = `${(at + 1).toLocaleString()} of ${shown}`;
  const isCut = lines.length < count ? ` (${all} in all)` : "";
  const isElsewhere = lines.some(({ logId }) => logId !== line.logId) ? ` in ${line.where}` : "";
  return place + isCut + isElsewhere;
}
