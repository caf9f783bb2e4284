/** Small drawings of states, in places of the graph itself, and words cut to their room. */

import type { Look } from "../../text/states.ts";

const RADIUS = 7.5;

/**
 * The path of a state's picture around a point: the same pictures as `StateIcon`, as lines.
 *
 * The numbers have the place in them. A transform for each would be a layer's worth of work for each
 * when the graph is moved.
 */
export function symbolPath(look: Look, x: number, y: number): string {
  const at = (dx: number, dy: number) => `${x + dx} ${y + dy}`;
  const ring = `M${at(-RADIUS, 0)}a${RADIUS} ${RADIUS} 0 1 0 15 0a${RADIUS} ${RADIUS} 0 1 0 -15 0Z`;
  switch (look) {
    case "success":
      return `${ring}M${at(-3.5, 0.3)}l2.5 2.5l4.5 -5`;
    case "failure":
      return `${ring}M${at(-2.8, -2.8)}l5.6 5.6M${at(2.8, -2.8)}l-5.6 5.6`;
    case "warning":
      return `M${at(0, -7.5)}l8 14.5h-16ZM${at(0, -2)}v4M${at(0, 4.2)}v0.6`;
    case "running":
      return `M${at(-RADIUS, 0)}a${RADIUS} ${RADIUS} 0 0 1 13 -5.2M${at(RADIUS, 0)}a${RADIUS} ${RADIUS} 0 0 1 -13 5.2M${at(5.8, -8.6)}v3.5h-3.5M${at(-5.8, 8.6)}v-3.5h3.5`;
    case "waiting":
      return `${ring}M${at(0, -4.5)}v4.5h3.5`;
    case "canceled":
      return `${ring}M${at(-5.3, -5.3)}l10.6 10.6`;
    case "skipped":
      return `M${at(-5, -5)}l7 5l-7 5ZM${at(5, -5)}v10`;
    case "unknown":
      return ring;
  }
}

/** A text that is no wider than its room, with an ellipsis where something of it is left out. */
export function cut(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (widthOf(`${text.slice(0, middle)}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}

/** How wide a text is in a font, as the browser measures it. */
export function measuring(font: string): (text: string) => number {
  const context = document.createElement("canvas").getContext("2d");
  if (context === null) return (text) => text.length * 8;
  context.font = font;
  return (text) => context.measureText(text).width;
}
