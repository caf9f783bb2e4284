import { expect, test } from "vitest";
import type { PreviewParameter } from "../../api/wire.ts";
import { endOf, NOTHING, requestOf, supposedText, verdictOf, wordsOf } from "./supposed.ts";

const size: PreviewParameter = { name: "size", type: "number", default: 1 };

test("nothing supposed asks for nothing", () => {
  expect(requestOf(NOTHING, [size])).toEqual({});
  expect(wordsOf(NOTHING, [size])).toEqual([]);
  expect(requestOf({ ...NOTHING, texts: { size: "1", gone: "x" } }, [size])).toEqual({});
});

test("what is supposed is asked for, and told", () => {
  const supposed = { assume: { Build: "failed" }, reason: "pullRequest", texts: { size: "2" } };
  expect(requestOf(supposed, [size])).toEqual({
    assume: { Build: "failed" },
    reason: "pullRequest",
    templateParameters: { size: 2 },
  });
  expect(wordsOf(supposed, [size])).toEqual([
    "started by a pull request",
    "size is 2",
    "Build fails",
  ]);
});

test("a parameter that cannot be read is not asked for", () => {
  const supposed = { ...NOTHING, texts: { size: "two" } };
  expect(requestOf(supposed, [size])).toEqual({});
  expect(supposedText(supposed, size).problem).toBe("a number is expected");
});

test("verdicts are verbs, and say what is supposed", () => {
  expect(verdictOf({ verdict: "runs", assumed: false })).toBe("would run");
  expect(verdictOf({ verdict: "failed", assumed: true })).toBe("would fail, as supposed");
  expect(verdictOf({ verdict: "abandoned", assumed: false })).toBe("abandoned");
  expect(endOf({ result: "failed" })).toBe("The run would fail.");
  expect(endOf({ result: "odd" })).toBe("The run would end as odd.");
});
