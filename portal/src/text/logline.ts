/** A line of a log: its time, what the service's marks say of it, and its text. */

export type LineKind =
  | "plain"
  | "group"
  | "endgroup"
  | "error"
  | "warning"
  | "section"
  | "command"
  | "debug";

export interface LogLine {
  kind: LineKind;
  /** Milliseconds since 1970. */
  time?: number;
  /** Without time and mark; colours are still in it. */
  text: string;
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) ?/;
const MARK = /^(?:\u001b\[[0-9;]*m)*##\[(group|endgroup|error|warning|section|command|debug)\]/;

export function parseLogLine(raw: string): LogLine {
  let text = raw;
  let time: number | undefined;
  const stamp = TIME.exec(text);
  if (stamp) {
    time = Date.parse(stamp[1] ?? "");
    text = text.slice(stamp[0].length);
  }
  let kind: LineKind = "plain";
  const mark = MARK.exec(text);
  if (mark) {
    kind = mark[1] as LineKind;
    text = text.slice(mark[0].length);
  }
  return time === undefined || Number.isNaN(time) ? { kind, text } : { kind, text, time };
}

export interface Group {
  /** Index of the `##[group]` line, and of the last line that belongs to it. */
  start: number;
  end: number;
  hasError: boolean;
  isOpenEnded: boolean;
  milliseconds?: number;
}

/** Finds groups line by line, so that a log can grow. A group inside a group is not folded itself. */
export class GroupFinder {
  readonly groups: Group[] = [];
  private open: Group | undefined;
  private startTime: number | undefined;
  private lastTime: number | undefined;
  private depth = 0;

  /** Take the line with this index; answers the group that it ended, if any. */
  add(index: number, line: LogLine): Group | undefined {
    this.lastTime = line.time ?? this.lastTime;
    const { open } = this;
    if (line.kind === "group") {
      if (open) {
        this.depth += 1;
        open.end = index;
      } else this.begin(index, line);
      return undefined;
    }
    if (open === undefined) return undefined;
    open.end = index;
    if (line.kind === "error") open.hasError = true;
    if (line.kind !== "endgroup") return undefined;
    if (this.depth > 0) {
      this.depth -= 1;
      return undefined;
    }
    return this.finish(open);
  }

  private begin(index: number, line: LogLine): void {
    this.open = { start: index, end: index, hasError: false, isOpenEnded: true };
    this.startTime = line.time;
    this.groups.push(this.open);
  }

  private finish(open: Group): Group {
    open.isOpenEnded = false;
    if (this.startTime !== undefined && this.lastTime !== undefined) {
      open.milliseconds = Math.max(0, this.lastTime - this.startTime);
    }
    this.open = undefined;
    return open;
  }
}

export interface LineRange {
  from: number;
  to: number;
}

/** The lines that `#L12` or `#L12-L40` names; undefined for another hash. */
export function parseLineHash(hash: string): LineRange | undefined {
  const match = /^#?L(\d+)(?:-L?(\d+))?$/.exec(hash);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (first < 1 || last < 1) return undefined;
  return { from: Math.min(first, last), to: Math.max(first, last) };
}

export function lineHash(range: LineRange): string {
  return range.from === range.to ? `#L${range.from}` : `#L${range.from}-L${range.to}`;
}
