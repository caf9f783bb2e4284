/**
 * From an event to the screen, in Chromium over a real server:
 * `URL=http://127.0.0.1:8080 TOKEN=... node bench/live.ts [runs]`.
 *
 * Each run prints the time it prints at, line by line, and then goes through short steps. Measured is
 * how much later a line, the state of a step, a new run in a list, and the end of the run are painted
 * than the program printed it, or than the server says it happened. Browser, server and agent go by
 * one clock: they are on one machine. What is made for it is removed at the end.
 */

import type { Page } from "playwright-core";
import { launch, watch } from "./browser.ts";
import { quantile, report } from "./measure.ts";

const server = (process.env.URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const runs = Number(process.argv[2] ?? 3);
const PROJECT = `bench-${Date.now()}`;
const STEPS = 12;
const PIPELINE = `trigger: none
steps:
- bash: for i in $(seq 60); do echo "printed $(date +%s%3N)"; sleep 0.2; done
  displayName: print
${Array.from({ length: STEPS }, (_, at) => `- bash: sleep 0.6\n  displayName: step ${at}\n`).join("")}`;

interface Seen {
  /** Milliseconds between a line's being printed and its being painted. */
  lines: number[];
  /** When a name first had a state: `step 3 Running`. */
  states: Record<string, number>;
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(server + path, {
    method,
    headers: {
      authorization: `Bearer ${process.env.TOKEN ?? ""}`,
      "content-type": "application/json",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

const session = await ask<{ organization: string }>("GET", "/_apis/penstock/session");
const organization = `/${session.organization}`;
const project = `${organization}/${PROJECT}`;
const api = `${project}/_apis`;

/** A project with a repository and a pipeline; the pipeline's number. */
async function prepare(): Promise<number> {
  await ask("POST", `${organization}/_apis/projects?api-version=7.1`, {
    name: PROJECT,
    visibility: "private",
    capabilities: { versioncontrol: { sourceControlType: "Git" } },
  });
  const { value } = await ask<{ value: { id: string }[] }>("GET", `${api}/git/repositories`);
  const repository =
    value[0] ?? (await ask<{ id: string }>("POST", `${api}/git/repositories`, { name: PROJECT }));
  const item = { path: "/azure-pipelines.yml" };
  const newContent = { content: PIPELINE, contentType: "rawtext" };
  await ask("POST", `${api}/git/repositories/${repository.id}/pushes?api-version=7.1`, {
    refUpdates: [{ name: "refs/heads/main", oldObjectId: "0".repeat(40) }],
    commits: [{ comment: "Bench", changes: [{ changeType: "add", item, newContent }] }],
  });
  const made = await ask<{ id: number }>("POST", `${api}/pipelines?api-version=7.1`, {
    name: PROJECT,
    configuration: {
      type: "yaml",
      path: item.path,
      repository: { id: repository.id, type: "azureReposGit" },
    },
  });
  return made.id;
}

/** Note when what the page shows is painted. */
async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Seen = { lines: [], states: {} };
    (window as unknown as { seen: Seen }).seen = seen;
    const known = new WeakSet<Element>();
    const look = () => {
      const now = Date.now();
      for (const row of document.querySelectorAll("[role=log] [data-n]")) {
        if (known.has(row)) continue;
        known.add(row);
        const printed = /printed (\d{13})/.exec(row.textContent ?? "")?.[1];
        if (printed) seen.lines.push(now - Number(printed));
      }
      for (const icon of document.querySelectorAll("h1 [role=img], nav li [role=img]")) {
        const isRun = icon.closest("h1") !== null;
        const name = isRun ? "run" : (icon.parentElement?.querySelector("[class*=name]") ?? icon);
        const said = typeof name === "string" ? name : (name.textContent ?? "");
        seen.states[`${said} ${icon.getAttribute("aria-label")}`] ??= now;
      }
    };
    let isAsked = false;
    new MutationObserver(() => {
      if (isAsked) return;
      isAsked = true;
      // After the frame that shows the change.
      requestAnimationFrame(() =>
        setTimeout(() => {
          isAsked = false;
          look();
        }),
      );
    }).observe(document.body, { childList: true, subtree: true, attributes: true });
    look();
    // What was there before was not waited for.
    seen.lines = [];
  });
}

interface TimelineRecord {
  name: string;
  startTime: string | null;
  finishTime: string | null;
}

const lines: number[] = [];
const steps: number[] = [];
const ends: number[] = [];
const rows: number[] = [];

async function follow(page: Page, list: Page, pipeline: number): Promise<void> {
  const queued = Date.now();
  const { id } = await ask<{ id: number }>(
    "POST",
    `${api}/pipelines/${pipeline}/runs?api-version=7.1`,
    {},
  );
  const link = list.locator(`a[href*="buildId=${id}&"]`).first();
  await link.waitFor();
  rows.push(Date.now() - queued);
  await page.goto(`${server}${project}/_build/results?buildId=${id}&view=logs`);
  await page.waitForSelector("[role=log] [data-n]");
  await observe(page);
  const build = () =>
    ask<{ status: string; finishTime: string }>("GET", `${api}/build/builds/${id}`);
  let found = await build();
  while (found.status !== "completed") {
    await page.waitForTimeout(1000);
    found = await build();
  }
  await page.waitForTimeout(3000);
  const seen = await page.evaluate(() => (window as unknown as { seen: Seen }).seen);
  lines.push(...seen.lines);
  const { records } = await ask<{ records: TimelineRecord[] }>(
    "GET",
    `${api}/build/builds/${id}/timeline`,
  );
  for (const record of records.filter(({ name }) => /^step \d/.test(name))) {
    for (const [word, time] of [
      ["Running", record.startTime],
      ["Succeeded", record.finishTime],
    ] as const) {
      const at = seen.states[`${record.name} ${word}`];
      // A state that was over before the next look was never to be seen.
      if (at !== undefined && time) steps.push(at - Date.parse(time));
    }
  }
  const end = seen.states["run Succeeded"];
  if (end !== undefined) ends.push(end - Date.parse(found.finishTime));
}

function tell(name: string, values: number[]): void {
  report(`${name}: how many`, String(values.length));
  report(`${name}: p50, ms`, quantile(values, 0.5));
  report(`${name}: p95, ms`, quantile(values, 0.95));
  report(`${name}: longest, ms`, Math.max(...values));
}

const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  const answer = await context.request.post(`${server}/_apis/penstock/session`, {
    data: { token: process.env.TOKEN },
    headers: { origin: server },
  });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
  const pipeline = await prepare();
  const [page, list] = [await context.newPage(), await context.newPage()];
  const troubles = [watch(page), watch(list)];
  await list.goto(`${server}${project}/_build?view=runs`);
  await list.getByRole("heading", { level: 1 }).waitFor();
  await list.waitForTimeout(1000);
  for (let at = 0; at < runs; at++) await follow(page, list, pipeline);
  tell("a line printed: painted after", lines);
  tell("a step's state: painted after", steps);
  tell("a run's end: painted after", ends);
  tell("a run asked for: in the list after", rows);
  if (troubles.flat().length > 0) console.log(troubles.flat());
} finally {
  await browser.close();
  const found = await ask<{ id: string }>("GET", `${organization}/_apis/projects/${PROJECT}`);
  await ask("DELETE", `${organization}/_apis/projects/${found.id}?api-version=7.1`);
}
