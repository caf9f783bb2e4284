import { expect, test } from "vitest";
import { visible } from "./visible.ts";

test("signs that reorder text are named; letters of every script stay", () => {
  expect(visible("if (admin\u202e \u2066// check\u2069) {")).toBe(
    "if (admin[U+202E] [U+2066]// check[U+2069]) {",
  );
  expect(visible("שלום مرحبا 你好")).toBe("שלום مرحبا 你好");
});
