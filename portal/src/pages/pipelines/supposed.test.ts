import { expect, test } from "vitest";
import type { PreviewParameter } from "../../api/wire.ts";
import {
  awaitedOf,
  endOf,
  NOTHING,
  readSupposed,
  requestOf,
  type Supposed,
  supposedText,
  verdictOf,
  withoutAwaited,
  withResult,
  withText,
  wordsOf,
  writeSupposed,
} from "./supposed.ts";

const size: PreviewParameter = { name: "size", type: "number", default: 1 };

test("nothing supposed asks for nothing", () => {
  expect(requestOf(NOTHING, [size])).toEqual({});
  expect(wordsOf(NOTHING, [size])).toEqual([]);
  expect(requestOf({ ...NOTHING, texts: { size: "1", gone: "x" } }, [size])).toEqual({});
});

const supposed: Supposed = {
  assume: { Build: "failed" },
  reason: "pullRequest",
  branch: "release/1",
  texts: { size: "2" },
};

test("what is supposed is asked for, and told", () => {
  expect(requestOf(supposed, [size])).toEqual({
    assume: { Build: "failed" },
    reason: "pullRequest",
    runBranch: "release/1",
    templateParameters: { size: 2 },
  });
  expect(wordsOf(supposed, [size])).toEqual([
    "started by a pull request",
    "of the branch release/1",
    "size is 2",
    "Build fails",
  ]);
});

test("a parameter that cannot be read is not asked for", () => {
  const supposed = { ...NOTHING, texts: { size: "two" } };
  expect(requestOf(supposed, [size])).toEqual({});
  expect(supposedText(supposed, size).problem).toBe("a number is expected");
});

test("what is supposed is kept in an address", () => {
  expect(readSupposed(writeSupposed(supposed))).toEqual(supposed);
  expect(writeSupposed(NOTHING)).toBe("");
  for (const odd of [null, "", "[", "7", "null", '{"assume":{"a":1},"texts":[2],"branch":{}}']) {
    expect(readSupposed(odd)).toEqual(NOTHING);
  }
});

test("what is as it comes is not supposed", () => {
  expect(withResult(supposed, "Build", "").assume).toEqual({});
  expect(withResult(supposed, "Test", "skipped").assume).toEqual({
    Build: "failed",
    Test: "skipped",
  });
  expect(withText(supposed, size, "1").texts).toEqual({});
});

test("a parameter without a default is asked for once it has a value", () => {
  const name: PreviewParameter = { name: "name", type: "string", default: null };
  const flag: PreviewParameter = { name: "flag", type: "boolean", default: null };
  expect(awaitedOf(NOTHING, [name, flag, size])).toEqual(["name"]);
  expect(requestOf(NOTHING, [name, flag, size])).toEqual({ templateParameters: { flag: false } });
  const named = withText(NOTHING, name, "x");
  expect(awaitedOf(named, [name, flag])).toEqual([]);
  expect(requestOf(named, [name]).templateParameters).toEqual({ name: "x" });
});

test("verdicts are verbs, and say what is supposed", () => {
  expect(verdictOf({ verdict: "runs", assumed: false })).toBe("would run");
  expect(verdictOf({ verdict: "failed", assumed: true })).toBe("would fail, as supposed");
  expect(verdictOf({ verdict: "abandoned", assumed: false })).toBe("abandoned");
  expect(endOf({ result: "failed" })).toBe("The run would fail.");
  expect(endOf({ result: "odd" })).toBe("The run would end as odd.");
});

test("only a template that lacks a value is wrong", () => {
  const place = { file: "a.yml", line: 1, column: 1 };
  const lacking = { ...place, code: "PS1204", severity: "error", message: "m", text: "t" };
  const included = { ...lacking, related: [{ ...place, message: "included here" }] };
  expect(withoutAwaited([lacking, included])).toEqual([included]);
});
