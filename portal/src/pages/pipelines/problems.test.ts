import { expect, test } from "vitest";
import type { Diagnostic } from "../../api/wire.ts";
import { countOf, problemsIn } from "./problems.ts";

const wrong: Diagnostic = {
  code: "PS1001",
  severity: "error",
  message: "unknown key",
  help: "take another",
  file: "ci.yml",
  line: 3,
  column: 5,
  endLine: 3,
  endColumn: 8,
  text: "error",
};

test("a problem stands at its place", () => {
  expect(problemsIn("ci.yml", [wrong])).toEqual([
    {
      line: 3,
      column: 5,
      endLine: 3,
      endColumn: 8,
      severity: "error",
      message: "unknown key\ntake another",
    },
  ]);
});

test("a problem of a template stands at the reference to it, too", () => {
  const related = [
    { message: "included here", file: "b.yml", line: 1, column: 1 },
    { message: "included here", file: "ci.yml", line: 9, column: 13 },
  ];
  const [shown] = problemsIn("ci.yml", [{ ...wrong, file: "a.yml", help: null, related }]);
  expect(shown).toMatchObject({ line: 9, column: 13, message: "a.yml:3: unknown key" });
  expect(problemsIn("ci.yml", [{ ...wrong, file: "a.yml" }])).toEqual([]);
  expect(problemsIn("ci.yml", [{ ...wrong, file: null, line: null, column: null }])).toEqual([]);
});

test("problems are counted by how much they matter", () => {
  const doubt = { ...wrong, severity: "warning" };
  expect(countOf([wrong, doubt, wrong])).toBe("2 errors, 1 warning");
  expect(countOf([{ ...wrong, severity: "note" }])).toBe("1 note");
  expect(countOf([])).toBe("");
});
