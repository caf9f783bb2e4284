/**
 * The studio in Chromium: `node bench/studio.ts`, with answers made here over the fixtures' server.
 *
 * A graph of 500 nodes and one of 2,000 (first paint after the answer, moving and zooming, as it is
 * first shown and with all its groups open), and 20 charts of 5 curves of 10,000 logged values, as
 * the server answers them (at most 500 points a curve) and whole. The processor time is what other
 * processes do not make longer.
 */

import type { Page, Route } from "playwright-core";
import { launch } from "./browser.ts";
import { processor, quantile, report, serve } from "./measure.ts";

const FRAMES = 120;
const COLUMN = 20;
const VALUES = 10_000;
const job = (name: string, more: object) => ({
  name,
  key: null,
  displayName: name,
  experiment: "bench",
  type: "Command",
  status: "Completed",
  createdBy: "ada",
  created: "2026-11-28T10:00:00.000000Z",
  started: "2026-11-28T10:00:00.000000Z",
  ended: "2026-11-28T10:01:00.000000Z",
  compute: "local",
  tags: {},
  metrics: {},
  error: null,
  archived: false,
  parent: null,
  root: "bench",
  origin: null,
  ...more,
});
const whole = {
  id: "",
  description: null,
  errorCode: null,
  warnings: [],
  params: {},
  inputs: [],
  outputs: [],
  command: null,
  children: [],
  ancestors: [],
  graph: { nodes: [], edges: [], width: 0, height: 0 },
  logs: [],
};

/** A graph in columns; each node feeds the one beside it, and every other one more. */
function graph(count: number) {
  const nodes = Array.from({ length: count }, (_, at) => ({
    id: `n${at}`,
    job: `child-${at}`,
    label: `node ${at}`,
    kind: "command",
    status: at % 7 === 0 ? "Running" : "Completed",
    message: null,
    started: null,
    finished: null,
    x: Math.floor(at / COLUMN) * 290,
    y: (at % COLUMN) * 88,
    w: 230,
    h: 60,
  }));
  const edges = nodes.flatMap((to, at) =>
    [COLUMN, ...(at % 2 ? [COLUMN + 1] : [])].flatMap((back) => {
      const from = nodes[at - back];
      if (from === undefined) return [];
      const points = [
        [from.x + 230, from.y + 30],
        [to.x, to.y + 30],
      ];
      return [{ from: from.id, to: to.id, output: null, input: null, points }];
    }),
  );
  return { nodes, edges, width: Math.ceil(count / COLUMN) * 290, height: COLUMN * 88 };
}

/** A curve of 10,000 values, of which so many points are answered. */
function curve(points: number, phase: number) {
  const steps = Array.from({ length: points }, (_, at) => Math.floor((at * VALUES) / points));
  return {
    steps,
    times: steps.map((step) => step * 1000),
    values: steps.map((step) => Math.sin(step / 200 + phase) + 1 / (1 + step)),
    count: VALUES,
  };
}

/** Milliseconds from the answer with the job until what it shows is drawn. */
function drawnAfter(page: Page, what: string, count: number): Promise<number> {
  return page.evaluate(
    async ([selector, wanted]) => {
      const ended = () =>
        performance.getEntriesByType("resource").find((one) => /\/jobs\/bench/.test(one.name)) as
          | PerformanceResourceTiming
          | undefined;
      while (document.querySelectorAll(selector as string).length < (wanted as number)) {
        await new Promise(requestAnimationFrame);
      }
      await new Promise(requestAnimationFrame);
      return performance.now() - (ended()?.responseEnd ?? 0);
    },
    [what, count] as const,
  );
}

/** Zoom out and in, a step a frame; how long each frame took. */
async function zoomed(page: Page): Promise<number[]> {
  return page.evaluate(async (frames) => {
    const plane = document.querySelector("[role=group][aria-label^=Graph]") as HTMLElement;
    const box = plane.parentElement as HTMLElement;
    const { left, top } = box.getBoundingClientRect();
    const times: number[] = [];
    let last = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      const init = { bubbles: true, cancelable: true, clientX: left + 400, clientY: top + 300 };
      box.dispatchEvent(new WheelEvent("wheel", { ...init, deltaY: frame % 40 < 20 ? 40 : -40 }));
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - last);
      last = performance.now();
    }
    return times.slice(2);
  }, FRAMES);
}

async function zooming(page: Page, name: string): Promise<void> {
  let frames: number[] = [];
  const used = await processor(page, async () => {
    frames = await zoomed(page);
  });
  report(`${name}: zooming, frame p50, ms`, quantile(frames, 0.5));
  report(`${name}: zooming, frame p95, ms`, quantile(frames, 0.95));
  report(`${name}: zooming, longest frame, ms`, Math.max(...frames));
  report(`${name}: zooming, processor time a frame, ms`, used / FRAMES);
}

async function graphs(page: Page, address: string, count: number): Promise<void> {
  await page.goto(address);
  report(`${count} nodes: drawn after the answer, ms`, await drawnAfter(page, "[data-node]", 10));
  await page.waitForTimeout(1000);
  await zooming(page, `${count} nodes`);
  const open = page.getByRole("button", { name: "Open all groups" });
  if ((await open.count()) === 0) return;
  await open.click();
  await page.waitForTimeout(1000);
  await zooming(page, `${count} nodes, all groups open`);
}

/** From the click on the tab until all charts are drawn; the page itself was there before. */
async function charts(page: Page, address: string, name: string): Promise<void> {
  await page.goto(`${address}&tab=overview`);
  await page.getByRole("link", { name: /^Metrics/ }).waitFor();
  await page.waitForTimeout(1000);
  const draw = async () => {
    await page.getByRole("link", { name: /^Metrics/ }).click();
    await page.getByRole("button", { name: /Show all/ }).click();
    // Not `waitForFunction`: the pages' policy forbids what it does inside of the page.
    await page.evaluate(async () => {
      const drawn = () => document.querySelectorAll("figure ul > :nth-child(5)").length;
      while (drawn() < 20) await new Promise((resolve) => setTimeout(resolve, 50));
      await new Promise(requestAnimationFrame);
    });
    await page.waitForTimeout(500);
  };
  report(`${name}: processor time, ms`, await processor(page, draw));
}

const { child: server, url } = await serve();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
let answer: object = {};
let points = 500;
const metric = (route: Route) => {
  const asked = new URL(route.request().url());
  const at = Number(/child-(\d)/.exec(asked.pathname)?.[1] ?? 0);
  const metrics = Object.fromEntries(
    asked.searchParams.getAll("name").map((name) => [name, curve(points, at)]),
  );
  return route.fulfill({ json: { names: Object.keys(metrics), metrics } });
};
await context.route("**/penstock/jobs/bench?**", (route) => route.fulfill({ json: answer }));
await context.route("**/penstock/jobs/bench", (route) => route.fulfill({ json: answer }));
await context.route("**/penstock/jobs/*/metrics?**", metric);
const page = await context.newPage();
const address = `${url}/ml/runs/bench?ws=bench&rg=bench`;
for (const count of [500, 2000]) {
  answer = { ...job("bench", { type: "Pipeline" }), ...whole, graph: graph(count) };
  await graphs(page, address, count);
}

const names = Array.from({ length: 20 }, (_, at) => [`metric ${at}`, 1]);
const metrics = Object.fromEntries(names);
const children = Array.from({ length: 5 }, (_, at) => job(`child-${at}`, { metrics }));
answer = { ...job("bench", { metrics: {} }), ...whole, children };
await page.setViewportSize({ width: 1360, height: 6000 });
await charts(page, address, "20 charts of 5 x 10,000 values, as the server answers");
points = VALUES;
await charts(page, address, "20 charts of 5 x 10,000 values, all sent");
await browser.close();
server.kill();
