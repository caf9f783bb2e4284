import { expect, test } from "vitest";
import { highlight } from "./highlight.ts";

const kinds = (line: string) =>
  highlight(line, "yaml")
    .filter((token) => token.kind !== "plain")
    .map((token) => `${token.kind}:${token.text}`);

test("keys, values, comments and expressions of YAML", () => {
  expect(kinds("  - script: echo $(name) # hi")).toEqual([
    "sign:-",
    "key:script",
    "sign::",
    "expression:$(name)",
    "comment:# hi",
  ]);
  expect(kinds("timeoutInMinutes: 10")).toEqual(["key:timeoutInMinutes", "sign::", "number:10"]);
  expect(kinds('${{ if eq(a, "b") }}:')).toContain('expression:${{ if eq(a, "b") }}');
  expect(kinds("url: http://x#y")).toEqual(["key:url", "sign::"]);
});

test.each(["", "plain", "  - a: 'b' # c", "key: |", "\t:: -- ${{"])(
  "the parts of %j are the line again",
  (line) => {
    for (const language of ["yaml", "shell", "plain"] as const) {
      const parts = highlight(line, language).map((token) => token.text);
      expect(parts.join("")).toBe(line);
    }
  },
);
