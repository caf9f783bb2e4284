/** A large graph in groups: what is alike and beside each other is one box until it is opened. */

import type { Graph as Drawn, GraphNode as DrawnNode } from "../../api/wire.ts";
import { type Look, lookOf } from "../../text/states.ts";
import type { Graph, GraphNode } from "../api/wire.ts";
import { drawn, drawnNode } from "./graph.ts";

/** A graph of more nodes is shown in groups. */
export const MOST_NODES = 500;
const MOST_BOXES = 200;
const BANDS = 100;
const GAP = { x: 60, y: 28 };

export interface Group {
  id: string;
  label: string;
  nodes: GraphNode[];
}

/** The looks that a group takes from one of its nodes, the first that is there. */
const RANKS: Look[] = [
  "failure",
  "running",
  "warning",
  "waiting",
  "canceled",
  "success",
  "skipped",
  "unknown",
];

/**
 * The groups of a graph; none of one that is small. Nodes of one rank whose names differ by a number
 * are a group; where these would be too many, all nodes of neighbouring ranks are.
 */
export function groupsOf(graph: Graph): Group[] {
  if (graph.nodes.length <= MOST_NODES) return [];
  const ranks = [...new Set(graph.nodes.map((node) => node.x))].sort((one, other) => one - other);
  const rankOf = new Map(ranks.map((x, at) => [x, at]));
  const stems = parted(graph.nodes, (node) => `${rankOf.get(node.x)} ${stem(node.label)}`);
  if (stems.size <= MOST_BOXES) {
    return [...stems]
      .filter(([, nodes]) => nodes.length > 1)
      .map(([id, nodes]) => ({ id: `group ${id}`, label: stem(nodes[0]?.label ?? ""), nodes }));
  }
  const wide = Math.ceil(ranks.length / BANDS);
  const bands = parted(graph.nodes, (node) => Math.floor((rankOf.get(node.x) ?? 0) / wide));
  return [...bands].map(([band, nodes]) => {
    const [first, last] = [band * wide + 1, Math.min((band + 1) * wide, ranks.length)];
    const label = first === last ? `Rank ${first}` : `Ranks ${first} to ${last}`;
    return { id: `group ${band}`, label, nodes };
  });
}

/** What is drawn of a graph whose groups are closed but for some: boxes with places of their own. */
export function drawnInGroups(graph: Graph, groups: Group[], open: ReadonlySet<string>): Drawn {
  if (groups.length === 0) return drawn(graph);
  const boxes = new Map<string, DrawnNode>();
  for (const node of graph.nodes) boxes.set(node.id, drawnNode(node));
  for (const group of groups.filter(({ id }) => !open.has(id))) {
    const box = groupBox(group);
    for (const node of group.nodes) boxes.set(node.id, box);
  }
  const nodes = placed([...new Set(boxes.values())]);
  const places = new Map(nodes.map((node) => [node.id, node]));
  const lines = new Map<string, Drawn["edges"][number]>();
  for (const edge of graph.edges) {
    const from = places.get(boxes.get(edge.from)?.id ?? "");
    const to = places.get(boxes.get(edge.to)?.id ?? "");
    if (from === undefined || to === undefined || from === to) continue;
    lines.set(`${from.id}\n${to.id}`, [
      from.id,
      to.id,
      [
        [from.x + from.w, from.y + from.h / 2],
        [to.x, to.y + to.h / 2],
      ],
    ]);
  }
  return {
    nodes,
    edges: [...lines.values()],
    width: Math.max(...nodes.map((node) => node.x + node.w)),
    height: Math.max(...nodes.map((node) => node.y + node.h)),
  };
}

/** The state of a group, as one of its nodes has it: what failed is seen first. */
export function stateOf(group: Group): string | null {
  const rank = (node: GraphNode) => RANKS.indexOf(lookOf(node.status, null).look);
  const [first, ...rest] = group.nodes;
  if (first === undefined) return null;
  return rest.reduce((worst, node) => (rank(node) < rank(worst) ? node : worst), first).status;
}

/** How many nodes of a group are in which state: `18 completed, 2 failed`. */
export function summary(group: Group): string {
  const words = parted(group.nodes, (node) =>
    node.kind === "data" ? "data" : lookOf(node.status ?? "pending", null).word.toLowerCase(),
  );
  return [...words].map(([word, nodes]) => `${nodes.length} ${word}`).join(", ");
}

function groupBox(group: Group): DrawnNode {
  const [first] = group.nodes as [GraphNode, ...GraphNode[]];
  const y = group.nodes.reduce((sum, node) => sum + node.y, 0) / group.nodes.length;
  return {
    id: group.id,
    x: Math.min(...group.nodes.map((node) => node.x)),
    y,
    w: first.w,
    h: first.h,
    label: `${group.label} (${group.nodes.length})`,
    state: first.kind === "data" ? "data" : (stateOf(group) ?? "pending"),
    result: null,
    detail: summary(group),
    isGroup: true,
  };
}

/** The boxes in columns from the top, in the order that the server gave them. */
function placed(boxes: DrawnNode[]): DrawnNode[] {
  const columns = parted(boxes, (box) => box.x);
  const xs = [...columns.keys()].sort((one, other) => one - other);
  return xs.flatMap((x, column) => {
    const inOrder = (columns.get(x) ?? []).sort((one, other) => one.y - other.y);
    return inOrder.map((box, row) => ({
      ...box,
      x: column * (box.w + GAP.x),
      y: row * (box.h + GAP.y),
    }));
  });
}

/** A name without the number at its end. */
function stem(label: string): string {
  return label.replace(/[\s_.-]*\d+$/, "") || label;
}

function parted<T, Key>(all: readonly T[], keyOf: (one: T) => Key): Map<Key, T[]> {
  const parts = new Map<Key, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const part = parts.get(key);
    if (part) part.push(one);
    else parts.set(key, [one]);
  }
  return parts;
}
