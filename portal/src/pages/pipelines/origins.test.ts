import { expect, test } from "vitest";
import { placesOf } from "./origins.ts";

test("a place is said once for the lines that come from it", () => {
  const from = (line: number, file: string, fileLine: number) => ({ line, file, fileLine });
  const origins = [
    from(1, "ci.yml", 1),
    from(2, "ci.yml", 1),
    from(3, "steps.yml", 1),
    from(4, "ci.yml", 1),
    from(5, "ci.yml", 2),
  ];
  expect([...placesOf(origins)]).toEqual([
    [1, "ci.yml:1"],
    [3, "steps.yml:1"],
    [4, "ci.yml:1"],
    [5, "ci.yml:2"],
  ]);
  expect(placesOf([]).size).toBe(0);
});
