/** What is supposed of a run that is not there yet, and how the plan of it reads. */

import type { PreviewRequest } from "../../api/runs.ts";
import type { Diagnostic, Plan, PlannedPart, PreviewParameter } from "../../api/wire.ts";
import { initialText, isNeeded, readValue } from "../../text/parameters.ts";

/** Results by name, why the run starts, its branch where that is not the one of the files, and the
 * texts of parameters that are not as they begin. */
export interface Supposed {
  assume: Record<string, string>;
  reason: string;
  branch: string;
  texts: Record<string, string>;
}

export const NOTHING: Supposed = { assume: {}, reason: "manual", branch: "", texts: {} };

export const RESULTS: readonly (readonly [result: string, words: string])[] = [
  ["", "as it comes"],
  ["succeeded", "succeeds"],
  ["succeededWithIssues", "succeeds with issues"],
  ["failed", "fails"],
  ["canceled", "is canceled"],
  ["skipped", "is skipped"],
];

export const REASONS: readonly (readonly [reason: string, words: string])[] = [
  ["manual", "started by hand"],
  ["individualCI", "started by a push"],
  ["pullRequest", "started by a pull request"],
  ["schedule", "started by a schedule"],
  ["resourceTrigger", "started by a resource"],
];

/** What an address says of it. What it does not say, or says wrongly, is as nothing. */
export function readSupposed(text: string | null): Supposed {
  try {
    const found = JSON.parse(text ?? "") as Partial<Supposed>;
    const word = (value: unknown, other: string) => (typeof value === "string" ? value : other);
    return {
      assume: textsOf(found.assume),
      reason: word(found.reason, NOTHING.reason),
      branch: word(found.branch, ""),
      texts: textsOf(found.texts),
    };
  } catch {
    return NOTHING;
  }
}

function textsOf(value: unknown): Record<string, string> {
  const pairs = Object.entries(value ?? {}).filter(([, text]) => typeof text === "string");
  return Object.fromEntries(pairs);
}

/** The same for an address; empty for nothing. */
export function writeSupposed({ assume, reason, branch, texts }: Supposed): string {
  const said = {
    ...(Object.keys(assume).length > 0 ? { assume } : {}),
    ...(reason === NOTHING.reason ? {} : { reason }),
    ...(branch ? { branch } : {}),
    ...(Object.keys(texts).length > 0 ? { texts } : {}),
  };
  return Object.keys(said).length > 0 ? JSON.stringify(said) : "";
}

/** The same with another result of a stage or job; the empty one is as it comes. */
export function withResult(supposed: Supposed, id: string, result: string): Supposed {
  const { [id]: _, ...others } = supposed.assume;
  return { ...supposed, assume: result ? { ...others, [id]: result } : others };
}

/** The same with another text of a parameter. */
export function withText(supposed: Supposed, parameter: PreviewParameter, text: string): Supposed {
  const { [parameter.name]: _, ...others } = supposed.texts;
  const isChanged = text !== initialText(parameter);
  return { ...supposed, texts: isChanged ? { ...others, [parameter.name]: text } : others };
}

/** A parameter as it is supposed: its text, whether a run must be told of it, what is wrong. */
export function supposedText(supposed: Supposed, parameter: PreviewParameter) {
  const initial = initialText(parameter);
  const text = supposed.texts[parameter.name] ?? initial;
  const isChanged = text !== initial;
  const isGiven = isChanged || isNeeded(parameter);
  return {
    text,
    isChanged,
    isGiven,
    ...(isGiven ? readValue(parameter, text) : { value: undefined }),
  };
}

/** The parameters that have no value yet. */
export function awaitedOf(supposed: Supposed, parameters: readonly PreviewParameter[]): string[] {
  return parameters
    .filter((parameter) => supposedText(supposed, parameter).problem !== undefined)
    .map(({ name }) => name);
}

const NEEDS_A_VALUE = "PS1204";

/** Without those that say that the run, not a template, needs a value: its field asks for it. */
export function withoutAwaited(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(
    ({ code, related = [] }) => code !== NEEDS_A_VALUE || related.length > 0,
  );
}

/** What to ask the server for; of parameters what can be read. */
export function requestOf(
  supposed: Supposed,
  parameters: readonly PreviewParameter[],
): Pick<PreviewRequest, "assume" | "reason" | "runBranch" | "templateParameters"> {
  const given = parameters.flatMap((parameter) => {
    const { isGiven, value, problem } = supposedText(supposed, parameter);
    return isGiven && problem === undefined ? [[parameter.name, value] as const] : [];
  });
  return {
    ...(Object.keys(supposed.assume).length > 0 ? { assume: supposed.assume } : {}),
    ...(supposed.reason === NOTHING.reason ? {} : { reason: supposed.reason }),
    ...(supposed.branch ? { runBranch: supposed.branch } : {}),
    ...(given.length > 0 ? { templateParameters: Object.fromEntries(given) } : {}),
  };
}

/** What is supposed, in words: `Build fails`. */
export function wordsOf(supposed: Supposed, parameters: readonly PreviewParameter[]): string[] {
  const reason = REASONS.find(([name]) => name === supposed.reason)?.[1] ?? supposed.reason;
  const named = (id: string, result: string) =>
    `${id} ${RESULTS.find(([name]) => name === result)?.[1] ?? result}`;
  return [
    ...(supposed.reason === NOTHING.reason ? [] : [reason]),
    ...(supposed.branch ? [`of the branch ${supposed.branch}`] : []),
    ...parameters.flatMap((parameter) => {
      const { isChanged, text } = supposedText(supposed, parameter);
      return isChanged ? [`${parameter.name} is ${text || "empty"}`] : [];
    }),
    ...Object.entries(supposed.assume).map(([id, result]) => named(id, result)),
  ];
}

/** The verdict on a part of a plan, as a verb. */
export function verdictOf({ verdict, assumed }: Pick<PlannedPart, "verdict" | "assumed">): string {
  const verbs: Record<string, string> = {
    runs: "would run",
    skipped: "would be skipped",
    failed: "would fail",
    canceled: "would be canceled",
    succeededWithIssues: "would succeed with issues",
  };
  return (verbs[verdict] ?? verdict) + (assumed ? ", as supposed" : "");
}

/** How the whole run would end. */
export function endOf(plan: Pick<Plan, "result">): string {
  const verbs: Record<string, string> = {
    succeeded: "succeed",
    succeededWithIssues: "succeed with issues",
    failed: "fail",
    canceled: "be canceled",
    skipped: "be skipped as a whole",
  };
  return `The run would ${verbs[plan.result] ?? `end as ${plan.result}`}.`;
}
