/** What is supposed of a run that is not there yet, and how the plan of it reads. */

import type { PreviewRequest } from "../../api/runs.ts";
import type { Plan, PlannedPart, PreviewParameter } from "../../api/wire.ts";
import { initialText, readValue } from "../../text/parameters.ts";

/** Results by name, why the run starts, and the texts of parameters that are not as they begin. */
export interface Supposed {
  assume: Record<string, string>;
  reason: string;
  texts: Record<string, string>;
}

export const NOTHING: Supposed = { assume: {}, reason: "manual", texts: {} };

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

/** A parameter as it is supposed: its text, and what is wrong with that. */
export function supposedText(supposed: Supposed, parameter: PreviewParameter) {
  const initial = initialText(parameter);
  const text = supposed.texts[parameter.name] ?? initial;
  const isChanged = text !== initial;
  return { text, isChanged, ...(isChanged ? readValue(parameter, text) : { value: undefined }) };
}

/** What to ask the server for; of parameters what can be read. */
export function requestOf(
  supposed: Supposed,
  parameters: readonly PreviewParameter[],
): Pick<PreviewRequest, "assume" | "reason" | "templateParameters"> {
  const given = parameters.flatMap((parameter) => {
    const { isChanged, value, problem } = supposedText(supposed, parameter);
    return isChanged && problem === undefined ? [[parameter.name, value] as const] : [];
  });
  return {
    ...(Object.keys(supposed.assume).length > 0 ? { assume: supposed.assume } : {}),
    ...(supposed.reason === NOTHING.reason ? {} : { reason: supposed.reason }),
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
