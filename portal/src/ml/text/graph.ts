/** The graph of a job as the graph view takes it. */

import type { Graph as Drawn } from "../../api/wire.ts";
import type { Graph } from "../api/wire.ts";

/** Nodes with their states, data as what it is, and one line between two nodes. */
export function drawn(graph: Graph): Drawn {
  const lines = new Map<string, Drawn["edges"][number]>();
  for (const { from, to, points } of graph.edges) lines.set(`${from}\n${to}`, [from, to, points]);
  return {
    nodes: graph.nodes.map(({ id, x, y, w, h, label, kind, status }) => ({
      id,
      x,
      y,
      w,
      h,
      label,
      state: kind === "data" ? "data" : (status ?? "pending"),
      result: null,
    })),
    edges: [...lines.values()],
    width: graph.width,
    height: graph.height,
  };
}
