import { expect, test } from "vitest";
import { isPipelineFile, likelyFirst, suggestFiles, templateFor } from "./templates.ts";

test("what a repository holds decides what is suggested first", () => {
  const names = (paths: string[]) => suggestFiles(paths).map(({ id }) => id);
  expect(names(["/job.yml", "/src/train.py"])).toEqual(["ml", "python", "starter"]);
  expect(names(["/pyproject.toml"])).toEqual(["python", "starter"]);
  expect(names(["/README.md"])).toEqual(["starter"]);
});

test("YAML files may be pipelines, but not those of packages", () => {
  expect(isPipelineFile("/azure-pipelines.yml")).toBe(true);
  expect(isPipelineFile("/a/b.yaml")).toBe(true);
  expect(isPipelineFile("/node_modules/a/b.yml")).toBe(false);
  expect(isPipelineFile("/a.json")).toBe(false);
});

test("a beginning starts on the branch it is committed to", () => {
  expect(templateFor("starter", "trunk")).toContain("- trunk\n");
  expect(templateFor("unknown", "main")).toBe("");
});

test("what is named as a pipeline comes first, our own folder last", () => {
  expect(
    likelyFirst([
      "/.penstock/vars.yml",
      "/a.yml",
      "/ci/azure-pipelines.yml",
      "/src/job.yml",
      "/x.py",
    ]),
  ).toEqual(["/ci/azure-pipelines.yml", "/a.yml", "/src/job.yml", "/.penstock/vars.yml"]);
});
