/**
 * The lines of a log as far as they are here, and what is known of them: groups, errors, what is
 * folded. No drawing. Lines are counted from 1 and may be put in any order; groups and errors are
 * found over the unbroken part from the first line on.
 */

import { type Group, GroupFinder, parseLogLine } from "../../text/logline.ts";

export interface Range {
  from: number;
  to: number;
}

/** Lines are kept in pages: an array with its first line at a million would become a hash table. */
const PAGE = 1000;

export class LogDocument {
  private readonly pages: ((string | undefined)[] | undefined)[] = [];
  private readonly finder = new GroupFinder();
  private readonly unfolded = new Set<number>();
  private readonly folded = new Set<number>();
  private errorLines: readonly number[] = [];
  private scanned = 0;
  private count = 0;
  /** The time of the first line that has one. */
  startTime: number | undefined;

  get total(): number {
    return this.count;
  }

  /** How many lines from the first on are here without a gap. */
  get frontier(): number {
    return this.scanned;
  }

  get groups(): readonly Group[] {
    return this.finder.groups;
  }

  /** The lines with errors, in order; another array when there are more. */
  get errors(): readonly number[] {
    return this.errorLines;
  }

  line(number: number): string | undefined {
    return this.pages[Math.floor((number - 1) / PAGE)]?.[(number - 1) % PAGE];
  }

  /** The log has at least so many lines. */
  grow(total: number): void {
    this.count = Math.max(this.count, total);
  }

  /** The server knows of an error there. */
  markError(line: number): void {
    const after = this.errorLines.findLastIndex((known) => known <= line) + 1;
    if (this.errorLines[after - 1] === line) return;
    this.errorLines = [...this.errorLines.slice(0, after), line, ...this.errorLines.slice(after)];
  }

  /** Take lines; answers those whose groups became known, to be drawn anew. */
  put(first: number, lines: readonly string[]): Range | undefined {
    lines.forEach((line, index) => {
      const at = first - 1 + index;
      const page = Math.floor(at / PAGE);
      this.pages[page] ??= [];
      (this.pages[page] as string[])[at % PAGE] = line;
    });
    this.grow(first + lines.length - 1);
    return this.scan();
  }

  /** The part of a range that is not here yet, from its first missing line to its last. */
  missing(range: Range): Range | undefined {
    let { from, to } = range;
    to = Math.min(to, this.count);
    while (from <= to && this.line(from) !== undefined) from++;
    while (to >= from && this.line(to) !== undefined) to--;
    return from > to ? undefined : { from, to };
  }

  /** The group that a line is in, or heads. */
  groupOf(line: number): Group | undefined {
    const { groups } = this.finder;
    let low = 0;
    let high = groups.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const group = groups[middle];
      if (group === undefined) return undefined;
      if (line < group.start) high = middle - 1;
      else if (line > group.end) low = middle + 1;
      else return group;
    }
    return undefined;
  }

  /** A group is folded when it ended without an error, unless somebody chose otherwise. */
  isFolded(group: Group): boolean {
    if (this.unfolded.has(group.start)) return false;
    return this.folded.has(group.start) || !(group.isOpenEnded || group.hasError);
  }

  setFolded(group: Group, isFolded: boolean): void {
    this.unfolded.delete(group.start);
    this.folded.delete(group.start);
    (isFolded ? this.folded : this.unfolded).add(group.start);
  }

  isHidden(line: number): boolean {
    const group = this.groupOf(line);
    return group !== undefined && line !== group.start && this.isFolded(group);
  }

  /** How many lines of a range are to be seen. */
  visibleCount(range: Range): number {
    let count = 0;
    let line = range.from;
    while (line <= range.to) {
      const group = this.groupOf(line);
      if (group && line !== group.start && this.isFolded(group)) {
        line = group.end + 1;
      } else if (group === undefined && this.nextGroupStart(line) > range.to) {
        return count + range.to - line + 1;
      } else {
        count += 1;
        line += 1;
      }
    }
    return count;
  }

  private nextGroupStart(line: number): number {
    const { groups } = this.finder;
    let low = 0;
    let high = groups.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((groups[middle]?.start ?? Number.POSITIVE_INFINITY) < line) low = middle + 1;
      else high = middle;
    }
    return groups[low]?.start ?? Number.POSITIVE_INFINITY;
  }

  private scan(): Range | undefined {
    let changed: Range | undefined;
    while (this.scanned < this.count) {
      const raw = this.line(this.scanned + 1);
      if (raw === undefined) break;
      this.scanned += 1;
      const line = parseLogLine(raw);
      this.startTime ??= line.time;
      if (line.kind === "error") this.markError(this.scanned);
      const ended = this.finder.add(this.scanned, line);
      const touched = ended ?? (line.kind === "group" ? this.finder.groups.at(-1) : undefined);
      if (touched) {
        changed = {
          from: Math.min(changed?.from ?? touched.start, touched.start),
          to: Math.max(changed?.to ?? touched.end, touched.end),
        };
      }
    }
    return changed;
  }
}
