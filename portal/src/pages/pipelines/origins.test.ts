import { expect, test } from "vitest";
import type { Origins } from "../../api/wire.ts";
import { becameOf, placeBehind, placeOf, wayTo } from "./origins.ts";

const origins: Origins = {
  files: ["ci.yml", "steps.yml"],
  chains: [
    [],
    [
      { kind: "if", detail: "true", file: "ci.yml", line: 2 },
      { kind: "template", detail: "steps.yml", file: "ci.yml", line: 3 },
      { kind: "if", detail: "else", file: "steps.yml", line: 1 },
    ],
  ],
  lines: [
    [0, 1, 0],
    [0, 1, 0],
    [1, 1, 1],
    [1, 2, 1],
    [0, 1, 0],
    [0, 4, 0],
  ],
};

test("a place is said once for the lines that come from it", () => {
  const said = [1, 2, 3, 4, 5, 6, 7].map((line) => placeBehind(origins, line));
  expect(said).toEqual(["ci.yml:1", "", "steps.yml:1", "steps.yml:2", "ci.yml:1", "ci.yml:4", ""]);
});

test("a line of a file becomes the lines that come from it", () => {
  expect(becameOf(origins, "ci.yml", 1)).toEqual([1, 2, 5]);
  expect(becameOf(origins, "steps.yml", 2)).toEqual([4]);
});

test("a directive or a reference becomes what came through it", () => {
  expect(becameOf(origins, "ci.yml", 2)).toEqual([3, 4]);
  expect(becameOf(origins, "ci.yml", 3)).toEqual([3, 4]);
  expect(becameOf(origins, "ci.yml", 9)).toEqual([]);
  expect(becameOf(origins, "other.yml", 1)).toEqual([]);
});

test("the way to a place names templates, directives and where they stand", () => {
  const place = placeOf(origins, 3);
  expect(place && wayTo(place)).toEqual([
    "if true (ci.yml:2)",
    "template steps.yml (ci.yml:3)",
    "else (steps.yml:1)",
  ]);
  expect(placeOf(origins, 7)).toBeUndefined();
});
