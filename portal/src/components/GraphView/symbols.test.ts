import { expect, test } from "vitest";
import type { Look } from "../../text/states.ts";
import { cut, symbolPath } from "./symbols.ts";

const tenEach = (text: string) => text.length * 10;

test("a text that has room stays as it is; one that has none ends in an ellipsis", () => {
  expect(cut("train", 50, tenEach)).toBe("train");
  expect(cut("train_model", 60, tenEach)).toBe("train…");
  expect(cut("train model", 70, tenEach)).toBe("train…");
  expect(cut("train", 5, tenEach)).toBe("…");
});

test("each look has a picture of its own, at its place", () => {
  const looks: Look[] = [
    "success",
    "warning",
    "failure",
    "running",
    "waiting",
    "canceled",
    "skipped",
    "unknown",
  ];
  expect(new Set(looks.map((look) => symbolPath(look, 0, 0))).size).toBe(looks.length);
  expect(symbolPath("unknown", 10, 20)).toMatch(/^M2.5 20a/);
});
