/**
 * Shows every page with hostile texts in Chromium, under the real policy: no script may run, no
 * request may leave, the policy may find nothing to forbid. `node gates/hostile.ts [TURNS]`: without
 * a number, as many turns as give every text every payload.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { launch } from "../bench/browser.ts";
import { named, PAYLOADS, TURNS } from "../fixtures/hostile.ts";
import { workspaceId } from "../fixtures/studio.ts";

const P = "/penstock/diabetes";
const REPO = `${P}/_git/diabetes`;
const COMMIT = "4b1d".repeat(10);
const wsid = `wsid=${encodeURIComponent(workspaceId)}`;
/** The pages; `named` makes of a name what the answers have it as. */
const pages = (named: (name: string) => string) => [
  "/penstock",
  P,
  `${P}/_build`,
  `${P}/_build?view=folders`,
  `${P}/_build?view=runs`,
  `${P}/_build?definitionId=1`,
  `${P}/_build?definitionId=1&view=branches`,
  `${P}/_build?definitionId=1&view=analytics`,
  `${P}/_build?definitionId=1&run=new`,
  `${P}/_build/new?source=azureRepos`,
  `${P}/_build/new?repo=${encodeURIComponent(named("diabetes"))}`,
  `${P}/_build/new?repo=${encodeURIComponent(named("diabetes"))}&path=/azure-pipelines.yml&branch=main`,
  `${P}/_build/edit?definitionId=1`,
  `${P}/_build/edit?definitionId=1&show=plan`,
  ...[103, 105, 106, 107].map((id) => `${P}/_build/results?buildId=${id}`),
  ...[106, 107].map((id) => `${P}/_build/results?buildId=${id}&view=logs`),
  `${P}/_build/results?buildId=106&view=logs&t=t6`,
  `${P}/_git`,
  REPO,
  `${REPO}?path=/README.md`,
  `${REPO}?path=/src/train.py`,
  `${REPO}/commits`,
  `${REPO}/commit/${COMMIT}`,
  `${REPO}/branches`,
  `${REPO}/pushes`,
  `${REPO}/pullrequests`,
  `${REPO}/pullrequest/1`,
  `${REPO}/pullrequestcreate`,
  `${P}/_environments`,
  `${P}/_environments/1`,
  `${P}/_environments/1?view=checks`,
  `${P}/_library`,
  `${P}/_library?variableGroupId=1`,
  `${P}/_library?itemType=ServiceConnections`,
  `${P}/_library?itemType=SecureFiles`,
  `${P}/_settings/agentqueues`,
  `${P}/_settings`,
  `${P}/_settings/permissions`,
  "/penstock/_usersSettings/tokens",
  "/penstock/_settings/users",
  "/penstock/_settings/audit",
  "/ml",
  `/ml/jobs?${wsid}`,
  ...["graph", "overview", "metrics", "images", "outputs", "children", "code"].map(
    (tab) => `/ml/runs/taxi1?${wsid}&tab=${tab}`,
  ),
  `/ml/runs/taxi1?${wsid}&tab=graph&node=t`,
  `/ml/runs/train1?${wsid}&tab=outputs&log=user_logs/std_log.txt`,
  `/ml/runs/train1?${wsid}&tab=overview`,
  `/ml/compare?${wsid}&jobs=taxi1,prepare1,train1`,
  `/ml/compute?${wsid}`,
  ...["data", "environments", "models", "components"].flatMap((kind) => [
    `/ml/${kind}?${wsid}`,
    `/ml/${kind}/rides?${wsid}`,
  ]),
];
/** It shows what the session says, which is never hostile: one's own. */
const QUIET = new Set([`${P}/_settings`]);
const AT_ONCE = 3;
/** For how long a page may show nothing, and how long it is looked at when it shows something. */
const PATIENCE = 30_000;
const WAIT = Number(process.env.WAIT ?? 400);

const faults: string[] = [];
const seen = new Set<string>();
let shown = 0;

async function serve(turn: number): Promise<{ child: ChildProcess; server: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../fixtures/main.ts")], {
    env: { ...process.env, PORT: "0", HOSTILE: String(turn), LINES: "120" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((resolve) => child.stdout?.once("data", resolve));
  return { child, server: String(line).trim().replace(/\/$/, "") };
}

async function show(context: BrowserContext, server: string, address: string, turn: number) {
  const fault = (what: string) => faults.push(`${address} (turn ${turn}): ${what}`);
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${server}/`) && !url.startsWith("data:") && !url.startsWith("blob:")) {
      fault(`asked for ${url}`);
    }
  });
  page.on("dialog", (dialog) => {
    fault("a dialog");
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => fault(String(error)));
  await page.goto(server + address);
  const end = Date.now() + PATIENCE;
  const isShown = () => document.documentElement.outerHTML.includes("penetrated=");
  while (!QUIET.has(address) && !(await page.evaluate(isShown)) && Date.now() < end)
    await page.waitForTimeout(50);
  await page.waitForTimeout(WAIT);
  const found = await page.evaluate(() => {
    const store = window as unknown as { penetrated?: number; violations: string[] };
    return {
      penetrated: store.penetrated,
      violations: store.violations,
      links: [...document.querySelectorAll("a, area, form, iframe, object, embed")].flatMap((one) =>
        ["href", "action", "src", "data", "xlink:href"].flatMap((name) => {
          const value = one.getAttribute(name) ?? "";
          return /^[\s\0]*(javascript|data|vbscript):/i.test(value) ? [value] : [];
        }),
      ),
      shown: [...document.documentElement.outerHTML.matchAll(/penetrated=(\d+)/g)].map(
        ([, number]) => number ?? "",
      ),
    };
  });
  if (found.penetrated !== undefined) fault(`script ${found.penetrated} ran`);
  for (const violation of found.violations) fault(`the policy forbade ${violation}`);
  for (const link of found.links) fault(`a link to ${link}`);
  if (found.shown.length === 0 && !QUIET.has(address)) fault("none of the texts is on the page");
  for (const number of found.shown) seen.add(number);
  shown += 1;
  await page.close();
}

const turns = Math.min(Number(process.argv[2] ?? TURNS), TURNS);
const began = Date.now();
const browser = await launch();
for (let turn = 0; turn < turns; turn++) {
  const { child, server } = await serve(turn);
  try {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
    await context.addInitScript(`
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(event.violatedDirective + " " + event.blockedURI);
      });
    `);
    const left = pages((name) => named(name, turn));
    const worker = async () => {
      for (let address = left.shift(); address !== undefined; address = left.shift())
        await show(context, server, address, turn);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await context.close();
  } finally {
    child.kill();
  }
}
await browser.close();
const seconds = Math.round((Date.now() - began) / 1000);
console.log(
  `${shown / turns} pages in ${turns} of ${TURNS} turns (${shown} views), ${PAYLOADS.length} hostile texts, ` +
    `${seen.size} of them read back from pages: ${faults.length} faults, ${seconds} s`,
);
for (const fault of faults.slice(0, 100)) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
