import { expect, test } from "vitest";
import { relativeTo, resolveLink } from "./links.ts";

const inRepo = (path: string) => `/repo${path}`;

test.each([
  ["https://example.com/a", "https://example.com/a"],
  ["mailto:a@example.com", "mailto:a@example.com"],
  ["#part", "#part"],
  ["/docs/a.md", "/repo/docs/a.md"],
])("%s may be followed", (href, target) => {
  expect(resolveLink(href, inRepo)).toBe(target);
});

test.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "\u0001javascript:alert(1)",
  "data:text/html,<script>",
  "vbscript:x",
  "//evil.example/x",
  "\\\\evil.example",
  "file:///etc/passwd",
])("%j is no link", (href) => {
  expect(resolveLink(href, inRepo)).toBeUndefined();
});

test("a relative path starts at its file's folder and stays in the repository", () => {
  expect(relativeTo("/docs/index.md", "a.md")).toBe("/docs/a.md");
  expect(relativeTo("/docs/index.md", "../src/b.py#L3")).toBe("/src/b.py");
  expect(relativeTo("/docs/index.md", "/c.md")).toBe("/c.md");
  expect(relativeTo("/index.md", "../../etc/passwd")).toBeUndefined();
});
