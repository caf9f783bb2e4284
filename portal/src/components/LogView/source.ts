/** Where the lines of a log come from: a step of a run, a file of a job. Lines are counted from 1. */
export interface LogSource {
  /** How many lines there are, as far as is known. */
  lineCount: number;
  /** More lines may come. */
  isGrowing: boolean;
  /** How many lines there are by now; asked when a growing log is opened. */
  count?: (signal: AbortSignal) => Promise<number>;
  read: (range: { from: number; to: number }, signal: AbortSignal) => Promise<string[]>;
  /** Tells of lines as they are written; answers what stops it. */
  follow?: (listener: (firstLine: number, lines: string[]) => void) => () => void;
}

/** A place that a search found, perhaps in another log than the one that is shown. */
export interface FoundLine {
  logId: number;
  line: number;
  text: string;
  where: string;
}

export interface Found {
  /** All there are; `lines` may hold fewer. */
  count: number;
  lines: FoundLine[];
}
