import { expect, test } from "vitest";
import { nextOf, placeOf } from "./places.ts";
import type { FoundLine } from "./source.ts";

const found = (logId: number, where: string): FoundLine => ({ logId, line: 1, text: "", where });

test("the next line is the first past another; past the last it is the first again", () => {
  expect(nextOf([3, 7, 9], 3, 1)).toBe(7);
  expect(nextOf([3, 7, 9], 9, 1)).toBe(3);
  expect(nextOf([3, 7, 9], 7, -1)).toBe(3);
  expect(nextOf([3, 7, 9], 3, -1)).toBe(9);
  expect(nextOf([3, 7, 9], undefined, 1)).toBe(3);
  expect(nextOf([], 1, 1)).toBeUndefined();
});

test("a match says its place, its step where there are several, and what is not listed", () => {
  const one = [found(1, "Build"), found(1, "Build")];
  expect(placeOf({ count: 0, lines: [] }, -1)).toBe("no match");
  expect(placeOf({ count: 2, lines: one }, -1)).toBe("2 matches");
  expect(placeOf({ count: 2, lines: one }, 1)).toBe("2 of 2");
  const two = [found(1, "Build"), found(2, "Test")];
  expect(placeOf({ count: 2, lines: two }, 1)).toBe("2 of 2 in Test");
  expect(placeOf({ count: 5, lines: one }, 0)).toBe("1 of 2 (5 in all)");
});
