import { describe, expect, test } from "vitest";
import type { NewCheck } from "../../api/library.ts";
import {
  approval,
  branchControl,
  businessHours,
  exclusiveLock,
  factsOf,
  titleOf,
} from "./checks.ts";

/** A check as the service shows it once it was added. */
const kept = (check: NewCheck) => ({
  ...check,
  id: 1,
  resource: { type: "environment", id: "1" },
});
const [ada, bob] = [
  { id: "1", displayName: "Ada" },
  { id: "2", displayName: "Bob" },
];

describe("a check in words", () => {
  const texts = (check: NewCheck) => [titleOf(kept(check)), factsOf(kept(check))];
  const asked = { isOneEnough: true, mayRequester: true, instructions: "Look at the tests" };

  test("names who approves, and how many of them", () => {
    const one = approval({ ...asked, approvers: [ada] });
    expect(texts(one)).toEqual(["Approval", "Ada: Look at the tests"]);
    const either = approval({ ...asked, approvers: [ada, bob], instructions: "" });
    expect(texts(either)).toEqual(["Approval", "Ada, Bob (1 of them)"]);
    const both = approval({ ...asked, approvers: [ada, bob], isOneEnough: false });
    expect(texts(both)).toEqual(["Approval", "Ada, Bob: Look at the tests"]);
    expect(both.settings.minRequiredApprovers).toBe(2);
  });

  test("names branches without refs/heads/", () => {
    expect(texts(branchControl("main, release/*"))).toEqual(["Branch control", "main, release/*"]);
  });

  test("names days and times", () => {
    const hours = { days: ["Monday", "Friday"], timeZone: "UTC", start: "09:00", end: "17:00" };
    expect(texts(businessHours(hours))).toEqual([
      "Business hours",
      "Monday, Friday, 09:00 to 17:00 (UTC)",
    ]);
  });

  test("says what a lock does", () => {
    expect(texts(exclusiveLock())).toEqual(["Exclusive lock", "One stage at a time"]);
  });
});

test("branches go to the service by their full names", () => {
  expect(branchControl(" main ,refs/tags/v*,, *").settings.inputs).toMatchObject({
    allowedBranches: "refs/heads/main, refs/tags/v*, *",
  });
});
