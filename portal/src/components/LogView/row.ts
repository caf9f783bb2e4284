/** One line of a log as an element. Text is only ever set as text. */

import { parseAnsi, type Segment, type Style } from "../../text/ansi.ts";
import { type LineKind, parseLogLine } from "../../text/logline.ts";
import { type ClockStyle, formatClock, formatDuration } from "../../text/time.ts";
import { visible } from "../../text/visible.ts";
import { coloursOf } from "./colours.ts";
import styles from "./LogView.module.css";
import type { LogDocument } from "./logDocument.ts";

export interface RowLook {
  clock: ClockStyle | undefined;
}

/**
 * Signs that a line's number takes, and its time: both are one text before the line, filled up with
 * blanks, since a box of its own for each would cost as much as the line itself.
 */
export const NUMBER_WIDTH = 8;
const CLOCK_WIDTH = 12;
/** Between a line's number and its text, in pixels; as in LogView.module.css. */
const GAP = 16;

const ADDRESS = /https?:\/\/[^\s"'<>)\]}]+[^\s"'<>)\]}.,;:!?]/g;

const KINDS: Partial<Record<LineKind, string | undefined>> = {
  error: styles.error,
  warning: styles.warning,
  section: styles.section,
  command: styles.command,
  debug: styles.debug,
  group: styles.group,
};

/** The element of a line and the style that the next line begins with. */
export function makeRow(
  log: LogDocument,
  number: number,
  before: Style | undefined,
  look: RowLook,
): { row: HTMLElement; style: Style | undefined } {
  const line = parseLogLine(log.line(number) ?? "");
  const row = document.createElement("div");
  row.className = styles.row ?? "";
  row.dataset.n = String(number).padStart(NUMBER_WIDTH);
  if (look.clock) {
    const { time } = line;
    const clock = time === undefined ? "" : formatClock(time, look.clock, log.startTime ?? time);
    row.dataset.t = clock.padStart(CLOCK_WIDTH);
  }
  const kind = KINDS[line.kind];
  if (kind) row.classList.add(kind);
  const text = visible(line.text);
  const parsed = parseAnsi(text, before);
  for (const segment of parsed.segments) row.append(...nodesOf(segment));
  if (line.kind === "group") addGroupHead(row, log, number);
  // An empty line is still a line to select and to copy.
  if (row.childNodes.length === 0) row.append("\u200b");
  return { row, style: parsed.style };
}

/** Whether a place in a row is its number or time; the sign that stands before a group's is not. */
export function isAtNumber(row: HTMLElement, clientX: number): boolean {
  const offset = clientX - row.getBoundingClientRect().left;
  const end = Number.parseFloat(getComputedStyle(row).paddingLeft);
  const signs = NUMBER_WIDTH + (row.dataset.t === undefined ? 0 : CLOCK_WIDTH + 2);
  const number = ((end - GAP) / signs) * (NUMBER_WIDTH - (row.dataset.n ?? "").trim().length);
  const isSign = row.hasAttribute("aria-expanded") && offset < number;
  return offset < end && !isSign;
}

function addGroupHead(row: HTMLElement, log: LogDocument, number: number): void {
  const group = log.groupOf(number);
  if (group === undefined || group.start !== number) return;
  row.setAttribute("aria-expanded", String(!log.isFolded(group)));
  row.setAttribute("role", "button");
  row.tabIndex = 0;
  row.dataset.n = String(number);
  if (group.milliseconds !== undefined) row.dataset.took = formatDuration(group.milliseconds);
}

function nodesOf(segment: Segment): Node[] {
  const nodes = segment.link ? [link(segment.link, segment.text)] : linked(segment.text);
  if (segment.style === undefined) return nodes;
  const span = document.createElement("span");
  applyStyle(span, segment.style);
  span.append(...nodes);
  return [span];
}

/** Text with its addresses as links. */
function linked(text: string): Node[] {
  if (!text.includes("://")) return [document.createTextNode(text)];
  const nodes: Node[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (match.index > at) nodes.push(document.createTextNode(text.slice(at, match.index)));
    nodes.push(link(match[0], match[0]));
    at = match.index + match[0].length;
  }
  if (at < text.length) nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}

function link(address: string, text: string): HTMLElement {
  const element = document.createElement("a");
  element.href = address;
  element.textContent = text;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

function applyStyle(span: HTMLElement, style: Style): void {
  const { front, back } = coloursOf(style);
  if (front) span.style.color = front;
  if (back) span.style.backgroundColor = back;
  if (style.bold) span.style.fontWeight = "bold";
  if (style.dim) span.style.opacity = "0.7";
  if (style.italic) span.style.fontStyle = "italic";
  if (style.underline || style.strike) {
    span.style.textDecoration = [style.underline && "underline", style.strike && "line-through"]
      .filter(Boolean)
      .join(" ");
  }
}
