import { expect, test } from "vitest";
import { commandOf, createCommandOf, initialText, quoted, readValue } from "./parameters.ts";

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
      organization: "http://127.0.0.1:8700/penstock",
      project: "my project",
      pipeline: 7,
      branch: "main",
      commit: "",
      templateParameters: { alpha: 0.5, note: "a b" },
      variables: {},
    }),
  ).toBe(
    "penstock az pipelines run --organization http://127.0.0.1:8700/penstock --project 'my project' --id 7 --branch main --parameters alpha=0.5 'note=a b'",
  );
});

test("the command that makes a pipeline names its file from the root of the repository", () => {
  expect(
    createCommandOf({
      organization: "http://127.0.0.1:8700/penstock",
      project: "demo",
      name: "train it",
      repository: "demo",
      branch: "main",
      path: "/ci/train.yml",
    }),
  ).toBe(
    "penstock az pipelines create --organization http://127.0.0.1:8700/penstock --project demo --name 'train it' --repository demo --repository-type tfsgit --branch main --yml-path ci/train.yml",
  );
});
