import { describe, expect, test } from "vitest";
import { axisOf, differing, formatMetric, valuesOf } from "./numbers.ts";

test("metrics are short", () => {
  expect(formatMetric(0.5031689)).toBe("0.50317");
  expect(formatMetric(41.84693)).toBe("41.847");
  expect(formatMetric(442)).toBe("442");
  expect(formatMetric(0)).toBe("0");
  expect(formatMetric(1.2345e-7)).toBe("1.23e-7");
  expect(formatMetric(-3.2e12)).toBe("-3.20e+12");
  expect(formatMetric("nan")).toBe("nan");
  expect(formatMetric(null)).toBe("");
});

describe("a curve", () => {
  const curve = { steps: [0, 1, 2], times: [1000, 3000, 5000], values: [1, "nan", 3], count: 3 };
  test("has steps, times, or seconds since its begin", () => {
    expect(axisOf(curve, "step")).toEqual([0, 1, 2]);
    expect(axisOf(curve, "time")).toEqual([1, 3, 5]);
    expect(axisOf(curve, "relative")).toEqual([0, 2, 4]);
  });
  test("has a gap where there is no number", () => {
    expect(valuesOf(curve)).toEqual([1, null, 3]);
  });
});

test("only what differs is named", () => {
  expect(differing({ depth: ["3", "5"], seed: ["1", "1"], only: [null, "x"] })).toEqual([
    "depth",
    "only",
  ]);
});
