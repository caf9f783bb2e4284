import { expect, test } from "vitest";
import { changeOf } from "./change.ts";

test("only what differs is changed", () => {
  expect(changeOf("a\nb\nc\n", "a\nB\nc\n")).toEqual({ from: 2, to: 3, insert: "B" });
  expect(changeOf("a\nc\n", "a\nb\nc\n")).toEqual({ from: 2, to: 2, insert: "b\n" });
  expect(changeOf("aaa", "aa")).toEqual({ from: 2, to: 3, insert: "" });
  expect(changeOf("", "new")).toEqual({ from: 0, to: 0, insert: "new" });
  expect(changeOf("same", "same")).toEqual({ from: 4, to: 4, insert: "" });
});
