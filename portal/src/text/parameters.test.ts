import { expect, test } from "vitest";
import { commandOf, initialText, quoted, readValue } from "./parameters.ts";

test("a field begins with the default, written as its type is", () => {
  expect(initialText({ name: "a", type: "number", default: 0.5 })).toBe("0.5");
  expect(initialText({ name: "a", type: "boolean", default: null })).toBe("false");
  expect(initialText({ name: "a", type: "string", default: null, values: ["x", "y"] })).toBe("x");
  expect(initialText({ name: "a", type: "object", default: { b: 1 } })).toBe('{\n  "b": 1\n}');
});

test("a text is read as its type, or its fault is named", () => {
  expect(readValue({ type: "number", default: 1 }, "1e-3")).toEqual({ value: 0.001 });
  expect(readValue({ type: "number", default: 1 }, "many").problem).toBeDefined();
  expect(readValue({ type: "boolean", default: null }, "true")).toEqual({ value: true });
  expect(readValue({ type: "object", default: null }, "[1]")).toEqual({ value: [1] });
  expect(readValue({ type: "stepList", default: [] }, "[").problem).toBe("this is not JSON");
  expect(readValue({ type: "string", default: null }, "").problem).toBe("a value is required");
  expect(readValue({ type: "string", default: "x" }, "")).toEqual({ value: "" });
});

test("the command quotes what a shell would read", () => {
  expect(quoted("it's")).toBe("'it'\\''s'");
  expect(
    commandOf({
      project: "my project",
      pipeline: "train",
      branch: "main",
      commit: "",
      templateParameters: { alpha: 0.5, note: "a b" },
      variables: {},
    }),
  ).toBe(
    "az pipelines run --name train --project 'my project' --branch main --parameters alpha=0.5 'note=a b'",
  );
});
