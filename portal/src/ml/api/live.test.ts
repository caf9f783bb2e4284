import { describe, expect, test } from "vitest";
import { Outdated } from "../../api/resource.ts";
import type { StreamEvent } from "../../api/stream.ts";
import { jobStream, withAddedValues, withComparedEvents, withJobEvents, withRows } from "./live.ts";
import type { Curves, Job, JobPage, JobRow } from "./wire.ts";

const place = { subscription: "s", group: "g", workspace: "w" };

function row(name: string, more: Partial<JobRow> = {}): JobRow {
  return {
    name,
    key: null,
    displayName: `Job ${name}`,
    experiment: "taxi",
    type: "Command",
    status: "Running",
    createdBy: "ada",
    created: "2026-11-28T10:00:00.000000Z",
    started: null,
    ended: null,
    compute: "local",
    tags: {},
    metrics: {},
    error: null,
    archived: false,
    parent: null,
    root: name,
    origin: null,
    ...more,
  };
}

const told = (type: string, data: unknown): StreamEvent => ({ type, id: "", data });
const at = (minute: number) => `2026-11-28T10:0${minute}:00.000000Z`;

test("a stream names its jobs", () => {
  expect(jobStream(place, "a", "b c")).toMatch(/\/penstock\/live\?job=a&job=b\+c$/);
});

describe("the list of jobs", () => {
  const page: JobPage = {
    value: [row("b", { created: at(2) }), row("a", { created: at(1) })],
    metricNames: [],
    continuationToken: "a",
  };
  const names = (found: JobPage | "refetch") =>
    found === "refetch" ? found : found.value.map(({ name }) => name);

  test("shows a job as it is now, with its metrics as columns", () => {
    const metrics = { loss: 0.5 };
    const found = withRows(page, [told("job", row("a", { status: "Failed", metrics }))], {});
    expect(found).toMatchObject({ metricNames: ["loss"], value: [{}, { status: "Failed" }] });
  });
  test("has a new job first, and once", () => {
    const events = [told("job", row("c", { created: at(3) }))];
    const found = withRows(page, [...events, ...events], {});
    expect(names(found)).toEqual(["c", "b", "a"]);
  });
  test("has no old job of another page, and no new one on another page", () => {
    expect(names(withRows(page, [told("job", row("z", { created: at(0) }))], {}))).toEqual([
      "b",
      "a",
    ]);
    const later = { after: "x" };
    expect(withRows(page, [told("job", row("c", { created: at(3) }))], later)).toBe(page);
  });
  test("has only what its filter wants", () => {
    const done = told("job", row("b", { status: "Completed" }));
    expect(names(withRows(page, [done], { status: "Running" }))).toEqual(["a"]);
    expect(names(withRows(page, [done], { q: "JOB B" }))).toEqual(["b", "a"]);
    const archived = told("job", row("b", { archived: true }));
    expect(names(withRows(page, [archived], {}))).toEqual(["a"]);
    expect(names(withRows(page, [archived], { view: "archived" }))).toEqual(["b", "a"]);
  });
  test("is asked for anew after a gap", () => {
    expect(withRows(page, [told("gap", {})], {})).toBe("refetch");
  });
});

describe("a job", () => {
  const node = { x: 0, y: 0, w: 1, h: 1, message: null, finished: null, kind: "command" as const };
  const job: Job = {
    ...row("j", { type: "Pipeline", origin: { run: "7", node: "n", step: "s", project: "p" } }),
    id: "",
    description: null,
    errorCode: null,
    warnings: [],
    params: {},
    inputs: [],
    outputs: [],
    command: null,
    children: [row("c1", { parent: "j" }), row("c2", { parent: "j" })],
    ancestors: [],
    graph: {
      nodes: [
        { ...node, id: "data", job: null, label: "taxi:1", status: null, started: null },
        { ...node, id: "n1", job: "c1", label: "n1", status: "Queued", started: null },
      ],
      edges: [],
      width: 1,
      height: 1,
    },
    logs: [{ name: "system_logs/a.txt", lines: 3, size: 9 }],
  };

  test("has its nodes where they are now, in the list and in the graph", () => {
    const moved = row("c1", { parent: "j", status: "Running", started: at(1) });
    const found = withJobEvents(job, [told("job", moved)], true) as Job;
    expect(found.children[0]?.status).toBe("Running");
    expect(found.graph.nodes[1]).toMatchObject({ status: "Running", started: at(1) });
    expect(found.graph.nodes[0]).toBe(job.graph.nodes[0]);
  });
  test("keeps the run that submitted it, and what is not told of", () => {
    const found = withJobEvents(
      job,
      [told("job", { ...row("j"), params: { depth: "3" } })],
      true,
    ) as Job;
    expect(found.origin?.run).toBe("7");
    expect(found.params).toEqual({ depth: "3" });
    expect(found.children).toBe(job.children);
    expect(withJobEvents(job, [told("metric", {}), told("job", row("x"))], true)).toBe(job);
  });
  test("knows how long its logs are, also of one that is new", () => {
    const lines = { log: "user_logs/std_log.txt", firstLine: 1, lines: ["a", "b"] };
    const more = { log: "user_logs/std_log.txt", firstLine: 2, lines: ["b", "c"] };
    const found = withJobEvents(job, [told("log", lines), told("log", more)], true) as Job;
    expect(found.logs).toEqual([
      { name: "user_logs/std_log.txt", lines: 3, size: 0 },
      { name: "system_logs/a.txt", lines: 3, size: 9 },
    ]);
  });
  test("of a stream around it takes no logs, which are those of the job around it", () => {
    const around = { log: "logs/azureml/executionlogs.txt", firstLine: 1, lines: ["a"] };
    expect(withJobEvents(job, [told("log", around)], false)).toBe(job);
  });
  test("is shown as ended at once, and asked for anew", () => {
    const found = withJobEvents(
      job,
      [told("job", row("j", { status: "Failed", error: "why" }))],
      true,
    );
    expect(found).toBeInstanceOf(Outdated);
    expect((found as Outdated<Job>).shown).toMatchObject({ status: "Failed", error: "why" });
  });
});

describe("curves", () => {
  const curves: Curves = {
    names: ["loss"],
    metrics: { loss: { steps: [0, 1], times: [10, 20], values: [3, 2], count: 2 } },
  };
  const added = { job: "j", name: "loss", steps: [1, 2], times: [20, 30], values: [2, "nan"] };

  test("have each value once, however often it is told", () => {
    const once = withAddedValues(curves, [told("metric", added)], "j", false) as Curves;
    expect(once.metrics.loss).toEqual({
      steps: [0, 1, 2],
      times: [10, 20, 30],
      values: [3, 2, "nan"],
      count: 3,
    });
    expect(withAddedValues(once, [told("metric", added)], "j", false)).toEqual(once);
  });
  test("stay in order of time", () => {
    const late = { ...added, steps: [9], times: [15], values: [7] };
    const found = withAddedValues(curves, [told("metric", late)], "j", false) as Curves;
    expect(found.metrics.loss?.values).toEqual([3, 7, 2]);
  });
  test("are not those of another job or name", () => {
    expect(withAddedValues(curves, [told("metric", added)], "k", false)).toBe(curves);
    expect(withAddedValues(curves, [told("metric", { ...added, name: "x" })], "j", false)).toBe(
      curves,
    );
  });
  test("of a pipeline with its nodes are asked for anew when a node logged more", () => {
    const node = told("job", row("n", { root: "j", parent: "j", metrics: { loss: 1 } }));
    expect(withAddedValues(curves, [node], "j", true)).toBe("refetch");
    expect(withAddedValues(curves, [node], "j", false)).toBe(curves);
    expect(withAddedValues(curves, [told("job", row("n", { root: "j" }))], "j", true)).toBe(curves);
  });
  test("are asked for anew when they are long", () => {
    const count = 3000;
    const numbers = Array.from({ length: count }, (_, index) => 100 + index);
    const long = { job: "j", name: "loss", steps: numbers, times: numbers, values: numbers };
    expect(withAddedValues(curves, [told("metric", long)], "j", false)).toBeInstanceOf(Outdated);
  });
});

test("compared jobs have their values in their columns", () => {
  const compared = { jobs: [row("a"), row("b")], params: {}, metrics: { r2: [0.5, null] } };
  const event = told("job", {
    ...row("b", { metrics: { r2: 0.7, mse: 3 } }),
    params: { depth: "5" },
  });
  expect(withComparedEvents(compared, [event])).toMatchObject({
    params: { depth: [null, "5"] },
    metrics: { r2: [0.5, 0.7], mse: [null, 3] },
  });
  const node = told("job", row("n", { root: "a", parent: "a", metrics: { r2: 0.6 } }));
  const found = withComparedEvents(compared, [node]);
  expect(found).toMatchObject({ metrics: { r2: [0.6, null] }, jobs: [{ name: "a" }, {}] });
  expect(withComparedEvents(compared, [told("job", row("z"))])).toBe(compared);
});
