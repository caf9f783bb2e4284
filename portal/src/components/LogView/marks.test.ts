import { expect, test } from "vitest";
import { placesOf } from "./marks.ts";

test("a text is found wherever it stands, its case ignored", () => {
  expect(placesOf("Error: no error", "error")).toEqual([0, 10]);
  expect(placesOf("aaaa", "aa")).toEqual([0, 2]);
  expect(placesOf("nothing", "error")).toEqual([]);
});

test("a sign that is two in lower case does not move the places of others", () => {
  expect(placesOf("\u0130\u0130 error", "error")).toEqual([3]);
});
