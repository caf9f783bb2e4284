/**
 * Shows every page with hostile texts in Chromium, under the real policy: no script may run, no
 * request may leave, the policy may find nothing to forbid. `node gates/hostile.ts`.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { launch } from "../bench/browser.ts";
import { PAYLOADS } from "../fixtures/hostile.ts";

const P = "/penstock/diabetes";
const PAGES = [
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
  `${P}/_build/new?repo=diabetes`,
  `${P}/_build/new?repo=diabetes&path=/azure-pipelines.yml&branch=main`,
  `${P}/_build/edit?definitionId=1`,
  ...[103, 105, 106, 107].map((id) => `${P}/_build/results?buildId=${id}`),
  ...[106, 107].map((id) => `${P}/_build/results?buildId=${id}&view=logs`),
  `${P}/_build/results?buildId=106&view=logs&t=t6`,
  `${P}/_git`,
  `${P}/_git/diabetes`,
  `${P}/_git/diabetes/commits`,
  `${P}/_git/diabetes/branches`,
  `${P}/_git/diabetes/pushes`,
  `${P}/_git/diabetes/pullrequests`,
  `${P}/_git/diabetes/pullrequest/1`,
  `${P}/_git/diabetes/pullrequestcreate`,
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
];

let server = "";

async function serve(turn: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../fixtures/main.ts")], {
    env: { ...process.env, PORT: "0", HOSTILE: String(turn), LINES: "400" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((resolve) => child.stdout?.once("data", resolve));
  server = String(line).trim().replace(/\/$/, "");
  return child;
}

const faults: string[] = [];
let shown = 0;
const turns = Number(process.argv[2] ?? 1);
const browser = await launch();
for (let turn = 0; turn < turns; turn++) {
  const child = await serve(turn);
  try {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
    await context.addInitScript(`
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(event.violatedDirective + " " + event.blockedURI);
      });
    `);
    for (const address of PAGES) {
      const page = await context.newPage();
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(server) && !url.startsWith("data:") && !url.startsWith("blob:")) {
          faults.push(`${address}: asked for ${url}`);
        }
      });
      page.on("dialog", (dialog) => {
        faults.push(`${address}: a dialog`);
        void dialog.dismiss();
      });
      page.on("pageerror", (error) => faults.push(`${address}: ${error}`));
      await page.goto(server + address);
      await page.waitForTimeout(Number(process.env.WAIT ?? 900));
      const { penetrated, violations, links, length } = await page.evaluate(() => {
        const store = window as unknown as { penetrated?: number; violations: string[] };
        return {
          penetrated: store.penetrated,
          violations: store.violations,
          links: [...document.querySelectorAll("a")].flatMap((link) =>
            /^(javascript|data|vbscript):/i.test(link.href) ? [link.href] : [],
          ),
          length: (document.body.textContent ?? "").length,
        };
      });
      if (penetrated !== undefined) faults.push(`${address}: script ${penetrated} ran`);
      for (const violation of violations)
        faults.push(`${address}: the policy forbade ${violation}`);
      for (const link of links) faults.push(`${address}: a link to ${link}`);
      if (length < 40) faults.push(`${address}: the page is empty`);
      shown += 1;
      await page.close();
    }
    await context.close();
  } finally {
    child.kill();
  }
}
await browser.close();
console.log(`${shown} pages with ${PAYLOADS.length} hostile texts: ${faults.length} faults`);
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
