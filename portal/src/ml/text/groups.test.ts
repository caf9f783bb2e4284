import { expect, test } from "vitest";
import type { Graph, GraphNode } from "../api/wire.ts";
import { drawnInGroups, groupsOf, MOST_NODES, stateOf, summary } from "./groups.ts";

function node(id: string, x: number, y: number, status = "Completed"): GraphNode {
  const place = { x, y, w: 230, h: 60 };
  const times = { message: null, started: null, finished: null };
  return { id, job: `job ${id}`, label: id, kind: "command", status, ...times, ...place };
}

const line = (from: string, to: string) => ({ from, to, output: null, input: null, points: [] });

/** One node, many that are alike beside each other, and one that takes what they make. */
function fan(count: number): Graph {
  const middle = Array.from({ length: count }, (_, at) => node(`train_${at}`, 290, at * 88));
  const nodes = [node("prepare", 0, 0), ...middle, node("choose", 580, 0, "NotStarted")];
  const edges = middle.flatMap(({ id }) => [line("prepare", id), line(id, "choose")]);
  return { nodes, edges, width: 810, height: count * 88 };
}

test("a small graph has no groups and is drawn as the server laid it out", () => {
  const graph = fan(3);
  expect(groupsOf(graph)).toEqual([]);
  expect(drawnInGroups(graph, [], new Set()).height).toBe(graph.height);
});

test("nodes of one rank whose names differ by a number are one box, joined by one line", () => {
  const graph = fan(MOST_NODES);
  const groups = groupsOf(graph);
  expect(groups.map(({ label, nodes }) => [label, nodes.length])).toEqual([["train", MOST_NODES]]);
  const { nodes, edges, width, height } = drawnInGroups(graph, groups, new Set());
  expect(nodes.map(({ label }) => label)).toEqual(["prepare", `train (${MOST_NODES})`, "choose"]);
  expect(edges.map(([from, to]) => [from, to])).toEqual([
    ["prepare", "group 1 train"],
    ["group 1 train", "choose"],
  ]);
  expect([width, height]).toEqual([810, 60]);
});

test("an open group shows its nodes in its column", () => {
  const graph = fan(MOST_NODES);
  const groups = groupsOf(graph);
  const { nodes, edges } = drawnInGroups(graph, groups, new Set(["group 1 train"]));
  expect(nodes.length).toBe(graph.nodes.length);
  expect(nodes.filter(({ x }) => x === 290).length).toBe(MOST_NODES);
  expect(edges.length).toBe(graph.edges.length);
});

test("where names tell nothing, ranks are the groups, and never too many", () => {
  const names = Array.from(
    { length: 1200 },
    (_, at) => `step ${String.fromCodePoint(0x4e00 + at)}`,
  );
  const chain = names.map((name, at) => node(name, at * 290, 0));
  const groups = groupsOf({ nodes: chain, edges: [], width: 1200 * 290, height: 60 });
  expect(groups.length).toBe(100);
  expect(groups[1]?.label).toBe("Ranks 13 to 24");
  expect(groups.flatMap((group) => group.nodes)).toEqual(chain);
});

test("a group is as its worst node is, and says how many are how", () => {
  const nodes = [node("a", 0, 0), node("b", 0, 0, "Running"), node("c", 0, 0, "Failed")];
  const group = { id: "g", label: "g", nodes: [...nodes, node("d", 0, 0)] };
  expect(stateOf(group)).toBe("Failed");
  expect(summary(group)).toBe("2 completed, 1 running, 1 failed");
});
