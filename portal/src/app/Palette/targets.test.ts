import { expect, test } from "vitest";
import { matching, type Target } from "./targets.ts";

const target = (kind: string, name: string): Target => ({ kind, name, href: `/${name}` });
const targets = [
  target("Page", "Pipelines"),
  target("Pipeline", "nightly"),
  target("Run pipeline", "nightly"),
  target("Repository", "night"),
];
const names = (text: string) => matching(targets, text).map(({ kind, name }) => `${kind}: ${name}`);

test("all words are in the kind or the name, in any order", () => {
  expect(names("nightly run")).toEqual(["Run pipeline: nightly"]);
  expect(names("NIGHT repo")).toEqual(["Repository: night"]);
  expect(names("nothing")).toEqual([]);
});

test("what begins with the text is first; without a text all are there", () => {
  expect(names("pipeline")[0]).toBe("Page: Pipelines");
  expect(names("")).toHaveLength(4);
});
