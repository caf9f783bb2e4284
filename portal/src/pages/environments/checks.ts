/** The checks of an environment between the shapes of the service and what people read and choose. */

import type { NewCheck } from "../../api/library.ts";
import type { CheckConfiguration } from "../../api/wire.ts";

export const DAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

const TASK_CHECK = { id: "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", name: "Task Check" };

/** People approve before a stage begins: one of them, or all. */
export function approval(wanted: {
  approvers: { id: string; displayName: string }[];
  isOneEnough: boolean;
  mayRequester: boolean;
  instructions: string;
}): NewCheck {
  return {
    type: { id: "8c6f20a7-a545-4486-9777-f762fafe0d4d", name: "Approval" },
    settings: {
      approvers: wanted.approvers,
      instructions: wanted.instructions,
      minRequiredApprovers: wanted.isOneEnough ? 1 : wanted.approvers.length,
      requesterCannotBeApprover: !wanted.mayRequester,
    },
  };
}

/** One stage at a time. */
export function exclusiveLock(): NewCheck {
  return {
    type: { id: "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", name: "ExclusiveLock" },
    settings: {},
  };
}

/** Only runs of some branches, which are named without `refs/heads/`, by commas. */
export function branchControl(branches: string): NewCheck {
  const names = branches.split(",").map((name) => name.trim());
  const full = names.filter(Boolean).map((name) => (isFull(name) ? name : `refs/heads/${name}`));
  return {
    type: TASK_CHECK,
    settings: {
      displayName: "Branch control",
      definitionRef: {
        id: "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b",
        name: "evaluatebranchProtection",
        version: "0.0.1",
      },
      inputs: { allowedBranches: full.join(", "), ensureProtectionOfBranch: "false" },
    },
  };
}

const isFull = (name: string) => name === "*" || name.startsWith("refs/");

export interface Hours {
  days: readonly string[];
  timeZone: string;
  start: string;
  end: string;
}

/** Only between two times of some days. */
export function businessHours({ days, timeZone, start, end }: Hours): NewCheck {
  return {
    type: TASK_CHECK,
    settings: {
      displayName: "Business hours",
      definitionRef: {
        id: "445fde2f-6c39-441c-807f-8a59ff2e075f",
        name: "evaluateBusinessHours",
        version: "0.0.1",
      },
      inputs: { businessDays: days.join(", "), timeZone, startTime: start, endTime: end },
    },
  };
}

const TITLES: Record<string, string> = {
  Approval: "Approval",
  ExclusiveLock: "Exclusive lock",
  ExtendsCheck: "Required template",
};

/** What a check is called. */
export function titleOf({ type, settings }: CheckConfiguration): string {
  return TITLES[type.name] ?? String(settings?.displayName ?? type.name);
}

/** What a check asks for, in words. */
export function factsOf({ type, settings = {} }: CheckConfiguration): string {
  if (type.name === "ExclusiveLock") return "One stage at a time";
  const approvers = tables(settings.approvers).map((one) => one.displayName ?? one.id);
  if (approvers.length > 0) {
    const minimum = Number(settings.minRequiredApprovers) || approvers.length;
    const all = minimum === approvers.length ? "" : ` (${minimum} of them)`;
    return [approvers.join(", ") + all, settings.instructions].filter(Boolean).join(": ");
  }
  const templates = tables(settings.extendsChecks).map((one) => one.templatePath);
  if (templates.length > 0) return templates.join(", ");
  const inputs = (settings.inputs ?? {}) as Record<string, string>;
  if (inputs.allowedBranches) return inputs.allowedBranches.replaceAll("refs/heads/", "");
  if (inputs.businessDays) {
    const { businessDays, startTime, endTime, timeZone } = inputs;
    return `${businessDays}, ${startTime} to ${endTime} (${timeZone})`;
  }
  return "";
}

function tables(value: unknown): Record<string, string>[] {
  return Array.isArray(value) ? (value as Record<string, string>[]) : [];
}
