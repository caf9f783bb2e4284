import { expect, test } from "vitest";
import { drawn } from "./graph.ts";

const at = { x: 0, y: 0, w: 10, h: 10, message: null, started: null, finished: null };
const graph = {
  nodes: [
    { ...at, id: "uri", job: null, label: "taxi:3", kind: "data" as const, status: null },
    { ...at, id: "clean", job: "a", label: "clean", kind: "command" as const, status: "Running" },
  ],
  edges: [
    { from: "uri", to: "clean", output: null, input: "raw", points: [] },
    { from: "uri", to: "clean", output: null, input: "again", points: [] },
  ],
  width: 20,
  height: 10,
};

test("two nodes are joined by one line, whatever goes along it", () => {
  expect(drawn(graph).edges).toEqual([["uri", "clean", []]]);
});

test("data has no state of its own", () => {
  expect(drawn(graph).nodes.map(({ state }) => state)).toEqual(["data", "Running"]);
});
