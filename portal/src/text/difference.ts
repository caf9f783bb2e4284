/** Two texts as the lines that left, came and stayed, with what stayed far away left out. */

import { structuredPatch } from "diff";

export interface DiffLine {
  kind: "same" | "added" | "removed";
  before?: number;
  after?: number;
  text: string;
}

export interface Hunk {
  lines: DiffLine[];
}

/** More changed lines take seconds to find, and nobody reads them. */
const MOST = 2000;

/** Changed places with three lines around each; undefined where too much changed to be shown. */
export function differenceOf(before: string, after: string): Hunk[] | undefined {
  // A file that came or went whole is found at once.
  const limit = before === "" || after === "" ? {} : { maxEditLength: MOST };
  const patch = structuredPatch("", "", before, after, "", "", { context: 3, ...limit });
  return patch?.hunks.map((hunk) => {
    let old = hunk.oldStart;
    let now = hunk.newStart;
    const lines: DiffLine[] = [];
    for (const line of hunk.lines) {
      const text = line.slice(1);
      if (line.startsWith("+")) lines.push({ kind: "added", after: now++, text });
      else if (line.startsWith("-")) lines.push({ kind: "removed", before: old++, text });
      else if (line.startsWith(" "))
        lines.push({ kind: "same", before: old++, after: now++, text });
    }
    return { lines };
  });
}
