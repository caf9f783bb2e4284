import { expect, test } from "vitest";
import { align, readAt, smooth } from "./series.ts";

test("curves with other steps share one axis", () => {
  expect(
    align([
      { name: "a", x: [1, 3], y: [10, 30] },
      { name: "b", x: [2, 3], y: [5, null] },
    ]),
  ).toEqual([
    [1, 2, 3],
    [10, null, 30],
    [null, 5, null],
  ]);
});

test("curves of the same steps keep them, also where one logs a step twice", () => {
  const [a, b] = [
    { name: "a", x: [1, 2], y: [10, 20] },
    { name: "b", x: [1, 2], y: [5, null] },
  ];
  expect(align([a, b])).toEqual([
    [1, 2],
    [10, 20],
    [5, null],
  ]);
  expect(align([{ name: "a", x: [1, 1, 2], y: [10, 11, 20] }])).toEqual([
    [1, 2],
    [11, 20],
  ]);
});

test("what cannot be drawn is a gap", () => {
  const series = [{ name: "a", x: [1, 2, 3], y: [Number.NaN, -1, Number.POSITIVE_INFINITY] }];
  expect(align(series)[1]).toEqual([null, -1, null]);
  expect(align(series, { positiveOnly: true })[1]).toEqual([null, null, null]);
});

test("smoothing keeps a constant as it is, and gaps as gaps", () => {
  const { y } = smooth({ name: "a", x: [1, 2, 3, 4], y: [2, 2, null, 2] }, 0.9);
  expect(y[0]).toBeCloseTo(2);
  expect(y[2]).toBeNull();
  expect(y[3]).toBeCloseTo(2);
});

test("the values at a place are read by name where there are several curves", () => {
  const aligned = [
    [1, 2],
    [0.123456789, 10],
    [null, 20],
  ];
  expect(readAt(aligned, ["a", "b"], "step", 1)).toBe("step 2: a 10, b 20");
  expect(readAt(aligned, ["a", "b"], "seconds", 0)).toBe("1 s: a 0.12346");
  expect(readAt(aligned.slice(0, 2), ["a"], "step", 1)).toBe("step 2: 10");
  expect(readAt(aligned, ["a", "b"], "step", undefined)).toBe("");
});
