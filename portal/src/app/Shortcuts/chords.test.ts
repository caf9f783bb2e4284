import { expect, test } from "vitest";
import { type ChordState, pressKey } from "./chords.ts";

const chords = [
  { keys: "?", name: "help" },
  { keys: "g p", name: "pipelines" },
  { keys: "g r", name: "runs" },
];

function press(...keys: [key: string, at: number][]): string[] {
  let state: ChordState = { pressed: "", at: 0 };
  const done: string[] = [];
  for (const [key, at] of keys) {
    const step = pressKey(state, key, at, chords);
    state = step.state;
    if (step.done) done.push(step.done.name);
  }
  return done;
}

test("one key, and two keys soon after another", () => {
  expect(press(["?", 100])).toEqual(["help"]);
  expect(press(["g", 100], ["p", 500])).toEqual(["pipelines"]);
  expect(press(["g", 100], ["p", 500], ["g", 700], ["r", 800])).toEqual(["pipelines", "runs"]);
});

test("a second key that comes too late is a first key", () => {
  expect(press(["g", 100], ["p", 2000])).toEqual([]);
  expect(press(["g", 100], ["g", 2000], ["r", 2100])).toEqual(["runs"]);
});

test("a key that ends no chord begins anew", () => {
  expect(press(["g", 100], ["x", 200], ["p", 300])).toEqual([]);
  expect(press(["g", 100], ["?", 200])).toEqual(["help"]);
  expect(press(["g", 100], ["g", 200], ["p", 300])).toEqual(["pipelines"]);
});
