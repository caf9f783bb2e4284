/**
 * What a terminal would show of one line: text with colours and links, as data.
 *
 * SGR colours (16, 256 and 24 bit), bold, italic, underline, strike and inverse; OSC 8 links with
 * http or https addresses; a carriage return overwrites the line from its begin, and erasing and
 * moving sequences, titles and other controls leave nothing behind.
 */

export interface Style {
  /** `1` to `15` of the palette, or `#rrggbb`. */
  foreground?: string;
  background?: string;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
  inverse?: boolean;
}

export interface Segment {
  text: string;
  style?: Style;
  link?: string;
}

export interface AnsiLine {
  segments: Segment[];
  /** The style that the next line begins with. */
  style: Style | undefined;
}

const ESCAPE = "\u001b";
/** One sign for `ESC [` and for `ESC ]`. */
const CSI = "\u009b";
const OSC = "\u009d";
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;

/** Whether a line needs any of this; most lines do not. */
export function isPlain(line: string): boolean {
  return !CONTROL.test(line);
}

/** One line, given the style at its begin. */
export function parseAnsi(line: string, style?: Style): AnsiLine {
  if (isPlain(line)) {
    const text = line;
    return { segments: text === "" ? [] : [withStyle({ text }, style)], style };
  }
  const painter = new Painter(style);
  let at = 0;
  while (at < line.length) {
    const next = findControl(line, at);
    if (next > at) painter.put(line.slice(at, next));
    if (next === line.length) break;
    at = control(line, next, painter);
  }
  return { segments: painter.segments, style: painter.style };
}

/** The text alone, for copying and searching. */
export function plainText(line: string): string {
  if (isPlain(line)) return line;
  return parseAnsi(line)
    .segments.map((segment) => segment.text)
    .join("");
}

function findControl(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if ((code < 32 && code !== 9) || (code >= 127 && code < 160)) return at;
  }
  return line.length;
}

/** Handle the control sign at `at`; answers where the text goes on. */
function control(line: string, at: number, painter: Painter): number {
  const sign = line[at];
  if (sign === "\r") {
    painter.carriageReturn();
    return at + 1;
  }
  if (sign === "\b") {
    painter.back();
    return at + 1;
  }
  if (sign === CSI) return csi(line, at + 1, painter);
  if (sign === OSC) return osc(line, at + 1, painter);
  if (sign !== ESCAPE) return at + 1;
  const kind = line[at + 1];
  if (kind === "[") return csi(line, at + 2, painter);
  if (kind === "]") return osc(line, at + 2, painter);
  if (kind === "P" || kind === "X" || kind === "^" || kind === "_") return skipString(line, at + 2);
  if (kind !== undefined && /[ -/]/.test(kind)) return Math.min(at + 3, line.length);
  return Math.min(at + 2, line.length);
}

function csi(line: string, from: number, painter: Painter): number {
  let at = from;
  while (at < line.length && /[0-?]/.test(line[at] ?? "")) at++;
  const parameters = line.slice(from, at);
  while (at < line.length && /[ -/]/.test(line[at] ?? "")) at++;
  const final = line[at];
  if (final === undefined) return line.length;
  if (final === "m") painter.style = applySgr(painter.style, parameters);
  else if (final === "K" && (parameters === "1" || parameters === "2")) painter.erase();
  else if (final === "G" && (parameters === "" || parameters === "1")) painter.carriageReturn();
  else if (final === "K") painter.cut();
  return at + 1;
}

function osc(line: string, from: number, painter: Painter): number {
  const end = stringEnd(line, from);
  const body = line.slice(from, end.at);
  if (body.startsWith("8;")) {
    const address = body.slice(body.indexOf(";", 2) + 1);
    painter.link = /^https?:\/\//i.test(address) ? address : undefined;
  }
  return end.next;
}

function skipString(line: string, from: number): number {
  return stringEnd(line, from).next;
}

/** Where a control string ends: at BEL or `ESC \`. One without an end takes the rest of the line. */
function stringEnd(line: string, from: number): { at: number; next: number } {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\u0007" || line[at] === "\u009c") return { at, next: at + 1 };
    if (line[at] === ESCAPE) return { at, next: line[at + 1] === "\\" ? at + 2 : at + 1 };
  }
  return { at: line.length, next: line.length };
}

/** Puts text on one line as a terminal does: after a carriage return it overwrites. */
class Painter {
  style: Style | undefined;
  link: string | undefined;
  private cells: Segment[] = [];
  private column = 0;
  private length = 0;

  constructor(style: Style | undefined) {
    this.style = style;
  }

  get segments(): Segment[] {
    return this.cells;
  }

  put(text: string): void {
    const segment: Segment = withStyle({ text }, this.style);
    if (this.link !== undefined) segment.link = this.link;
    if (this.column < this.length) this.replace(segment);
    else this.cells.push(segment);
    this.column += text.length;
    this.length = Math.max(this.length, this.column);
  }

  carriageReturn(): void {
    this.column = 0;
  }

  back(): void {
    this.column = Math.max(0, this.column - 1);
  }

  erase(): void {
    this.cells = [];
    this.length = 0;
    if (this.column > 0) this.cells.push({ text: " ".repeat(this.column) });
    this.length = this.column;
  }

  cut(): void {
    if (this.column >= this.length) return;
    this.cells = sliced(this.cells, 0, this.column);
    this.length = this.column;
  }

  private replace(segment: Segment): void {
    const end = this.column + segment.text.length;
    this.cells = [
      ...sliced(this.cells, 0, this.column),
      segment,
      ...sliced(this.cells, end, this.length),
    ];
  }
}

function sliced(cells: Segment[], from: number, to: number): Segment[] {
  const kept: Segment[] = [];
  let start = 0;
  for (const cell of cells) {
    const text = cell.text.slice(Math.max(0, from - start), Math.max(0, to - start));
    if (text !== "") kept.push({ ...cell, text });
    start += cell.text.length;
  }
  return kept;
}

function withStyle(segment: Segment, style: Style | undefined): Segment {
  if (style !== undefined) segment.style = style;
  return segment;
}

const FLAGS: Record<number, [keyof Style, boolean]> = {
  1: ["bold", true],
  2: ["dim", true],
  3: ["italic", true],
  4: ["underline", true],
  7: ["inverse", true],
  9: ["strike", true],
  23: ["italic", false],
  24: ["underline", false],
  27: ["inverse", false],
  29: ["strike", false],
};

function applySgr(before: Style | undefined, parameters: string): Style | undefined {
  const codes = parameters.split(";");
  let style: Style = { ...before };
  for (let index = 0; index < codes.length; index++) {
    const [code, ...details] = numbersOf(codes[index] ?? "", ":");
    if (code === 0) style = {};
    else if (code === 38 || code === 48 || code === 58) {
      // `38:2::255:0:0` says it all at once, `38;2;255;0;0` in the codes that follow.
      const rest = details.length > 0 ? details : numbersOf(codes.slice(index + 1).join(";"), ";");
      const { colour, used } = extended(rest, details.length > 4);
      if (details.length === 0) index += used;
      if (code !== 58 && colour) style[code === 38 ? "foreground" : "background"] = colour;
    } else if (code === 4 && details[0] === 0) delete style.underline;
    else if (code !== undefined) setLook(style, code);
  }
  return Object.keys(style).length === 0 ? undefined : style;
}

function numbersOf(text: string, separator: string): number[] {
  return text.split(separator).map((part) => (part === "" ? 0 : Number(part)));
}

/** What one number says of a style. */
function setLook(style: Style, code: number): void {
  const flag = FLAGS[code];
  if (flag) setFlag(style, flag);
  else if (code === 22) {
    delete style.bold;
    delete style.dim;
  } else if (code >= 30 && code <= 37) style.foreground = String(code - 30);
  else if (code >= 90 && code <= 97) style.foreground = String(code - 82);
  else if (code >= 40 && code <= 47) style.background = String(code - 40);
  else if (code >= 100 && code <= 107) style.background = String(code - 92);
  else if (code === 39) delete style.foreground;
  else if (code === 49) delete style.background;
}

function setFlag(style: Style, [name, on]: [keyof Style, boolean]): void {
  if (on) Object.assign(style, { [name]: true });
  else delete style[name];
}

/** The colour that numbers say, and how many of them; `hasSpace`: a colour space is among them. */
function extended(
  numbers: number[],
  hasSpace: boolean,
): { colour: string | undefined; used: number } {
  const [kind, ...rest] = numbers;
  if (kind === 5) return { colour: colour256(rest[0] ?? 0), used: 2 };
  if (kind === 2) {
    const [red = 0, green = 0, blue = 0] = hasSpace ? rest.slice(1) : rest;
    return { colour: hex(red, green, blue), used: 4 };
  }
  return { colour: undefined, used: 1 };
}

/** A colour of the 256: the palette's 16, a cube of 6 by 6 by 6, and 24 greys. */
export function colour256(index: number): string {
  if (index < 16) return String(Math.max(0, index));
  if (index < 232) {
    const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
    const cube = index - 16;
    return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
  }
  const grey = 8 + (Math.min(index, 255) - 232) * 10;
  return hex(grey, grey, grey);
}

function hex(...parts: [number, number, number]): string {
  const part = (value: number) =>
    Math.min(255, Math.max(0, value | 0))
      .toString(16)
      .padStart(2, "0");
  return `#${parts.map(part).join("")}`;
}
