/**
 * The colours of a style as CSS, so that every text can be read in every theme.
 *
 * The palette's colours are made to be read on the log's page, so that the page's own colour can be
 * read on them. A colour of the program's own choice keeps its hue; where it is alone, its lightness
 * is made to fit.
 */

import type { Style } from "../../text/ansi.ts";

export function coloursOf(style: Style): { front?: string; back?: string } {
  const { foreground, background, inverse = false } = style;
  const front = inverse ? (background ?? "page") : foreground;
  const back = inverse ? (foreground ?? "text") : background;
  if (back === undefined) return front === undefined ? {} : { front: onPage(front) };
  return { front: onBack(front, back), back: colour(back) };
}

function onPage(name: string): string {
  if (!isOwn(name)) return colour(name);
  return `oklch(from ${name} clamp(var(--ansi-darkest), l, var(--ansi-lightest)) c h)`;
}

function onBack(front: string | undefined, back: string): string {
  if (!isOwn(back)) return colour("page");
  return front !== undefined && isOwn(front) ? front : isLight(back) ? "#000" : "#fff";
}

/** `#rrggbb`: not of the palette. */
function isOwn(name: string): boolean {
  return name.startsWith("#");
}

/** Whether black is read better on a colour than white, by the eye's weights of its parts. */
function isLight(name: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    Number.parseInt(name.slice(at, at + 2), 16),
  );
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

function colour(name: string): string {
  if (isOwn(name)) return name;
  return /^\d/.test(name) ? `var(--ansi-${name})` : `var(--log-${name})`;
}
