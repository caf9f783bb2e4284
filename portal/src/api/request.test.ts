import { expect, test } from "vitest";
import { address, path, readError } from "./request.ts";

test("a path has every segment encoded", () => {
  expect(path("a b", "c/d", 7)).toBe("/a%20b/c%2Fd/7");
});

test("a query has what is given and nothing else", () => {
  expect(address("/x")).toBe("/x");
  expect(address("/x", { a: 1, b: undefined, c: null, d: "", e: false })).toBe("/x?a=1&e=false");
  expect(address("/x?y=1", { a: "b&c" })).toBe("/x?y=1&a=b%26c");
});

test("an error says its code and its message, whichever service it is of", () => {
  const devops = { message: "there is none", typeKey: "BuildNotFoundException" };
  expect(readError(JSON.stringify(devops))).toEqual({
    code: "BuildNotFoundException",
    message: "there is none",
  });
  const resourceManager = { error: { code: "NotFound", message: "no such job" } };
  expect(readError(JSON.stringify(resourceManager))).toEqual({
    code: "NotFound",
    message: "no such job",
  });
  const mlflow = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "no run" };
  expect(readError(JSON.stringify(mlflow)).code).toBe("RESOURCE_DOES_NOT_EXIST");
  expect(readError("<html>")).toEqual({ code: "", message: "" });
});
