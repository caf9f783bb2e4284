import { expect, test } from "vitest";
import type { Graph, GraphNode } from "../../api/wire.ts";
import {
  centred,
  edgePath,
  fitted,
  isSeen,
  nearest,
  neighbour,
  standing,
  turned,
  zoomAt,
} from "./geometry.ts";

const node = (id: string, x: number, y: number): GraphNode => ({
  id,
  x,
  y,
  w: 100,
  h: 40,
  label: id,
  state: "pending",
  result: null,
});

test("a graph that is too large is made to fit; a small one keeps its size", () => {
  expect(fitted({ width: 1250, height: 100 }, { width: 1048, height: 600 }).scale).toBe(0.8);
  expect(fitted({ width: 200, height: 100 }, { width: 1000, height: 600 })).toEqual({
    scale: 1,
    x: 400,
    y: 250,
  });
});

test("of a graph that could not be read whole, the begin or what is chosen is shown", () => {
  const [graph, size] = [
    { width: 5000, height: 100 },
    { width: 1000, height: 600 },
  ];
  expect(fitted(graph, size)).toEqual({ scale: 0.6, x: 24, y: 270 });
  const inside = fitted(graph, size, false, { x: 2450, y: 30, w: 100, h: 40 });
  expect(2500 * inside.scale + inside.x).toBe(500);
  const atEnd = fitted(graph, size, false, { x: 4900, y: 30, w: 100, h: 40 });
  expect(5000 * atEnd.scale + atEnd.x).toBe(976);
});

/** `a` before `b` and `c` above each other, both before `d`; a line leads from `a` past them to `d`. */
const diamond: Graph = {
  nodes: [node("a", 0, 30), node("b", 160, 0), node("c", 160, 60), node("d", 320, 30)],
  edges: [
    [
      "a",
      "b",
      [
        [100, 50],
        [160, 20],
      ],
    ],
    [
      "a",
      "d",
      [
        [100, 50],
        [160, 120],
        [260, 120],
        [320, 50],
      ],
    ],
  ],
  width: 420,
  height: 124,
};

test("turned, columns are rows, and no two nodes are on each other", () => {
  const { nodes, edges, width, height } = turned(diamond);
  const places = Object.fromEntries(nodes.map(({ id, x, y }) => [id, [Math.round(x), y]]));
  expect(places).toEqual({ a: [62, 0], b: [0, 80], c: [124, 80], d: [62, 160] });
  expect([Math.round(width), height]).toEqual([257, 200]);
  const rounded = edges.map(([from, to, points]) => [
    from,
    to,
    points.map((at) => at.map(Math.round)),
  ]);
  expect(rounded).toEqual([
    [
      "a",
      "b",
      [
        [112, 40],
        [50, 80],
      ],
    ],
    [
      "a",
      "d",
      [
        [112, 40],
        [257, 80],
        [257, 120],
        [112, 160],
      ],
    ],
  ]);
});

test("a graph stands upright only where so all of it can be read, and else not", () => {
  const chain = { ...diamond, width: 1100 };
  expect(standing(chain, { width: 1200, height: 400 })).toBe(chain);
  expect(standing(chain, { width: 400, height: 600 })).not.toBe(chain);
  expect(standing(chain, { width: 400, height: 100 })).toBe(chain);
  expect(standing(chain, { width: 0, height: 0 })).toBe(chain);
});

test("what is chosen out of the window is brought into its middle", () => {
  const size = { width: 300, height: 200 };
  const [far, view] = [node("far", 1000, 0), { x: 0, y: 0, scale: 0.5 }];
  expect(isSeen(far, view, size)).toBe(false);
  expect(isSeen(far, view, size, 250)).toBe(true);
  expect(isSeen(far, centred(far, view, size), size)).toBe(true);
  expect(centred(far, view, size)).toEqual({ x: -375, y: 90, scale: 0.5 });
});

test("zooming keeps the point under the pointer", () => {
  const view = { x: 10, y: 20, scale: 1 };
  const next = zoomAt(view, { x: 110, y: 120 }, 2);
  expect(next).toEqual({ x: -90, y: -80, scale: 2 });
  expect(zoomAt(view, { x: 0, y: 0 }, 100).scale).toBe(2.5);
});

test("arrow keys go to the nearest node of their direction", () => {
  const nodes = [node("a", 0, 0), node("b", 200, 0), node("c", 200, 300), node("d", 0, 100)];
  const [a, , c] = nodes as [GraphNode, GraphNode, GraphNode, GraphNode];
  expect(neighbour(nodes, a, "ArrowRight")?.id).toBe("b");
  expect(neighbour(nodes, a, "ArrowDown")?.id).toBe("d");
  expect(neighbour(nodes, a, "ArrowLeft")).toBeUndefined();
  expect(neighbour(nodes, c, "ArrowUp")?.id).toBe("b");
});

test("the nearest node to a place is found", () => {
  const nodes = [node("a", 0, 0), node("b", 200, 0)];
  expect(nearest(nodes, { x: 150, y: 20 })?.id).toBe("b");
  expect(nearest([], { x: 0, y: 0 })).toBeUndefined();
});

test("an edge goes straight where it can and bends where it must", () => {
  expect(
    edgePath([
      [0, 0],
      [10, 0],
    ]),
  ).toBe("M0 0L10 0");
  expect(
    edgePath([
      [0, 0],
      [10, 4],
    ]),
  ).toBe("M0 0C5 0 5 4 10 4");
  expect(edgePath([])).toBe("");
});
