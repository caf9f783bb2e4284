/**
 * A log of any length in a scrolling box: fetches what is looked at, follows what is written.
 *
 * A log of up to `WHOLE` lines is fetched and drawn to its end while nothing else is to do, so that
 * the browser's own search finds every line; of a longer one only what is looked at.
 */

import { plainText } from "../../text/ansi.ts";
import { type LineRange, parseLogLine } from "../../text/logline.ts";
import { visible } from "../../text/visible.ts";
import { LogBody, type Look } from "./logBody.ts";
import { LogDocument, type Range } from "./logDocument.ts";
import { CLOCK_WIDTH, NUMBER_WIDTH } from "./row.ts";
import type { LogSource } from "./source.ts";

/** Lines in the first answer: more than a screen. */
const FIRST = 300;
const FETCH = 1000;
const SLICE = 10_000;
const WHOLE = 200_000;
/** Of many lines that come at once, those that the window may show are drawn at once. */
const AT_ONCE = 200;
const AT_END = 48;
/** Between a line's number and its text, in pixels; as in LogView.module.css. */
const GAP = 16;

export interface CanvasState {
  errors: readonly number[];
  isFollowing: boolean;
  failure: Error | undefined;
}

type DomRange = globalThis.Range;

export class LogCanvas {
  private readonly scroller: HTMLElement;
  private readonly tell: (state: CanvasState) => void;
  private readonly abort = new AbortController();
  private readonly log = new LogDocument();
  private readonly body: LogBody;
  private readonly loading = new Set<number>();
  private source: LogSource;
  private foundText = "";
  private isFollowing: boolean;
  private stopFollowing: (() => void) | undefined;
  private failure: Error | undefined;
  private told: CanvasState | undefined;
  private isTelling = false;
  private idleTask = 0;
  private isLoadingRest = false;
  private hasScrolled = false;
  private isOpen = false;
  private lastTop = 0;

  constructor(
    scroller: HTMLElement,
    source: LogSource,
    look: Look,
    tell: (state: CanvasState) => void,
  ) {
    this.scroller = scroller;
    this.source = source;
    this.tell = tell;
    this.isFollowing = source.isGrowing;
    this.body = new LogBody(this.log, scroller, look, (lines) => this.onNear(lines));
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    scroller.addEventListener("wheel", this.onWheel, { passive: true });
  }

  /** Begin: the first screen, or the last of a running log, or the line that is wanted. */
  async open(line?: number): Promise<void> {
    this.log.grow(this.source.lineCount);
    this.body.lay();
    this.stopFollowing = this.source.follow?.((first, lines) => this.append(first, lines));
    const { total } = this.log;
    if (line !== undefined) {
      await this.reveal(line);
    } else if (this.isFollowing) {
      await this.show({ from: Math.max(1, total - FIRST), to: total });
      this.scrollToEnd();
    } else {
      await this.show({ from: 1, to: Math.min(FIRST, total) });
    }
    // What was near before the first place was found is not what will be looked at.
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (this.abort.signal.aborted) return;
    this.isOpen = true;
    this.onNear(this.body.near);
    void this.loadRest();
  }

  close(): void {
    this.abort.abort();
    this.stopFollowing?.();
    this.scroller.removeEventListener("scroll", this.onScroll);
    this.scroller.removeEventListener("wheel", this.onWheel);
    cancelIdle(this.idleTask);
    CSS.highlights?.delete("log-found");
    this.body.close();
  }

  setLook(look: Look): void {
    this.body.setLook(look);
    this.drawRest();
  }

  /** The log was growing and has ended. */
  finish(lineCount: number): void {
    this.source = { ...this.source, isGrowing: false };
    this.stopFollowing?.();
    this.log.grow(lineCount);
    this.body.lay();
    void this.loadRest();
    this.changed();
  }

  markErrors(lines: number[]): void {
    for (const line of lines) this.log.markError(line);
    this.changed();
  }

  follow(isOn: boolean): void {
    this.isFollowing = isOn;
    if (isOn) this.scrollToEnd();
    this.changed();
  }

  /** Scroll to a line: it is fetched first if need be, and its group unfolded. */
  async reveal(line: number): Promise<void> {
    const { total } = this.log;
    const target = Math.min(Math.max(1, line), Math.max(1, total));
    this.isFollowing = false;
    const half = FIRST / 2;
    await this.show({ from: Math.max(1, target - half), to: Math.min(target + half, total) });
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

  /** The text of lines as a person would copy it. */
  textOf(range: LineRange): string {
    let text = "";
    for (let line = range.from; line <= range.to; line++) {
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
    const offset = event.clientX - row.getBoundingClientRect().left;
    const { number, end } = gutterOf(row);
    // The sign of a group stands before its number, and opens it.
    const isSign = row.hasAttribute("aria-expanded") && offset < number;
    return { line: Number(row.dataset.n), isNumber: offset < end && !isSign };
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
    this.body.lay();
    const { total } = this.log;
    if (this.isFollowing) this.body.draw({ from: Math.max(from, total - AT_ONCE), to: total });
    else for (const near of this.body.near) this.body.draw(near);
    if (touched) this.body.redraw(touched);
    if (this.isFollowing) this.scrollToEnd();
    if (this.log.frontier < total) void this.loadRest();
    else this.drawRest();
    this.changed();
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
      if (touched) this.body.redraw(touched);
      if (this.isOpen) for (const near of this.body.near) this.body.draw(near);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.failure = error as Error;
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
    if (this.idleTask !== 0) return;
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
    const registry = CSS.highlights;
    if (registry === undefined) return;
    if (this.foundText === "") {
      registry.delete("log-found");
      return;
    }
    const ranges = this.body.nearElements.flatMap((element) => rangesOf(element, this.foundText));
    registry.set("log-found", new Highlight(...ranges));
  }

  private scrollToEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private readonly onWheel = (event: WheelEvent): void => {
    this.hasScrolled = true;
    if (event.deltaY < 0 && this.isFollowing) {
      this.isFollowing = false;
      this.changed();
    }
  };

  private readonly onScroll = (): void => {
    // Reading the heights would lay the page out: only a growing log asks where it ends.
    if (!this.source.isGrowing) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    const isUp = scrollTop < this.lastTop - 2;
    this.lastTop = scrollTop;
    if (this.isFollowing && isUp && !isAtEnd) {
      this.isFollowing = false;
      this.changed();
    } else if (!this.isFollowing && isAtEnd && !isUp && this.hasScrolled) {
      this.isFollowing = true;
      this.changed();
    }
  };

  /** Tell of the state once in a frame, if it is another. */
  private changed(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    requestAnimationFrame(() => {
      this.isTelling = false;
      const { told, isFollowing, failure } = this;
      const { errors } = this.log;
      const isSame =
        told?.errors === errors && told.isFollowing === isFollowing && told.failure === failure;
      if (isSame || this.abort.signal.aborted) return;
      this.told = { errors, isFollowing, failure };
      this.tell(this.told);
    });
  }
}

/** Where in a row its number begins, and where number and time end, in pixels. */
function gutterOf(row: HTMLElement): { number: number; end: number } {
  const end = Number.parseFloat(getComputedStyle(row).paddingLeft);
  const signs = NUMBER_WIDTH + (row.dataset.t === undefined ? 0 : CLOCK_WIDTH + 2);
  const sign = (end - GAP) / signs;
  return { number: (NUMBER_WIDTH - (row.dataset.n ?? "").trim().length) * sign, end };
}

/** Where a text stands in an element, within single text nodes. */
function rangesOf(element: HTMLElement, text: string): DomRange[] {
  const ranges: DomRange[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const content = (node.nodeValue ?? "").toLowerCase();
    for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + text.length)) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      ranges.push(range);
    }
  }
  return ranges;
}

function whenIdle(task: (deadline: { timeRemaining: () => number }) => void): number {
  if ("requestIdleCallback" in window) return requestIdleCallback(task, { timeout: 1000 });
  return Number(setTimeout(() => task({ timeRemaining: () => 16 }), 16));
}

function cancelIdle(task: number): void {
  if ("cancelIdleCallback" in window) cancelIdleCallback(task);
  else clearTimeout(task);
}
