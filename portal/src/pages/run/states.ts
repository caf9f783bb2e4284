/** The state of a run as people see it: one that waits for somebody does not run. */

import type { Graph, RunPage } from "../../api/wire.ts";

type Waited = Pick<RunPage, "state" | "approvals" | "records">;

/** `waiting` where somebody is to answer and no job runs meanwhile; else the run's own state. */
export function stateOf({ state, approvals, records }: Waited): string {
  const isAsked = approvals.some(({ status }) => status === "pending");
  const isBusy = records.some((record) => record.type === "Job" && record.state === "inProgress");
  return state === "inProgress" && isAsked && !isBusy ? "waiting" : state;
}

/** The graph of stages with those marked that wait for somebody's answer. */
export function withWaiting(graph: Graph, { approvals }: Pick<RunPage, "approvals">): Graph {
  const waiting = new Set(
    approvals.filter(({ status }) => status === "pending").map(({ stage }) => stage),
  );
  if (waiting.size === 0) return graph;
  const nodes = graph.nodes.map((node) =>
    waiting.has(node.id) ? { ...node, state: "waiting" } : node,
  );
  return { ...graph, nodes };
}
