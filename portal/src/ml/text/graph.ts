/** The graph of a job as the graph view takes it. */

import type { Graph as Drawn, GraphNode as DrawnNode } from "../../api/wire.ts";
import { lookOf } from "../../text/states.ts";
import type { Graph, GraphNode } from "../api/wire.ts";

/** Nodes with their states, data as what it is, and one line between two nodes. */
export function drawn(graph: Graph): Drawn {
  const lines = new Map<string, Drawn["edges"][number]>();
  for (const { from, to, points } of graph.edges) lines.set(`${from}\n${to}`, [from, to, points]);
  return {
    nodes: graph.nodes.map(drawnNode),
    edges: [...lines.values()],
    width: graph.width,
    height: graph.height,
  };
}

/** A node with its state, and with that in words. */
export function drawnNode({ id, x, y, w, h, label, kind, status }: GraphNode): DrawnNode {
  const state = kind === "data" ? "data" : (status ?? "pending");
  return { id, x, y, w, h, label, state, result: null, detail: lookOf(state, null).word };
}
