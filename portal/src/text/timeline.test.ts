import { expect, test } from "vitest";
import type { TimelineRecord } from "../api/wire.ts";
import { findStep, placeOf, timelineTree, whereToLook } from "./timeline.ts";

function record(
  id: string,
  type: string,
  parentId: string | null,
  more: Partial<TimelineRecord> = {},
): TimelineRecord {
  return {
    id,
    type,
    parentId,
    name: id,
    state: "completed",
    result: "succeeded",
    order: 1,
    startTime: null,
    finishTime: null,
    log: null,
    ...more,
  };
}

const records = [
  record("deploy", "Stage", null, { order: 2, state: "pending", result: null }),
  record("build", "Stage", null),
  record("phase", "Phase", "build"),
  record("job", "Job", "phase", { result: "failed" }),
  record("second", "Task", "job", { order: 2, result: "failed", log: { id: 2 } }),
  record("first", "Task", "job", { order: 1, log: { id: 1 } }),
  record("other", "Job", "phase", { order: 2 }),
];

test("stages, jobs and steps are in order, and phases are seen through", () => {
  const tree = timelineTree(records);
  expect(tree.map((stage) => stage.record.id)).toEqual(["build", "deploy"]);
  expect(tree[0]?.jobs.map((job) => job.record.id)).toEqual(["job", "other"]);
  expect(tree[0]?.jobs[0]?.steps.map((step) => step.id)).toEqual(["first", "second"]);
});

test("a phase without a job stands for it", () => {
  const skipped = record("push", "Phase", "deploy", { result: "skipped" });
  const tree = timelineTree([...records, skipped]);
  expect(tree[1]?.jobs).toEqual([{ record: skipped, steps: [] }]);
  expect(findStep(tree, { job: "push" })?.job.record).toBe(skipped);
});

test("the failed step is where to look", () => {
  expect(whereToLook(timelineTree(records))?.step?.id).toBe("second");
});

test("without a failure it is the running step, then the last with lines", () => {
  const running = records.map((one) => ({ ...one, result: null }));
  const tree = timelineTree(
    running.map((one) =>
      one.id === "job" || one.id === "first" ? { ...one, state: "inProgress" as const } : one,
    ),
  );
  expect(whereToLook(tree)?.step?.id).toBe("first");
  expect(whereToLook(timelineTree(running))?.step?.id).toBe("second");
  expect(whereToLook([])).toBeUndefined();
});

test("a step is found by its id, a job by its own", () => {
  const tree = timelineTree(records);
  expect(findStep(tree, { step: "first" })?.job.record.id).toBe("job");
  expect(findStep(tree, { job: "job" })?.step?.id).toBe("second");
  expect(findStep(tree, { step: "gone" })).toBeUndefined();
});

test("a job is named with its stage, unless nobody named that", () => {
  expect(placeOf("Deploy", "Push")).toBe("Deploy / Push");
  expect(placeOf("__default", "Push")).toBe("Push");
  expect(placeOf(undefined, undefined)).toBe("");
});
