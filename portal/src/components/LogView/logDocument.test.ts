import { expect, test } from "vitest";
import { LogDocument } from "./logDocument.ts";

function documentOf(lines: string[]): LogDocument {
  const log = new LogDocument();
  log.put(1, lines);
  return log;
}

test("lines may come in any order; what is missing can be asked for", () => {
  const log = new LogDocument();
  log.grow(10);
  log.put(4, ["four", "five"]);
  expect(log.line(5)).toBe("five");
  expect(log.missing({ from: 1, to: 20 })).toEqual({ from: 1, to: 10 });
  expect(log.missing({ from: 4, to: 5 })).toBeUndefined();
  expect(log.frontier).toBe(0);
  log.put(1, ["one", "two", "three"]);
  expect(log.frontier).toBe(5);
});

test("a group that ended well is folded; one with an error, or still open, is not", () => {
  const log = documentOf([
    "##[group]good",
    "a",
    "##[endgroup]",
    "##[group]bad",
    "##[error]b",
    "##[endgroup]",
    "##[group]running",
    "c",
  ]);
  expect(log.groups.map((group) => log.isFolded(group))).toEqual([true, false, false]);
  expect([1, 2, 3, 4, 5, 8].map((line) => log.isHidden(line))).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(log.visibleCount({ from: 1, to: 8 })).toBe(6);
  expect(log.visibleCount({ from: 2, to: 3 })).toBe(0);
});

test("a choice to fold or unfold stays", () => {
  const log = documentOf(["##[group]a", "x", "##[endgroup]", "y"]);
  const group = log.groupOf(2);
  if (group === undefined) throw new Error("line 2 is in a group");
  log.setFolded(group, false);
  expect(log.isHidden(2)).toBe(false);
  log.setFolded(group, true);
  expect(log.isHidden(2)).toBe(true);
});

test("errors of the text and of the server are one list", () => {
  const log = documentOf(["a", "##[error]b", "c"]);
  const before = log.errors;
  log.markError(1);
  log.markError(2);
  expect(log.errors).toEqual([1, 2]);
  expect(before).toEqual([2]);
});

test("the last lines of a long log need none of those before", () => {
  const log = new LogDocument();
  log.grow(1_000_000);
  log.put(999_999, ["last but one", "last"]);
  expect(log.line(1_000_000)).toBe("last");
  expect(log.line(999_998)).toBeUndefined();
  expect(log.missing({ from: 999_000, to: 1_000_000 })).toEqual({ from: 999_000, to: 999_998 });
});

test("lines whose groups became known are told of", () => {
  const log = new LogDocument();
  expect(log.put(1, ["a", "b"])).toBeUndefined();
  expect(log.put(3, ["##[group]c", "d"])).toEqual({ from: 3, to: 3 });
  expect(log.put(5, ["##[endgroup]"])).toEqual({ from: 3, to: 5 });
});
