import { expect, test } from "vitest";
import { Outdated } from "./resource.ts";
import { matchesFilter, run as runOf, withLastRuns, withRunEvents, withRuns } from "./runs.ts";
import type { StreamEvent } from "./stream.ts";
import type { PipelineRow, RunPage, RunRow, TimelineRecord } from "./wire.ts";

const row = (id: number, more: Partial<RunRow> = {}): RunRow => ({
  id,
  number: `20261128.${id}`,
  name: "Say more",
  definition: { id: 1, name: "shop" },
  branch: "refs/heads/main",
  commit: "4b1d".repeat(10),
  reason: "manual",
  state: "inProgress",
  result: null,
  queueTime: null,
  startTime: null,
  finishTime: null,
  requestedFor: null,
  tags: [],
  stages: [],
  ...more,
});

const record = (id: string, more: Partial<TimelineRecord> = {}): TimelineRecord => ({
  id,
  parentId: null,
  type: "Task",
  name: id,
  state: "inProgress",
  result: null,
  order: 1,
  startTime: null,
  finishTime: null,
  log: null,
  lineCount: 0,
  ...more,
});

const page = (more: Partial<RunPage> = {}): RunPage => ({
  ...row(7),
  parameters: {},
  variables: [],
  problem: null,
  issues: [],
  records: [record("stage", { type: "Stage" }), record("step")],
  graph: {
    nodes: [
      {
        id: "Build",
        recordId: "stage",
        label: "Build",
        state: "inProgress",
        result: null,
        x: 0,
        y: 0,
        w: 1,
        h: 1,
      },
    ],
    edges: [],
    width: 1,
    height: 1,
  },
  artifacts: [],
  deployments: [],
  approvals: [],
  mlJobs: [],
  changes: [],
  yaml: null,
  ...more,
});

const told = (type: string, data: unknown): StreamEvent => ({ type, id: "", data });
const run = (id: number, more: Partial<RunRow> = {}) => told("run", row(id, more));
const ids = (rows: RunRow[]) => rows.map(({ id }) => id);
const list = (...numbers: number[]) => ({
  count: numbers.length,
  value: numbers.map((id) => row(id)),
});
const shownOf = <T>(value: T | Outdated<T>): T => (value instanceof Outdated ? value.shown : value);

test("a new run is put first, a known one stays where it is", () => {
  const next = shownOf(withRuns(list(3, 2), [run(4), run(2, { state: "completed" })], {}));
  expect(ids(next.value)).toEqual([4, 3, 2]);
  expect(next.value[2]?.state).toBe("completed");
});

test("an old run is put where it belongs, and nowhere where the page goes on", () => {
  expect(ids(shownOf(withRuns(list(5, 3), [run(4)], {})).value)).toEqual([5, 4, 3]);
  expect(ids(shownOf(withRuns(list(5, 3), [run(1)], {})).value)).toEqual([5, 3, 1]);
  const goesOn = { ...list(5, 3), continuationToken: "3" };
  expect(ids(shownOf(withRuns(goesOn, [run(1)], {})).value)).toEqual([5, 3]);
});

test("a run that fits the filter no longer leaves the list", () => {
  const events = [run(2, { state: "completed" }), run(9, { state: "completed" })];
  expect(ids(shownOf(withRuns(list(3, 2), events, { state: "inProgress" })).value)).toEqual([3]);
});

test("a list that has grown to twice its page is fetched anew", () => {
  const next = withRuns(list(2, 1), [run(3), run(4), run(5)], { top: 2 });
  expect(next).toBeInstanceOf(Outdated);
});

test.each([
  [{ branch: "main" }, true],
  [{ branch: "refs/heads/main" }, true],
  [{ branch: "topic" }, false],
  [{ q: "SAY" }, true],
  [{ q: "4b1d4b" }, true],
  [{ q: "nothing" }, false],
  [{ tag: "nightly" }, false],
  [{ reason: "manual", definitionId: 1 }, true],
])("the filter %j fits: %s", (filter, fits) => {
  expect(matchesFilter(row(1), filter)).toBe(fits);
});

const pipeline = (id: number, lastRun: RunRow | null): PipelineRow => ({
  id,
  name: `p${id}`,
  folder: "\\",
  path: "",
  repository: null,
  lastRun,
  recentResults: [],
  queueStatus: "enabled",
});

test("a pipeline that runs is first; how its runs ended is fetched", () => {
  const rows = { count: 2, value: [pipeline(2, row(5)), pipeline(1, row(3))] };
  const next = withLastRuns(rows, [run(6)]);
  expect(shownOf(next).value.map(({ id }) => id)).toEqual([1, 2]);
  expect(next).not.toBeInstanceOf(Outdated);
  expect(withLastRuns(rows, [run(3, { state: "completed" })])).toBeInstanceOf(Outdated);
  const other = run(9, { definition: { id: 8, name: "new" } });
  expect(withLastRuns(rows, [other])).toBeInstanceOf(Outdated);
});

test("the state of a run, a stage and its place in the graph are shown at once", () => {
  const done = record("stage", { type: "Stage", state: "completed", result: "failed" });
  const next = withRunEvents(page(), [
    told("record", done),
    run(7, { state: "completed", result: "failed" }),
  ]);
  expect(next).toBeInstanceOf(Outdated);
  const { records, graph, result } = shownOf(next);
  expect(records[0]?.result).toBe("failed");
  expect(graph?.nodes[0]).toMatchObject({ state: "completed", result: "failed" });
  expect(result).toBe("failed");
});

test("a step that goes well needs nothing more; one that failed has errors to fetch", () => {
  const ended = { state: "completed" as const };
  const well = withRunEvents(page(), [
    told("record", record("step", { ...ended, result: "succeeded" })),
  ]);
  expect(well).not.toBeInstanceOf(Outdated);
  const badly = record("step", { ...ended, result: "failed" });
  expect(withRunEvents(page(), [told("record", badly)])).toBeInstanceOf(Outdated);
  expect(withRunEvents(page(), [told("record", record("new"))])).toBeInstanceOf(Outdated);
});

test("a step has a log from its first line on; later lines do not draw the page anew", () => {
  const lines = (firstLine: number) =>
    told("log", { logId: 12, recordId: "step", firstLine, lines: ["a", "b"] });
  const next = shownOf(withRunEvents(page(), [lines(1)]));
  expect(next.records[1]).toMatchObject({ log: { id: 12 }, lineCount: 2 });
  expect(withRunEvents(next, [lines(3)])).toBe(next);
});

test("the end of a run that was over when it was fetched needs nothing more", () => {
  const over = page({ state: "completed", result: "succeeded" });
  expect(withRunEvents(over, [told("end", { result: "succeeded" })])).toBe(over);
});

test("a run is asked for anew while it goes on, or a job that it started", () => {
  const { poll } = runOf({ organization: "penstock", project: "shop" }, 7);
  if (typeof poll !== "function") throw new Error("whether to ask depends on the run");
  const job = {
    workspace: "ws",
    resourceGroup: "rg",
    name: "taxi1",
    displayName: "taxi fares",
    recordId: null,
  };
  const over = page({ state: "completed", result: "succeeded" });
  expect(poll(page())).toBeGreaterThan(0);
  expect(poll(over)).toBe(false);
  expect(poll({ ...over, mlJobs: [{ ...job, status: "Running" }] })).toBeGreaterThan(0);
  expect(poll({ ...over, mlJobs: [{ ...job, status: "Completed" }] })).toBe(false);
});
