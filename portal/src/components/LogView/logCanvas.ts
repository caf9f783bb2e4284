/**
 * A log of any length in a scrolling box: fetches what is looked at, follows what is written.
 *
 * A log of up to `WHOLE` lines is fetched and drawn to its end while nothing else is to do, so that
 * the browser's own search finds every line; of a longer one only what is looked at.
 */

import { plainText } from "../../text/ansi.ts";
import { type LineRange, parseLogLine } from "../../text/logline.ts";
import { visible } from "../../text/visible.ts";
import { EndKeeper } from "./endKeeper.ts";
import { cancelIdle, whenIdle } from "./idle.ts";
import { LogBody, type Look } from "./logBody.ts";
import { LogDocument, type Range } from "./logDocument.ts";
import { clearMarks, paintMarks } from "./marks.ts";
import { isAtNumber } from "./row.ts";
import type { LogSource } from "./source.ts";

/** Lines in the first answer: more than a screen. */
const FIRST = 300;
const FETCH = 1000;
const SLICE = 10_000;
const WHOLE = 200_000;
/** Of many lines that come at once, those that the window may show are drawn at once. */
const AT_ONCE = 200;

export interface CanvasState {
  errors: readonly number[];
  isFollowing: boolean;
  /** It was looked for, and there is no line. */
  isEmpty: boolean;
  failure: Error | undefined;
}

export class LogCanvas {
  private readonly tell: (state: CanvasState) => void;
  private readonly abort = new AbortController();
  private readonly log = new LogDocument();
  private readonly body: LogBody;
  private readonly loading = new Set<number>();
  private source: LogSource;
  private foundText = "";
  private readonly end: EndKeeper;
  private stopFollowing: (() => void) | undefined;
  private failure: Error | undefined;
  private told: CanvasState | undefined;
  private isTelling = false;
  private idleTask = 0;
  private isLoadingRest = false;
  private isOpen = false;
  /** The line that was asked for last: the answer to an earlier wish comes too late. */
  private wanted = 0;

  constructor(
    scroller: HTMLElement,
    source: LogSource,
    look: Look,
    tell: (state: CanvasState) => void,
  ) {
    this.source = source;
    this.tell = tell;
    this.body = new LogBody(this.log, scroller, look, (lines) => this.onNear(lines));
    this.end = new EndKeeper(scroller, source.isGrowing, () => this.changed());
  }

  /** Begin: the first screen, or the last of a running log, or the line that is wanted. */
  async open(line?: number): Promise<void> {
    this.log.grow(this.source.lineCount);
    this.body.lay();
    this.stopFollowing = this.source.follow?.((first, lines) => this.append(first, lines));
    const { total } = this.log;
    const isCounted = this.count();
    if (line !== undefined) {
      // A line may have been written that the page does not know of yet.
      if (line > total) await isCounted;
      await this.reveal(line);
    } else if (this.end.isKept) {
      await this.show({ from: Math.max(1, total - FIRST), to: total });
      this.end.show();
    } else {
      await this.show({ from: 1, to: Math.min(FIRST, total) });
    }
    // What was near before the first place was found is not what will be looked at.
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (this.abort.signal.aborted) return;
    this.isOpen = true;
    this.onNear(this.body.near);
    void this.loadRest();
    this.changed();
  }

  close(): void {
    this.abort.abort();
    this.stopFollowing?.();
    this.end.close();
    cancelIdle(this.idleTask);
    clearMarks();
    this.body.close();
  }

  setLook(look: Look): void {
    this.body.keepPlace(() => this.body.setLook(look));
    this.end.show();
    this.paintFound();
    this.drawRest();
  }

  /** The log has at least so many lines. */
  grow(lineCount: number): void {
    if (lineCount <= this.log.total) return;
    this.log.grow(lineCount);
    this.body.lay();
    this.fetchMissing();
    this.end.show();
    this.changed();
  }

  /** The log was growing and has ended. */
  finish(lineCount: number): void {
    this.source = { ...this.source, isGrowing: false };
    this.end.isGrowing = false;
    this.stopFollowing?.();
    this.grow(lineCount);
    this.fetchMissing();
    this.changed();
  }

  /** Fetch again what could not be had. */
  retry(): void {
    this.failure = undefined;
    this.fetchMissing();
    this.changed();
  }

  markErrors(lines: number[]): void {
    for (const line of lines) this.log.markError(line);
    this.changed();
  }

  /** Stay at the end while the log grows. */
  follow(): void {
    this.wanted = 0;
    this.end.keep(true);
  }

  /** Scroll to a line: it is fetched first if need be, and its group unfolded. */
  async reveal(line: number): Promise<void> {
    const { total } = this.log;
    const target = Math.min(Math.max(1, line), Math.max(1, total));
    this.end.keep(false);
    this.wanted = target;
    const half = FIRST / 2;
    await this.show({ from: Math.max(1, target - half), to: Math.min(target + half, total) });
    if (this.wanted !== target || this.abort.signal.aborted) return;
    const group = this.log.groupOf(target);
    if (group && this.log.isHidden(target)) {
      this.log.setFolded(group, false);
      this.body.redraw({ from: group.start, to: group.end });
      this.body.draw({ from: target, to: target });
    }
    this.body.scrollTo(target);
    this.changed();
  }

  select(range: LineRange | undefined): void {
    this.body.select(range);
  }

  /** The text of lines as a person would copy it; those that are not here yet are fetched. */
  async textOf(range: LineRange): Promise<string> {
    const to = Math.min(range.to, this.log.total);
    for (let from = range.from; from <= to; from += SLICE) {
      const part = { from, to: Math.min(from + SLICE - 1, to) };
      await this.load(part);
      if (this.failure && this.log.missing(part)) throw this.failure;
    }
    let text = "";
    for (let line = range.from; line <= to; line++) {
      text += `${plainText(visible(parseLogLine(this.log.line(line) ?? "").text))}\n`;
    }
    return text;
  }

  /** Mark a text wherever it is drawn. */
  highlight(text: string): void {
    this.foundText = text.toLowerCase();
    this.paintFound();
  }

  /** The line that was clicked, if any, and whether at its number (or time). */
  lineAt(event: MouseEvent): { line: number; isNumber: boolean } | undefined {
    const row = (event.target as Element).closest<HTMLElement>("[data-n]");
    if (row === null || !this.body.element.contains(row)) return undefined;
    return { line: Number(row.dataset.n), isNumber: isAtNumber(row, event.clientX) };
  }

  toggleGroup(line: number): boolean {
    const group = this.log.groupOf(line);
    if (group === undefined || group.start !== line) return false;
    const isFocused = document.activeElement === this.body.rowOf(line);
    this.log.setFolded(group, !this.log.isFolded(group));
    this.body.redraw({ from: group.start, to: group.end });
    if (isFocused) this.body.rowOf(line)?.focus();
    this.drawRest();
    return true;
  }

  private append(first: number, lines: string[]): void {
    const from = this.log.total + 1;
    const touched = this.log.put(first, lines);
    // The server is there, whatever it refused before.
    this.failure = undefined;
    this.body.lay();
    const { total } = this.log;
    if (this.end.isKept) this.body.draw({ from: Math.max(from, total - AT_ONCE), to: total });
    if (touched && this.end.isKept) this.body.redraw(touched);
    else if (touched) this.body.keepPlace(() => this.body.redraw(touched));
    this.end.show();
    this.fetchMissing();
    this.changed();
  }

  /** Ask how long a growing log is: the page that names it may be older than its last lines. */
  private async count(): Promise<void> {
    if (!this.source.isGrowing || this.source.count === undefined) return;
    try {
      this.grow(await this.source.count(this.abort.signal));
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (this.abort.signal.aborted) return;
    this.failure = error as Error;
    this.changed();
  }

  /** Lines that are near first, then the others of a log that is not too long. */
  private fetchMissing(): void {
    this.onNear(this.body.near);
    if (this.log.frontier < this.log.total) void this.loadRest();
    else this.drawRest();
  }

  /** Fetch lines and draw them. */
  private async show(range: Range): Promise<void> {
    const wanted = this.body.around(range);
    await this.load(wanted);
    this.body.draw(wanted);
  }

  private async load(range: Range): Promise<void> {
    const missing = this.log.missing(range);
    if (missing === undefined) return;
    try {
      const lines = await this.source.read(missing, this.abort.signal);
      const touched = this.log.put(missing.from, lines);
      this.failure = undefined;
      this.body.lay();
      if (touched) this.body.keepPlace(() => this.body.redraw(touched));
      if (this.isOpen) for (const near of this.body.near) this.body.draw(near);
      this.paintFound();
    } catch (error) {
      this.failed(error);
    }
    this.changed();
  }

  /** All lines of a log that is not too long, slice by slice; then their rows, when idle. */
  private async loadRest(): Promise<void> {
    if (this.isLoadingRest || !this.isOpen) return;
    this.isLoadingRest = true;
    while (!this.abort.signal.aborted && this.failure === undefined) {
      const next = this.log.frontier + 1;
      if (next > this.log.total || next > WHOLE) break;
      await this.load({ from: next, to: Math.min(next + SLICE - 1, this.log.total) });
      if (this.log.frontier < next) break;
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.isLoadingRest = false;
    this.drawRest();
  }

  private drawRest(): void {
    if (this.idleTask !== 0 || this.abort.signal.aborted) return;
    let next: number | undefined = 1;
    const step = (deadline: { timeRemaining: () => number }) => {
      this.idleTask = 0;
      do next = next === undefined ? undefined : this.body.drawNext(next);
      while (next !== undefined && next <= WHOLE && deadline.timeRemaining() > 4);
      if (next !== undefined && next <= WHOLE) this.idleTask = whenIdle(step);
    };
    this.idleTask = whenIdle(step);
  }

  private onNear(lines: Range[]): void {
    // Before the first place is found, what is near is not what will be looked at.
    if (!this.isOpen) return;
    for (const range of lines) {
      if (this.log.missing(range) === undefined) this.body.draw(range);
      else void this.loadAround(range.from);
    }
    this.paintFound();
  }

  private async loadAround(line: number): Promise<void> {
    const part = Math.floor((line - 1) / FETCH);
    if (this.loading.has(part)) return;
    this.loading.add(part);
    await this.load({ from: part * FETCH + 1, to: Math.min((part + 1) * FETCH, this.log.total) });
    this.loading.delete(part);
  }

  private paintFound(): void {
    paintMarks(this.foundText === "" ? [] : this.body.nearElements, this.foundText);
  }

  /** Tell of the state once in a frame, if it is another. */
  private changed(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    requestAnimationFrame(() => {
      this.isTelling = false;
      const { told, failure } = this;
      const { errors, total } = this.log;
      const isEmpty = this.isOpen && total === 0;
      const now = { errors, isFollowing: this.end.isKept, isEmpty, failure };
      const names = Object.keys(now) as (keyof CanvasState)[];
      const isSame = told && names.every((name) => told[name] === now[name]);
      if (isSame || this.abort.signal.aborted) return;
      this.told = now;
      this.tell(now);
    });
  }
}
