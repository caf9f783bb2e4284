import { expect, test } from "vitest";
import { isOver, lookOf } from "./states.ts";

test("a result says more than a state", () => {
  expect(lookOf("completed", "failed")).toEqual({ look: "failure", word: "Failed" });
  expect(lookOf("completed", "succeededWithIssues").look).toBe("warning");
});

test("without a result the state is shown", () => {
  expect(lookOf("inProgress", null)).toEqual({ look: "running", word: "Running" });
  expect(lookOf("notStarted", null).word).toBe("Queued");
});

test("the words of Azure Machine Learning are known too", () => {
  expect(lookOf("Completed", null)).toEqual({ look: "success", word: "Completed" });
  expect(lookOf("NotResponding", null).look).toBe("failure");
  expect(lookOf("Preparing", undefined).look).toBe("running");
});

test("an unknown word is shown as it is", () => {
  expect(lookOf("Hibernating", null)).toEqual({ look: "unknown", word: "Hibernating" });
});

test("over is what neither runs nor waits", () => {
  expect(isOver("completed")).toBe(true);
  expect(isOver("inProgress")).toBe(false);
  expect(isOver("notStarted")).toBe(false);
});
