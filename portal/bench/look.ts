/**
 * Pictures of pages: `node bench/look.ts OUT THEME ADDRESS...` against a running server (`URL`; with
 * `TOKEN`, signed in by it).
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, watch } from "./browser.ts";

const [out = "pictures", theme = "light", ...addresses] = process.argv.slice(2);
const server = process.env.URL ?? "http://127.0.0.1:4180";
mkdirSync(out, { recursive: true });
const browser = await launch();
const context = await browser.newContext({
  viewport: { width: 1360, height: 860 },
  colorScheme: theme === "dark" ? "dark" : "light",
});
await context.addInitScript(
  `localStorage.setItem("penstock.preferences", JSON.stringify({ theme: ${JSON.stringify(theme)} }))`,
);
if (process.env.TOKEN) {
  const answer = await context.request.post(`${server}/_apis/penstock/session`, {
    data: { token: process.env.TOKEN },
    headers: { origin: server },
  });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
}
for (const address of addresses) {
  const page = await context.newPage();
  const troubles = watch(page);
  page.on("response", (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(server + address);
  await page.waitForTimeout(Number(process.env.WAIT ?? 900));
  const name = `${address.replace(/[^\w=]+/g, "-").replace(/^-|-$/g, "") || "home"}-${theme}.png`;
  await page.screenshot({ path: join(out, name) });
  console.log(name, await page.title(), troubles.length > 0 ? troubles : "");
  await page.close();
}
await browser.close();
