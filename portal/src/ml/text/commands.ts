/** What the studio shows and does, as commands of a terminal. */

import { quoted } from "../../text/parameters.ts";
import type { Place } from "../api/place.ts";
import type { Job } from "../api/wire.ts";

/** A command of `az ml` in a workspace. */
export function az(place: Place, command: string): string {
  const where = `--resource-group ${quoted(place.group)} --workspace-name ${quoted(place.workspace)}`;
  return `penstock az ml ${command} ${where}`;
}

const PIPELINE = ["type", "settings", "inputs", "jobs"];
const COMMAND = ["type", "command", "environment", "environment_variables", "inputs"];

/** How to look at a job, follow it, save what it made, and submit it again. */
export function jobCommands(place: Place, job: Job): string {
  const root = quoted(job.root);
  return [
    "# what it is, and what it does now",
    az(place, `job show --name ${root} --output yaml`),
    az(place, `job stream --name ${root}`),
    "# all that it wrote",
    az(place, `job download --name ${quoted(job.name)} --all`),
    ...(isRepeatable(job) ? ["# its YAML, and the same again", ...again(place, job)] : []),
  ].join("\n");
}

/** The YAML of a job with outputs names their folders, which a second job would write over. */
function isRepeatable(job: Job): boolean {
  return job.parent === null && job.outputs.length === 0;
}

function again(place: Place, job: Job): string[] {
  const fields = [
    ...(job.type === "Pipeline" ? PIPELINE : COMMAND),
    "display_name",
    "experiment_name",
    "tags",
    ...(job.description ? ["description"] : []),
    ...(job.command?.code ? ["code"] : []),
    ...(job.command?.distribution ? ["distribution"] : []),
    ...((job.command?.instanceCount ?? 1) > 1 ? ["resources"] : []),
  ];
  const query = `{${fields.map((name) => `${name}: ${name}`).join(", ")}}`;
  const show = az(place, `job show --name ${quoted(job.name)} --output yaml --query '${query}'`);
  return [`${show} > job.yml`, az(place, "job create --file job.yml")];
}
