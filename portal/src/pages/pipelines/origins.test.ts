import { expect, test } from "vitest";
import type { Origins } from "../../api/wire.ts";
import { becameOf, besideOf, fileOf, linesIn, placeOf, wordsOf } from "./origins.ts";

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
  const said = [":1", "", "steps.yml:1", "steps.yml:2", ":1", ":4"];
  expect(besideOf(origins, "ci.yml")).toEqual(said);
  const deep = { ...origins, files: ["ci.yml", "ci/steps.yml@shared"] };
  expect(besideOf(deep, "ci.yml")[2]).toBe("…ps.yml@shared:1");
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

test("a place is told with what led to it", () => {
  const place = placeOf(origins, 3);
  expect(place?.chain.map(wordsOf)).toEqual(["if true", "template steps.yml", "else"]);
  expect(place && linesIn(place, "ci.yml")).toEqual([2, 3]);
  expect(place && linesIn(place, "steps.yml")).toEqual([1, 1]);
  expect(placeOf(origins, 7)).toBeUndefined();
});

test("a label names a file of a repository", () => {
  const repositories = { shared: { project: "p", name: "r", commit: "c" } };
  expect(fileOf("a/b.yml@shared", repositories)).toEqual({ path: "/a/b.yml", alias: "shared" });
  expect(fileOf("a@b.yml", repositories)).toEqual({ path: "/a@b.yml", alias: undefined });
  expect(fileOf("a.yml", undefined)).toEqual({ path: "/a.yml", alias: undefined });
});
