/**
 * Draws a log of any length into a scrolling box.
 *
 * Lines are drawn in chunks that the browser lays out only when they are near the window
 * (`content-visibility`). A log of up to `WHOLE` lines is drawn to its end while nothing else is to
 * do, so that the browser's own search finds every line; of a longer one only what is looked at.
 */

import type { Style } from "../../text/ansi.ts";
import type { LineRange } from "../../text/logline.ts";
import type { ClockStyle } from "../../text/time.ts";
import styles from "./LogView.module.css";
import { LogDocument, type Range } from "./logDocument.ts";
import { makeRow } from "./row.ts";
import type { LogSource } from "./source.ts";

export const LINE_HEIGHT = 20;
const CHUNK = 250;
const FIRST = 500;
const BLOCK = 1000;
const SLICE = 10_000;
const WHOLE = 200_000;
const AT_END = 48;

export interface CanvasOptions {
  clock: ClockStyle | undefined;
  wrap: boolean;
}

export interface CanvasState {
  total: number;
  loaded: number;
  errors: number[];
  isFollowing: boolean;
  failure: Error | undefined;
}

type DomRange = globalThis.Range;

interface Chunk {
  element: HTMLElement;
  range: Range;
  isDrawn: boolean;
  /** Lines drawn: the last chunk of a growing log gets more of them. */
  drawn: number;
  endStyle: Style | undefined;
}

export class LogCanvas {
  private readonly scroller: HTMLElement;
  private readonly tell: (state: CanvasState) => void;
  private readonly body: HTMLElement;
  private readonly observer: IntersectionObserver;
  private readonly abort = new AbortController();
  private readonly log = new LogDocument();
  private readonly chunks: Chunk[] = [];
  private readonly near = new Set<number>();
  private readonly loading = new Set<number>();
  private readonly byElement = new WeakMap<Element, number>();
  private source: LogSource;
  private options: CanvasOptions;
  private selection: LineRange | undefined;
  private foundText = "";
  private isFollowing: boolean;
  private stopFollowing: (() => void) | undefined;
  private failure: Error | undefined;
  private isTelling = false;
  private idleTask = 0;
  private hasScrolled = false;
  private isOpen = false;

  constructor(
    scroller: HTMLElement,
    source: LogSource,
    options: CanvasOptions,
    tell: (state: CanvasState) => void,
  ) {
    this.scroller = scroller;
    this.source = source;
    this.options = options;
    this.tell = tell;
    this.isFollowing = source.isGrowing;
    this.body = document.createElement("div");
    this.body.className = styles.lines ?? "";
    scroller.replaceChildren(this.body);
    this.observer = new IntersectionObserver((entries) => this.onNear(entries), {
      root: scroller,
      rootMargin: "1500px 0px",
    });
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    scroller.addEventListener("wheel", this.onWheel, { passive: true });
    this.applyOptions();
  }

  /** Begin: the first screen, or the last of a running log, or the line that is wanted. */
  async open(line?: number): Promise<void> {
    this.log.grow(this.source.lineCount);
    this.layChunks();
    this.stopFollowing = this.source.follow?.((first, lines) => this.append(first, lines));
    if (line !== undefined) {
      this.isFollowing = false;
      await this.reveal(line);
    } else if (this.isFollowing) {
      await this.load({ from: Math.max(1, this.log.total - FIRST), to: this.log.total });
      this.scrollToEnd();
    } else {
      await this.load({ from: 1, to: Math.min(FIRST, this.log.total) });
    }
    this.isOpen = true;
    for (const index of this.near) this.need(index);
    void this.loadRest();
  }

  close(): void {
    this.abort.abort();
    this.stopFollowing?.();
    this.observer.disconnect();
    this.scroller.removeEventListener("scroll", this.onScroll);
    this.scroller.removeEventListener("wheel", this.onWheel);
    cancelIdle(this.idleTask);
    CSS.highlights?.delete("log-found");
    this.body.remove();
  }

  setOptions(options: CanvasOptions): void {
    const isClockChanged = options.clock !== this.options.clock;
    this.options = options;
    this.applyOptions();
    if (isClockChanged) this.redraw({ from: 1, to: this.log.total });
  }

  /** The log was growing and has ended. */
  finish(lineCount: number): void {
    this.source = { ...this.source, isGrowing: false };
    this.stopFollowing?.();
    this.log.grow(lineCount);
    this.layChunks();
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
  async reveal(line: number, place: ScrollLogicalPosition = "center"): Promise<void> {
    const target = Math.min(Math.max(1, line), Math.max(1, this.log.total));
    this.isFollowing = false;
    const chunk = this.chunkOf(target);
    await this.load(chunk?.range ?? { from: target, to: target });
    const group = this.log.groupOf(target);
    if (group && this.log.isHidden(target)) {
      this.log.setFolded(group, false);
      this.redraw({ from: group.start, to: group.end });
    }
    this.drawChunk(chunk);
    this.rowOf(target)?.scrollIntoView({ block: place });
    this.changed();
  }

  select(range: LineRange | undefined): void {
    const before = this.selection;
    this.selection = range;
    for (const each of [before, range]) {
      if (each) this.markSelected(each);
    }
  }

  /** The text of lines as a person would copy it. */
  textOf(range: LineRange): string {
    const lines: string[] = [];
    for (let line = range.from; line <= range.to; line++) {
      const row = this.rowOf(line);
      lines.push((row?.textContent ?? this.log.line(line) ?? "").replaceAll("\u200b", ""));
    }
    return `${lines.join("\n")}\n`;
  }

  /** Mark a text wherever it is drawn. */
  highlight(text: string): void {
    this.foundText = text.toLowerCase();
    this.paintFound();
  }

  /** The line whose number or head was clicked, if any. */
  lineAt(event: MouseEvent): { line: number; isNumber: boolean } | undefined {
    const row = (event.target as Element).closest<HTMLElement>("[data-n]");
    if (row === null || !this.body.contains(row)) return undefined;
    const offset = event.clientX - row.getBoundingClientRect().left + this.scroller.scrollLeft;
    return { line: Number(row.dataset.n), isNumber: offset < 64 };
  }

  toggleGroup(line: number): boolean {
    const group = this.log.groupOf(line);
    if (group === undefined || group.start !== line) return false;
    this.log.setFolded(group, !this.log.isFolded(group));
    this.redraw({ from: group.start, to: group.end });
    return true;
  }

  foldAll(isFolded: boolean): void {
    for (const group of this.log.groups) this.log.setFolded(group, isFolded);
    this.redraw({ from: 1, to: this.log.total });
  }

  private append(first: number, lines: string[]): void {
    const wasTotal = this.log.total;
    const touched = this.log.put(first, lines);
    this.layChunks();
    const last = this.chunkOf(wasTotal === 0 ? 1 : wasTotal);
    // The chunk that grew, and those that are new, if they are to be seen.
    for (const chunk of this.chunks.slice(last ? this.chunks.indexOf(last) : 0)) {
      if (chunk.isDrawn || this.isFollowing) this.drawChunk(chunk);
    }
    if (touched) this.redraw(touched);
    if (this.isFollowing) this.scrollToEnd();
    if (this.log.frontier < this.log.total) void this.loadRest();
    this.changed();
  }

  private async load(range: Range): Promise<void> {
    const missing = this.log.missing(range);
    if (missing === undefined) return;
    try {
      const lines = await this.source.read(missing, this.abort.signal);
      const touched = this.log.put(missing.from, lines);
      this.failure = undefined;
      this.layChunks();
      for (const index of this.near) this.drawChunk(this.chunks[index]);
      if (touched) this.redraw(touched);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.failure = error as Error;
    }
    this.changed();
  }

  private isLoadingRest = false;

  /** All lines of a log that is not too long, slice by slice; then their rows, when idle. */
  private async loadRest(): Promise<void> {
    if (this.isLoadingRest) return;
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
    cancelIdle(this.idleTask);
    let index = 0;
    const step = (deadline: { timeRemaining: () => number }) => {
      while (index < this.chunks.length && index * CHUNK < WHOLE) {
        const chunk = this.chunks[index++];
        if (chunk === undefined || chunk.isDrawn) continue;
        this.drawChunk(chunk);
        if (deadline.timeRemaining() < 4) {
          this.idleTask = whenIdle(step);
          return;
        }
      }
    };
    this.idleTask = whenIdle(step);
  }

  /** An element for every chunk, those not drawn as high as they will be. */
  private layChunks(): void {
    const wanted = Math.ceil(this.log.total / CHUNK);
    const last = this.chunks.at(-1);
    if (last) {
      last.range = { ...last.range, to: Math.min(this.chunks.length * CHUNK, this.log.total) };
      if (!last.isDrawn) this.size(last);
    }
    if (this.chunks.length >= wanted) return;
    const fragment = document.createDocumentFragment();
    while (this.chunks.length < wanted) {
      const index = this.chunks.length;
      const element = document.createElement("div");
      element.className = styles.chunk ?? "";
      const from = index * CHUNK + 1;
      const range = { from, to: Math.min(from + CHUNK - 1, this.log.total) };
      const chunk: Chunk = { element, range, isDrawn: false, drawn: 0, endStyle: undefined };
      this.chunks.push(chunk);
      this.byElement.set(element, index);
      this.size(chunk);
      this.observer.observe(element);
      fragment.append(element);
    }
    this.body.append(fragment);
    this.body.style.setProperty("--digits", String(String(this.log.total).length));
  }

  private size(chunk: Chunk): void {
    const count = this.log.visibleCount(chunk.range);
    const { element } = chunk;
    element.hidden = count === 0;
    const height = `${count * LINE_HEIGHT}px`;
    element.style.height = chunk.isDrawn ? "" : height;
    element.style.setProperty("contain-intrinsic-size", `auto ${height}`);
  }

  private onNear(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const index = this.byElement.get(entry.target);
      if (index === undefined) continue;
      if (!entry.isIntersecting) {
        this.near.delete(index);
        continue;
      }
      this.near.add(index);
      // Before the first place is found, what is near is not what will be looked at.
      if (this.isOpen) this.need(index);
    }
    this.paintFound();
  }

  private need(index: number): void {
    const chunk = this.chunks[index];
    if (chunk === undefined || chunk.isDrawn) return;
    if (this.log.missing(chunk.range) === undefined) this.drawChunk(chunk);
    else void this.loadBlock(chunk.range.from);
  }

  private async loadBlock(line: number): Promise<void> {
    const block = Math.floor((line - 1) / BLOCK);
    if (this.loading.has(block)) return;
    this.loading.add(block);
    await this.load({ from: block * BLOCK + 1, to: Math.min((block + 1) * BLOCK, this.log.total) });
    this.loading.delete(block);
  }

  /** Draw what of a chunk is here and not drawn. */
  private drawChunk(chunk: Chunk | undefined): void {
    if (chunk === undefined || this.log.missing(chunk.range) !== undefined) return;
    const from = chunk.range.from + chunk.drawn;
    if (chunk.isDrawn && from > chunk.range.to) return;
    const previous = this.chunks[(this.byElement.get(chunk.element) ?? 0) - 1];
    let style = chunk.drawn > 0 ? chunk.endStyle : previous?.endStyle;
    const fragment = document.createDocumentFragment();
    for (let line = from; line <= chunk.range.to; line++) {
      const made = makeRow(this.log, line, style, { clock: this.options.clock });
      style = made.style;
      if (this.log.isHidden(line)) made.row.hidden = true;
      if (this.isSelected(line)) made.row.classList.add(styles.selected ?? "");
      fragment.append(made.row);
    }
    chunk.endStyle = style;
    chunk.drawn = chunk.range.to - chunk.range.from + 1;
    chunk.isDrawn = true;
    chunk.element.append(fragment);
    this.size(chunk);
  }

  /** Draw the chunks of a range anew, if they are drawn. */
  private redraw(range: Range): void {
    const first = Math.floor((range.from - 1) / CHUNK);
    const last = Math.floor((Math.max(range.to, 1) - 1) / CHUNK);
    for (const [index, chunk] of this.chunks.slice(first, last + 1).entries()) {
      if (chunk.isDrawn) {
        chunk.element.replaceChildren();
        chunk.isDrawn = false;
        chunk.drawn = 0;
        if (this.near.has(first + index)) this.drawChunk(chunk);
      }
      this.size(chunk);
    }
    this.drawRest();
  }

  private chunkOf(line: number): Chunk | undefined {
    return this.chunks[Math.floor((line - 1) / CHUNK)];
  }

  private rowOf(line: number): HTMLElement | undefined {
    const chunk = this.chunkOf(line);
    return chunk?.element.children[line - chunk.range.from] as HTMLElement | undefined;
  }

  private isSelected(line: number): boolean {
    return this.selection !== undefined && line >= this.selection.from && line <= this.selection.to;
  }

  private markSelected(range: LineRange): void {
    for (let line = range.from; line <= Math.min(range.to, this.log.total); line++) {
      this.rowOf(line)?.classList.toggle(styles.selected ?? "", this.isSelected(line));
    }
  }

  private paintFound(): void {
    const registry = CSS.highlights;
    if (registry === undefined) return;
    if (this.foundText === "") {
      registry.delete("log-found");
      return;
    }
    const ranges: AbstractRange[] = [];
    for (const index of this.near) {
      const element = this.chunks[index]?.element;
      if (element) ranges.push(...rangesOf(element, this.foundText));
    }
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

  private lastTop = 0;

  private readonly onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    const isUp = scrollTop < this.lastTop - 2;
    this.lastTop = scrollTop;
    if (this.isFollowing && isUp && !isAtEnd) {
      this.isFollowing = false;
      this.changed();
    } else if (!this.isFollowing && isAtEnd && !isUp && this.source.isGrowing && this.hasScrolled) {
      this.isFollowing = true;
      this.changed();
    }
  };

  private applyOptions(): void {
    this.body.classList.toggle(styles.wrapped ?? "", this.options.wrap);
    this.body.classList.toggle(styles.timed ?? "", this.options.clock !== undefined);
  }

  /** Tell of the state, once in a frame. */
  private changed(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    requestAnimationFrame(() => {
      this.isTelling = false;
      if (this.abort.signal.aborted) return;
      const { total, frontier, errors } = this.log;
      const { isFollowing, failure } = this;
      this.tell({ total, loaded: frontier, errors, isFollowing, failure });
    });
  }
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
  return Number(setTimeout(() => task({ timeRemaining: () => 0 }), 16));
}

function cancelIdle(task: number): void {
  if ("cancelIdleCallback" in window) cancelIdleCallback(task);
  else clearTimeout(task);
}
