import { expect, test } from "vitest";
import type { RunRow } from "../api/wire.ts";
import { branchHistory, passRate } from "./statistics.ts";

function run(id: number, branch: string, result: RunRow["result"], seconds = 10): RunRow {
  return {
    id,
    number: String(id),
    definition: { id: 1, name: "p" },
    branch,
    commit: "",
    reason: "manual",
    state: result === null ? "inProgress" : "completed",
    result,
    queueTime: null,
    startTime: new Date(0).toISOString(),
    finishTime: result === null ? null : new Date(seconds * 1000).toISOString(),
    requestedFor: null,
    tags: [],
    stages: [{ name: "Test", state: "completed", result }],
  };
}

test("branches are in the order in which they ran last", () => {
  const branches = branchHistory([
    run(1, "main", "failed"),
    run(3, "main", "succeeded"),
    run(2, "dev", null),
  ]);
  expect(branches.map(({ name, last }) => [name, last.id])).toEqual([
    ["main", 3],
    ["dev", 2],
  ]);
  expect(branches[0]?.history.map(({ id }) => id)).toEqual([3, 1]);
});

test("a canceled run counts neither as passed nor as failed", () => {
  const figures = passRate([
    run(1, "main", "succeeded", 10),
    run(2, "main", "failed", 20),
    run(3, "main", "canceled"),
    run(4, "main", "partiallySucceeded", 30),
    run(5, "main", null),
  ]);
  expect(figures.finished).toBe(3);
  expect(figures.rate).toBeCloseTo(2 / 3);
  expect(figures.median).toBe(20_000);
  expect(figures.failedStages).toEqual([["Test", 1]]);
});
