import { expect, test } from "vitest";
import { branchOf, links, nameIn } from "./links.ts";

const scope = { organization: "penstock", project: "R&D" };

test("an address has names encoded, and a version says whether it is a branch or a commit", () => {
  expect(links.files(scope, "web", { path: "/a b.py", branch: "main" })).toBe(
    "/penstock/R%26D/_git/web?path=%2Fa+b.py&version=GBmain",
  );
  expect(links.files(scope, "web", { branch: "ab".repeat(20) })).toContain("version=GCabab");
  expect(links.log(scope, 7, { step: "s", line: 3 })).toBe(
    "/penstock/R%26D/_build/results?buildId=7&view=logs&t=s#L3",
  );
});

test("the branch or commit of a version", () => {
  expect(branchOf("GBfeature/x")).toBe("feature/x");
  expect(branchOf("main")).toBe("main");
  expect(branchOf(null)).toBe("");
});

test("a name is read from an address as the router gives it", () => {
  expect(nameIn("R%26D")).toBe("R&D");
  expect(nameIn("100% R%26D")).toBe("100% R&D");
});
