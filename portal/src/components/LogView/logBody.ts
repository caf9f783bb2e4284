/**
 * The elements of a log: blocks of chunks of rows.
 *
 * Both let the browser skip what is far from the window (`content-visibility`). Its cost in every
 * frame grows with the elements it has to ask about, so that few blocks hold many chunks; a chunk is
 * so small that one more of them fits into a frame.
 */

import type { Style } from "../../text/ansi.ts";
import type { LineRange } from "../../text/logline.ts";
import type { ClockStyle } from "../../text/time.ts";
import styles from "./LogView.module.css";
import type { LogDocument, Range } from "./logDocument.ts";
import { makeRow, NUMBER_WIDTH } from "./row.ts";

const LINE_HEIGHT = 20;
const CHUNK = 100;
const BLOCK = 50 * CHUNK;
/** Chromium scrolls no further than 2^24 px: of a longer log, what is far is drawn together. */
const HIGHEST = 15_000_000;
/** What is so near to the window has rows before the browser wants them. */
const NEAR = "3000px 0px";

export interface Look {
  clock: ClockStyle | undefined;
  wrap: boolean;
}

interface Chunk {
  element: HTMLElement;
  range: Range;
  /** Rows so far: the last chunk of a growing log gets more of them. */
  rows: number;
  endStyle: Style | undefined;
}

interface Block {
  element: HTMLElement;
  range: Range;
  /** Empty until the block is near or one of its lines is wanted. */
  chunks: Chunk[];
}

export class LogBody {
  readonly element = document.createElement("div");
  private readonly log: LogDocument;
  private readonly scroller: HTMLElement;
  private readonly observer: IntersectionObserver;
  private readonly blocks: Block[] = [];
  private readonly byElement = new WeakMap<Element, Block | Chunk>();
  private readonly nearBlocks = new Set<Block>();
  private readonly nearChunks = new Set<Chunk>();
  private look: Look;
  private selection: LineRange | undefined;
  private farScale = 1;

  /** `onNear` is told of lines that may soon be seen. */
  constructor(
    log: LogDocument,
    scroller: HTMLElement,
    look: Look,
    onNear: (lines: Range[]) => void,
  ) {
    this.log = log;
    this.scroller = scroller;
    this.look = look;
    this.element.className = styles.lines ?? "";
    this.element.style.setProperty("--number", String(NUMBER_WIDTH));
    this.applyLook();
    scroller.replaceChildren(this.element);
    this.observer = new IntersectionObserver(
      (entries) => onNear(entries.flatMap((entry) => this.noteNear(entry))),
      { root: scroller, rootMargin: NEAR },
    );
  }

  close(): void {
    this.observer.disconnect();
    this.element.remove();
  }

  /** The lines that may soon be seen, chunk by chunk. */
  get near(): Range[] {
    return [...this.nearChunks].map((chunk) => chunk.range);
  }

  get nearElements(): HTMLElement[] {
    return [...this.nearChunks].map((chunk) => chunk.element);
  }

  setLook(look: Look): void {
    const isClockChanged = look.clock !== this.look.clock;
    this.look = look;
    this.applyLook();
    for (const block of this.blocks) this.sizeAll(block);
    if (isClockChanged) this.redraw({ from: 1, to: this.log.total });
  }

  select(range: LineRange | undefined): void {
    const before = this.selection;
    this.selection = range;
    for (const each of [before, range]) {
      for (let line = each?.from ?? 1; line <= Math.min(each?.to ?? 0, this.log.total); line++) {
        this.rowOf(line)?.classList.toggle(styles.selected ?? "", this.isSelected(line));
      }
    }
  }

  /** The lines of a range and those that get their rows with them. */
  around(range: Range): Range {
    const from = range.from - ((range.from - 1) % CHUNK);
    return { from, to: Math.min(range.to + CHUNK - 1 - ((range.to - 1) % CHUNK), this.log.total) };
  }

  /** Bring a line into the middle of the window, if it has a row. */
  scrollTo(line: number): void {
    const block = this.blocks[Math.floor((line - 1) / BLOCK)];
    if (block) this.noteBlock(block, true);
    this.rowOf(line)?.scrollIntoView({ block: "center" });
  }

  /**
   * Make a change that may fold lines above the window; what is seen stays where it is. The browser
   * sees to that by itself only where the rows stay the same elements.
   */
  keepPlace(change: () => void): void {
    const seen = this.rowsInView();
    change();
    for (const { line, top } of seen) {
      const row = this.rowOf(line);
      if (row === undefined || row.hidden) continue;
      this.scroller.scrollTop += row.getBoundingClientRect().top - top;
      return;
    }
  }

  rowOf(line: number): HTMLElement | undefined {
    const chunk = this.chunkOf(line);
    return chunk?.element.children[line - chunk.range.from] as HTMLElement | undefined;
  }

  /** Room for every line there is; lines without rows are as high as they will be. */
  lay(): void {
    const { total } = this.log;
    this.scale(total);
    const last = this.blocks.at(-1);
    if (last) this.grow(last, total);
    const added: Block[] = [];
    for (let from = this.blocks.length * BLOCK + 1; from <= total; from += BLOCK) {
      const range = { from, to: Math.min(from + BLOCK - 1, total) };
      const block: Block = { element: document.createElement("div"), range, chunks: [] };
      block.element.className = styles.block ?? "";
      this.byElement.set(block.element, block);
      this.size(block);
      this.blocks.push(block);
      added.push(block);
    }
    this.element.append(...added.map((block) => block.element));
    for (const block of added) this.observer.observe(block.element);
  }

  /** Rows for the lines of a range, as far as the log has them. */
  draw(range: Range): void {
    for (const chunk of this.chunksOf(range)) this.drawChunk(chunk);
  }

  /** Rows anew, for lines that have rows; those far away get theirs by `drawNext`. */
  redraw(range: Range): void {
    for (const block of this.blocksOf(range)) {
      for (const chunk of block.chunks) {
        if (chunk.range.to < range.from || chunk.range.from > range.to) continue;
        if (chunk.rows > 0) {
          chunk.element.replaceChildren();
          chunk.rows = 0;
          if (this.nearChunks.has(chunk)) this.drawChunk(chunk);
        }
        this.size(chunk);
      }
      this.size(block);
    }
  }

  /** Draw the first chunk from a line on that is not; answers the line to go on from. */
  drawNext(from: number): number | undefined {
    for (let line = from; line <= this.log.total; line += CHUNK) {
      const chunk = this.chunkOf(line, true);
      if (chunk === undefined) return undefined;
      if (chunk.rows > chunk.range.to - chunk.range.from) continue;
      this.drawChunk(chunk);
      return chunk.range.to + 1;
    }
    return undefined;
  }

  private rowsInView(): { line: number; top: number }[] {
    const window = this.scroller.getBoundingClientRect();
    const isIn = ({ top, bottom }: DOMRect) => bottom > window.top && top < window.bottom;
    const chunks = [...this.nearChunks].filter(({ element }) =>
      isIn(element.getBoundingClientRect()),
    );
    return chunks.flatMap(({ element, range }) =>
      [...element.children].flatMap((row, at) => {
        const place = row.getBoundingClientRect();
        return place.height > 0 && isIn(place) ? [{ line: range.from + at, top: place.top }] : [];
      }),
    );
  }

  private noteNear(entry: IntersectionObserverEntry): Range[] {
    const part = this.byElement.get(entry.target);
    if (part === undefined) return [];
    if ("chunks" in part) {
      this.noteBlock(part, entry.isIntersecting);
      return [];
    }
    if (!entry.isIntersecting) {
      this.nearChunks.delete(part);
      return [];
    }
    this.nearChunks.add(part);
    return [part.range];
  }

  private noteBlock(block: Block, isNear: boolean): void {
    if (isNear === this.nearBlocks.has(block)) return;
    if (isNear) {
      this.nearBlocks.add(block);
      this.fill(block);
      for (const chunk of block.chunks) this.observer.observe(chunk.element);
    } else {
      this.nearBlocks.delete(block);
      for (const chunk of block.chunks) {
        this.observer.unobserve(chunk.element);
        this.nearChunks.delete(chunk);
      }
    }
    if (this.farScale < 1) this.size(block);
  }

  /** More lines in the last block. */
  private grow(block: Block, total: number): void {
    const to = Math.min(block.range.from + BLOCK - 1, total);
    if (to === block.range.to) return;
    block.range = { ...block.range, to };
    const last = block.chunks.at(-1);
    if (last) {
      last.range = { ...last.range, to: Math.min(last.range.from + CHUNK - 1, to) };
      this.size(last);
      this.fill(block);
    }
    this.size(block);
  }

  /** All chunks of a block. */
  private fill(block: Block): void {
    const added: HTMLElement[] = [];
    let from = block.range.from + block.chunks.length * CHUNK;
    for (; from <= block.range.to; from += CHUNK) {
      const element = document.createElement("div");
      element.className = styles.chunk ?? "";
      const range = { from, to: Math.min(from + CHUNK - 1, block.range.to) };
      const chunk: Chunk = { element, range, rows: 0, endStyle: undefined };
      this.byElement.set(element, chunk);
      this.size(chunk);
      block.chunks.push(chunk);
      added.push(element);
    }
    block.element.append(...added);
    if (!this.nearBlocks.has(block)) return;
    for (const element of added) this.observer.observe(element);
  }

  private sizeAll(block: Block): void {
    this.size(block);
    for (const chunk of block.chunks) this.size(chunk);
  }

  /** A line that does not wrap has a known height; otherwise it is a guess until it is drawn. */
  private size(part: Block | Chunk): void {
    const { element, range } = part;
    const isBlock = "chunks" in part;
    const count = this.log.visibleCount(range);
    const isDrawn = isBlock ? part.chunks.length > 0 : part.rows > 0;
    const scale = isBlock && !this.nearBlocks.has(part) ? this.farScale : 1;
    const height = `${count * LINE_HEIGHT * scale}px`;
    element.hidden = count === 0;
    element.style.height = this.look.wrap && isDrawn ? "" : height;
    element.style.setProperty("contain-intrinsic-height", `auto ${height}`);
  }

  private drawChunk(chunk: Chunk): void {
    const { range, element } = chunk;
    const from = range.from + chunk.rows;
    if (from > range.to || this.log.missing(range) !== undefined) return;
    let style = chunk.rows > 0 ? chunk.endStyle : this.chunkOf(range.from - 1)?.endStyle;
    const rows: HTMLElement[] = [];
    for (let line = from; line <= range.to; line++) {
      const made = makeRow(this.log, line, style, this.look);
      style = made.style;
      if (this.log.isHidden(line)) made.row.hidden = true;
      if (this.isSelected(line)) made.row.classList.add(styles.selected ?? "");
      rows.push(made.row);
    }
    element.append(...rows);
    chunk.endStyle = style;
    chunk.rows = range.to - range.from + 1;
    this.size(chunk);
  }

  private blocksOf(range: Range): Block[] {
    const first = Math.floor((Math.max(1, range.from) - 1) / BLOCK);
    return this.blocks.slice(first, Math.floor((Math.max(1, range.to) - 1) / BLOCK) + 1);
  }

  private chunksOf(range: Range): Chunk[] {
    return this.blocksOf(range).flatMap((block) => {
      this.fill(block);
      const first = Math.max(0, Math.floor((range.from - block.range.from) / CHUNK));
      return block.chunks.slice(first, Math.floor((range.to - block.range.from) / CHUNK) + 1);
    });
  }

  private chunkOf(line: number, isWanted = false): Chunk | undefined {
    const block = this.blocks[Math.floor((line - 1) / BLOCK)];
    if (block === undefined) return undefined;
    if (isWanted) this.fill(block);
    return block.chunks[Math.floor((line - block.range.from) / CHUNK)];
  }

  private scale(total: number): void {
    const before = this.farScale;
    this.farScale = Math.min(1, HIGHEST / (total * LINE_HEIGHT));
    if (before !== this.farScale) for (const block of this.blocks) this.size(block);
  }

  private isSelected(line: number): boolean {
    return this.selection !== undefined && line >= this.selection.from && line <= this.selection.to;
  }

  private applyLook(): void {
    this.element.classList.toggle(styles.wrapped ?? "", this.look.wrap);
    this.element.classList.toggle(styles.timed ?? "", this.look.clock !== undefined);
  }
}
