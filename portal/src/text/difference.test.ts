import { expect, test } from "vitest";
import { differenceOf } from "./difference.ts";

test("a changed line left and came, between lines that stayed", () => {
  const [hunk] = differenceOf("a\nb\nc\n", "a\nB\nc\n") ?? [];
  expect(hunk?.lines).toEqual([
    { kind: "same", before: 1, after: 1, text: "a" },
    { kind: "removed", before: 2, text: "b" },
    { kind: "added", after: 2, text: "B" },
    { kind: "same", before: 3, after: 3, text: "c" },
  ]);
});

test("places far from each other are hunks of their own", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const changed = lines.map((line, index) => (index === 2 || index === 35 ? "new" : line));
  expect(differenceOf(lines.join("\n"), changed.join("\n"))).toHaveLength(2);
});

test("a new file came whole; equal texts have no hunk", () => {
  expect(differenceOf("", "a\nb\n")?.[0]?.lines.map((line) => line.kind)).toEqual([
    "added",
    "added",
  ]);
  expect(differenceOf("a", "a")).toEqual([]);
});

test("of texts that have next to nothing in common no difference is made", () => {
  const many = (word: string) => Array.from({ length: 1200 }, (_, at) => `${word} ${at}`);
  expect(differenceOf(many("a").join("\n"), many("b").join("\n"))).toBeUndefined();
});
