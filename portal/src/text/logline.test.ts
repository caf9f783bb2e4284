import { expect, test } from "vitest";
import { GroupFinder, lineHash, parseLineHash, parseLogLine } from "./logline.ts";

test("time and mark are taken off the text", () => {
  expect(parseLogLine("2026-11-20T10:00:00.1234567Z ##[error]it broke")).toEqual({
    kind: "error",
    text: "it broke",
    time: Date.parse("2026-11-20T10:00:00.123Z"),
  });
  expect(parseLogLine("just text")).toEqual({ kind: "plain", text: "just text" });
});

test("a mark counts at the begin of a line only, with or without colour before it", () => {
  expect(parseLogLine("echo ##[error]x").kind).toBe("plain");
  expect(parseLogLine("\u001b[31m##[warning]x").kind).toBe("warning");
  expect(parseLogLine("##[nonsense]x")).toEqual({ kind: "plain", text: "##[nonsense]x" });
});

const groupsOf = (lines: string[]) => {
  const finder = new GroupFinder();
  lines.forEach((line, index) => {
    finder.add(index, parseLogLine(line));
  });
  return finder.groups;
};

test("a group has its lines, its duration, and whether an error is in it", () => {
  expect(
    groupsOf([
      "2026-11-20T10:00:00Z ##[group]Install",
      "2026-11-20T10:00:01Z one",
      "2026-11-20T10:00:03Z ##[error]two",
      "2026-11-20T10:00:04Z ##[endgroup]",
      "after",
    ]),
  ).toEqual([{ start: 0, end: 3, hasError: true, isOpenEnded: false, milliseconds: 4000 }]);
});

test("a group inside a group belongs to the outer one", () => {
  expect(
    groupsOf(["##[group]a", "##[group]b", "##[endgroup]", "x", "##[endgroup]", "y"]),
  ).toMatchObject([{ start: 0, end: 4 }]);
});

test("a group that was never ended goes to the last line", () => {
  expect(groupsOf(["a", "##[group]b", "c"])).toMatchObject([
    { start: 1, end: 2, isOpenEnded: true },
  ]);
});

test("a line link names a line or a range", () => {
  expect(parseLineHash("#L12")).toEqual({ from: 12, to: 12 });
  expect(parseLineHash("#L40-L12")).toEqual({ from: 12, to: 40 });
  expect(parseLineHash("#L0")).toBeUndefined();
  expect(parseLineHash("#top")).toBeUndefined();
  expect(lineHash({ from: 3, to: 3 })).toBe("#L3");
  expect(lineHash({ from: 3, to: 9 })).toBe("#L3-L9");
});
