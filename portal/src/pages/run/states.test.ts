import { expect, test } from "vitest";
import type { Approval, Graph, RunPage, TimelineRecord } from "../../api/wire.ts";
import { stateOf, withWaiting } from "./states.ts";

const asked: Approval[] = [{ id: "1", status: "pending", stage: "Deploy" }];
const answered: Approval[] = [{ id: "1", status: "approved", stage: "Deploy" }];
const job = (state: string) => ({ type: "Job", state }) as TimelineRecord;

function run(more: Partial<RunPage>) {
  return { state: "inProgress" as const, approvals: asked, records: [job("completed")], ...more };
}

test("a run waits while somebody is asked and nothing runs", () => {
  expect(stateOf(run({}))).toBe("waiting");
  expect(stateOf(run({ records: [job("inProgress")] }))).toBe("inProgress");
  expect(stateOf(run({ approvals: answered }))).toBe("inProgress");
  expect(stateOf(run({ state: "cancelling" }))).toBe("cancelling");
});

test("the stage that waits is marked in the graph, and no other", () => {
  const place = { x: 0, y: 0, w: 1, h: 1, result: null, state: "inProgress" };
  const nodes = ["Build", "Deploy"].map((id) => ({ ...place, id, label: id }));
  const graph: Graph = { nodes, edges: [], width: 1, height: 1 };
  const states = withWaiting(graph, { approvals: asked }).nodes.map(({ state }) => state);
  expect(states).toEqual(["inProgress", "waiting"]);
  expect(withWaiting(graph, { approvals: answered })).toBe(graph);
});
