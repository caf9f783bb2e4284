/**
 * Accessibility of every page in three themes, by axe: `node bench/axe.ts ADDRESS...` against a
 * running server (`URL`, `TOKEN` as for look.ts). Ends with 1 when something serious is found.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch } from "./browser.ts";

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const server = process.env.URL ?? "http://127.0.0.1:4180";
const browser = await launch();
let count = 0;
for (const theme of ["light", "dark", "contrast"]) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  await context.addInitScript(
    `localStorage.setItem("penstock.preferences", JSON.stringify({ theme: ${JSON.stringify(theme)} }))`,
  );
  if (process.env.TOKEN) {
    await context.request.post(`${server}/_apis/penstock/session`, {
      data: { token: process.env.TOKEN },
      headers: { origin: server },
    });
  }
  for (const address of process.argv.slice(2)) {
    const page = await context.newPage();
    await page.goto(server + address);
    await page.waitForTimeout(Number(process.env.WAIT ?? 1000));
    await page.evaluate(axe);
    const found = (await page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
    )) as Violation[];
    for (const one of found) {
      if (one.impact !== "serious" && one.impact !== "critical") continue;
      count += 1;
      const [first] = one.nodes;
      console.log(
        `${theme} ${address}: ${one.impact} ${one.id} (${one.nodes.length}) ${first?.target.join(" ")}\n  ${first?.failureSummary.split("\n").slice(1, 3).join(" ").trim()}`,
      );
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
console.log(`${count} serious or critical findings`);
process.exit(count > 0 ? 1 : 0);
