/** Parameters of a pipeline between their types and the text of a field, and as a command line. */

import type { PreviewParameter } from "../api/wire.ts";

/** What a field shows before anything is typed. */
export function initialText(parameter: PreviewParameter): string {
  const value = parameter.default;
  if (value === undefined || value === null) {
    const [first] = parameter.values ?? [];
    return first === undefined ? (parameter.type === "boolean" ? "false" : "") : String(first);
  }
  if (typeof value === "object") return JSON.stringify(value, null, 2);
  return String(value);
}

/** Whether a run must say a value: there is no default. */
export function isNeeded({ default: value }: Pick<PreviewParameter, "default">): boolean {
  return value === undefined || value === null;
}

/** The typed value of a text, or what is wrong with it. */
export function readValue(
  parameter: Pick<PreviewParameter, "type" | "default">,
  text: string,
): { value: unknown; problem?: string } {
  switch (parameter.type) {
    case "boolean":
      return { value: text === "true" };
    case "number": {
      const number = Number(text);
      return text.trim() === "" || Number.isNaN(number)
        ? { value: text, problem: "a number is expected" }
        : { value: number };
    }
    case "string":
      return text === "" && (parameter.default === undefined || parameter.default === null)
        ? { value: text, problem: "a value is required" }
        : { value: text };
    default:
      try {
        return { value: JSON.parse(text) };
      } catch {
        return { value: text, problem: "this is not JSON" };
      }
  }
}

export interface RunCommand {
  organization: string;
  project: string;
  pipeline: number;
  branch: string;
  commit?: string;
  templateParameters: Record<string, unknown>;
  variables?: Record<string, string>;
}

/** The same run in a terminal. `organization` is the address of the organization. */
export function commandOf(run: RunCommand): string {
  const pairs = (values: Record<string, unknown>) =>
    Object.entries(values).map(([name, value]) =>
      quoted(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`),
    );
  const parameters = pairs(run.templateParameters);
  const variables = pairs(run.variables ?? {});
  return [
    `penstock az pipelines run ${where(run)} --id ${run.pipeline}`,
    run.branch ? `--branch ${quoted(run.branch)}` : "",
    run.commit ? `--commit-id ${quoted(run.commit)}` : "",
    parameters.length > 0 ? `--parameters ${parameters.join(" ")}` : "",
    variables.length > 0 ? `--variables ${variables.join(" ")}` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

export interface CreateCommand {
  organization: string;
  project: string;
  name: string;
  repository: string;
  branch?: string;
  path: string;
}

/** The same pipeline made in a terminal. `organization` is the address of the organization. */
export function createCommandOf(made: CreateCommand): string {
  return [
    `penstock az pipelines create ${where(made)} --name ${quoted(made.name)}`,
    `--repository ${quoted(made.repository)} --repository-type tfsgit`,
    made.branch ? `--branch ${quoted(made.branch)}` : "",
    `--yml-path ${quoted(made.path.replace(/^\//, ""))}`,
  ]
    .filter(Boolean)
    .join(" ");
}

function where({ organization, project }: { organization: string; project: string }): string {
  return `--organization ${quoted(organization)} --project ${quoted(project)}`;
}

/** A word as a POSIX shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
