/** Where a graph stands in its window, and who is next to whom. */

import type { Graph, GraphNode } from "../../api/wire.ts";

export interface View {
  x: number;
  y: number;
  scale: number;
}

const SMALLEST = 0.05;
const LARGEST = 2.5;
const READABLE = 0.6;
const MARGIN = 24;
/** Between the rows of a graph that stands upright, and between nodes beside each other. */
const ROWS = 40;
const BESIDE = 24;
/** Room for the line around a node, and for the mark of the focus. */
export const EDGE = 3;

export interface Size {
  width: number;
  height: number;
}

/** How large a graph is drawn that stands whole in its window. */
function wholeScale(graph: Pick<Graph, "width" | "height">, size: Size): number {
  return Math.min(
    (size.width - 2 * MARGIN) / graph.width,
    (size.height - 2 * MARGIN) / Math.max(graph.height, 1),
  );
}

/**
 * The graph as it is seen best in a window: as the server laid it out, from the left to the right;
 * or from the top down, where only so all of it can be read at once (a chain in a narrow window).
 */
export function standing(graph: Graph, size: Size): Graph {
  if (size.width === 0 || wholeScale(graph, size) >= READABLE) return graph;
  const upright = turned(graph);
  return wholeScale(upright, size) >= READABLE ? upright : graph;
}

/** The graph from the top down: what were columns are rows, in their order. */
export function turned(graph: Graph): Graph {
  const [first] = graph.nodes;
  if (first === undefined) return graph;
  const { w, h } = first;
  const columns = [...new Set(graph.nodes.map((node) => node.x))].sort((one, other) => one - other);
  const wider = (w + BESIDE) / nearestBelow(graph.nodes, h);
  const across = (y: number) => y * wider;
  const down = (x: number) => {
    const column = Math.max(
      0,
      columns.findLastIndex((start) => start <= x),
    );
    const start = columns[column] ?? 0;
    const room = (columns[column + 1] ?? Number.POSITIVE_INFINITY) - start - w;
    const along = x - start;
    const within = along <= w ? (along / w) * h : h + ((along - w) / room) * ROWS;
    return column * (h + ROWS) + within;
  };
  const lines = graph.edges.map(([from, to, points]): Graph["edges"][number] => [
    from,
    to,
    points.map(([x, y]): [number, number] => [across(y), down(x)]),
  ]);
  const boxes = graph.nodes.map((node) => ({
    ...node,
    x: across(node.y + node.h / 2) - node.w / 2,
    y: down(node.x),
  }));
  const xs = [
    ...boxes.map(({ x }) => x),
    ...lines.flatMap(([, , points]) => points.map(([x]) => x)),
  ];
  const left = Math.min(...xs);
  return {
    nodes: boxes.map((node) => ({ ...node, x: node.x - left })),
    edges: lines.map(([from, to, points]) => [from, to, points.map(([x, y]) => [x - left, y])]),
    width: Math.max(...boxes.map((node) => node.x + node.w), ...xs) - left,
    height: columns.length * (h + ROWS) - ROWS,
  };
}

/** How far the tops of two nodes in a column are from each other at least. */
function nearestBelow(nodes: readonly GraphNode[], height: number): number {
  const inOrder = [...nodes].sort((one, other) => one.x - other.x || one.y - other.y);
  const steps = inOrder.flatMap((node, at) => {
    const before = inOrder[at - 1];
    return before?.x === node.x ? [node.y - before.y] : [];
  });
  return Math.max(1, Math.min(height + BESIDE, ...steps));
}

/** Whether a node is in the window, or no more than `margin` pixels out of it. */
export function isSeen(
  node: Pick<GraphNode, "x" | "y" | "w" | "h">,
  view: View,
  size: Size,
  margin = 0,
): boolean {
  const [left, top] = [node.x * view.scale + view.x, node.y * view.scale + view.y];
  return (
    left + node.w * view.scale > -margin &&
    left < size.width + margin &&
    top + node.h * view.scale > -margin &&
    top < size.height + margin
  );
}

/** The view of the same size with a node in its middle. */
export function centred(
  node: Pick<GraphNode, "x" | "y" | "w" | "h">,
  { scale }: View,
  size: Size,
): View {
  return {
    scale,
    x: size.width / 2 - (node.x + node.w / 2) * scale,
    y: size.height / 2 - (node.y + node.h / 2) * scale,
  };
}

/**
 * The whole graph in the window, never larger than it is; one that is `inline` keeps its size.
 * Where names could not be read, it is the part around `chosen`, or the begin.
 */
export function fitted(
  graph: Pick<Graph, "width" | "height">,
  size: Size,
  isInline = false,
  chosen?: Pick<GraphNode, "x" | "y" | "w" | "h">,
): View {
  if (isInline) return { x: EDGE, y: EDGE, scale: 1 };
  if (size.width === 0 || graph.width === 0) return { x: 0, y: 0, scale: 1 };
  const scale = Math.min(1, Math.max(READABLE, wholeScale(graph, size)));
  const place = (window: number, length: number, middle: number) => {
    const room = window - length * scale;
    if (room >= 2 * MARGIN) return room / 2;
    return Math.max(room - MARGIN, Math.min(MARGIN, window / 2 - middle * scale));
  };
  return {
    scale,
    x: place(size.width, graph.width, chosen ? chosen.x + chosen.w / 2 : 0),
    y: place(size.height, graph.height, chosen ? chosen.y + chosen.h / 2 : 0),
  };
}

/** Larger or smaller, with the point under the pointer where it was. */
export function zoomAt(view: View, point: { x: number; y: number }, factor: number): View {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, view.scale * factor));
  const change = scale / view.scale;
  return {
    scale,
    x: point.x - (point.x - view.x) * change,
    y: point.y - (point.y - view.y) * change,
  };
}

/** A line through points: straight from one to the next, or a soft bend between two. */
export function edgePath(points: readonly [x: number, y: number][]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${first[0]} ${first[1]}`;
  let from = first;
  for (const to of rest) {
    if (from[0] === to[0] || from[1] === to[1]) path += `L${to[0]} ${to[1]}`;
    else if (Math.abs(to[0] - from[0]) >= Math.abs(to[1] - from[1])) {
      const middle = (from[0] + to[0]) / 2;
      path += `C${middle} ${from[1]} ${middle} ${to[1]} ${to[0]} ${to[1]}`;
    } else {
      const middle = (from[1] + to[1]) / 2;
      path += `C${from[0]} ${middle} ${to[0]} ${middle} ${to[0]} ${to[1]}`;
    }
    from = to;
  }
  return path;
}

/** The node that is nearest to where another was. */
export function nearest(
  nodes: readonly GraphNode[],
  to: Pick<GraphNode, "x" | "y">,
): GraphNode | undefined {
  const far = (node: GraphNode) => Math.hypot(node.x - to.x, node.y - to.y);
  return nodes.reduce<GraphNode | undefined>(
    (best, node) => (best === undefined || far(node) < far(best) ? node : best),
    undefined,
  );
}

/** The nearest node in the direction of an arrow key. */
export function neighbour(
  nodes: readonly GraphNode[],
  from: GraphNode,
  key: string,
): GraphNode | undefined {
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[
    key
  ] ?? [0, 0];
  const middle = (node: GraphNode) => ({ x: node.x + node.w / 2, y: node.y + node.h / 2 });
  const start = middle(from);
  let best: { node: GraphNode; distance: number } | undefined;
  for (const node of nodes) {
    const point = middle(node);
    const [x, y] = [point.x - start.x, point.y - start.y];
    const along = x * (dx ?? 0) + y * (dy ?? 0);
    const across = Math.abs(x * (dy ?? 0)) + Math.abs(y * (dx ?? 0));
    if (along <= 1) continue;
    const distance = along + 2 * across;
    if (best === undefined || distance < best.distance) best = { node, distance };
  }
  return best?.node;
}
