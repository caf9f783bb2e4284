import { expect, test } from "vitest";
import { resumed, retryDelay, untilFlush } from "./stream.ts";

test("a stream goes on after the last event that was seen", () => {
  expect(resumed("/live?run=7", "")).toBe("/live?run=7");
  expect(resumed("/live", "12;3=40")).toBe("/live?after=12%3B3%3D40");
  expect(resumed("/live?run=7&after=1", "2")).toBe("/live?run=7&after=2");
});

test("attempts come later and later, but never later than 15 seconds", () => {
  expect([0, 1, 2, 99].map(retryDelay)).toEqual([500, 1000, 2000, 15000]);
});

test("an event after a pause is handed on soon, in a flood four times a second", () => {
  expect(untilFlush(0, 10_000)).toBe(20);
  expect(untilFlush(10_000, 10_100)).toBe(150);
});
