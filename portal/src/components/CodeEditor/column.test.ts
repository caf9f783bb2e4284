import { expect, test } from "vitest";
import { offsetOf } from "./column.ts";

test("a character of two units is one column", () => {
  expect(offsetOf("abc", 1)).toBe(0);
  expect(offsetOf("abc", 3)).toBe(2);
  expect(offsetOf("😀bc", 2)).toBe(2);
  expect(offsetOf("abc", 9)).toBe(3);
});
