import { expect, test } from "vitest";
import type { Job } from "../api/wire.ts";
import { az, jobCommands } from "./commands.ts";

const place = { subscription: "s", group: "dev rg", workspace: "ws" };

/** As much of a job as its commands need. */
function job(more: Partial<Job>): Job {
  const known = { name: "j1", root: "j1", parent: null, outputs: [], command: null };
  return { ...known, type: "Pipeline", description: null, ...more } as unknown as Job;
}

test("a command names its workspace as a shell takes it", () => {
  expect(az(place, "data list")).toBe(
    "penstock az ml data list --resource-group 'dev rg' --workspace-name ws",
  );
});

test("a job is submitted again from its own YAML", () => {
  const text = jobCommands(place, job({}));
  expect(text).toContain("--query '{type: type, settings: settings, inputs: inputs, jobs: jobs,");
  expect(text).toMatch(/> job.yml\n.* job create --file job.yml /);
});

test("a job whose outputs have folders is not submitted again over them", () => {
  const output = { name: "model", type: "uri_folder", uri: "azureml://x", asset: null };
  expect(jobCommands(place, job({ outputs: [output] }))).not.toContain("job create");
  expect(jobCommands(place, job({ parent: "p", root: "p" }))).not.toContain("job create");
});
