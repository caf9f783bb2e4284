/**
 * The studio in Chromium: `node bench/studio.ts`, with answers made here over the fixtures' server.
 *
 * A graph of 500 nodes and one of 2,000 (first paint after the answer, moving and zooming), and 20
 * charts of 5 curves of 10,000 points. The processor time is what other processes do not make longer.
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launch } from "./browser.ts";

const FRAMES = 120;
const COLUMN = 20;
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

function curve(points: number, phase: number) {
  const steps = Array.from({ length: points }, (_, at) => at);
  return {
    steps,
    times: steps.map((step) => step * 1000),
    values: steps.map((step) => Math.sin(step / 200 + phase) + 1 / (1 + step)),
    count: points,
  };
}

/** Frames and processor time of the main thread while something goes on, in milliseconds. */
async function measured(page: Page, during: () => Promise<number[]>) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find((one) => one.name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const before = await spent();
  const frames = await during();
  return { frames, processor: (await spent()) - before };
}

const quantile = (values: number[], part: number) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * part)] ?? 0;

function report(name: string, value: number): void {
  console.log(`${name.padEnd(52)} ${value.toFixed(1)}`);
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

async function graphs(page: Page, address: string, count: number): Promise<void> {
  await page.goto(address);
  report(`${count} nodes: drawn after the answer, ms`, await drawnAfter(page, "[data-node]", 10));
  const move = () =>
    page.evaluate(async (frames) => {
      const box = document.querySelector("svg[role=group]")?.parentElement as HTMLElement;
      const { left, top } = box.getBoundingClientRect();
      const times: number[] = [];
      let last = performance.now();
      for (let frame = 0; frame < frames; frame++) {
        const init = { bubbles: true, cancelable: true, clientX: left + 400, clientY: top + 300 };
        box.dispatchEvent(new WheelEvent("wheel", { ...init, deltaY: frame % 40 < 20 ? -40 : 40 }));
        await new Promise(requestAnimationFrame);
        times.push(performance.now() - last);
        last = performance.now();
      }
      return times.slice(2);
    }, FRAMES);
  const { frames, processor } = await measured(page, move);
  report(`${count} nodes: zooming, frame p50, ms`, quantile(frames, 0.5));
  report(`${count} nodes: zooming, frame p95, ms`, quantile(frames, 0.95));
  report(`${count} nodes: zooming, processor time a frame, ms`, processor / FRAMES);
}

const server = spawn(process.execPath, [join(import.meta.dirname, "../fixtures/main.ts")], {
  env: { ...process.env, PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const line = await new Promise((resolve) => server.stdout?.once("data", resolve));
const url = String(line).trim().replace(/\/$/, "");
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
let answer: object = {};
await context.route("**/penstock/jobs/bench**", (route) => {
  const asked = new URL(route.request().url());
  const name = asked.searchParams.get("name");
  if (name === null) return route.fulfill({ json: answer });
  const child = /child-(\d)/.exec(asked.pathname)?.[1];
  const metrics = { [name]: curve(10_000, Number(child ?? 0)) };
  return route.fulfill({ json: { names: [name], metrics } });
});
await context.route("**/penstock/jobs/child-**", (route) => {
  const asked = new URL(route.request().url());
  const name = asked.searchParams.get("name") ?? "";
  const at = Number(/child-(\d)/.exec(asked.pathname)?.[1] ?? 0);
  return route.fulfill({ json: { names: [name], metrics: { [name]: curve(10_000, at) } } });
});
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
const draw = async () => {
  await page.goto(`${address}&tab=metrics`);
  await page.getByRole("button", { name: /Show all/ }).click();
  await page.waitForFunction(() => document.querySelectorAll("canvas").length === 20, undefined, {
    timeout: 60_000,
  });
  return [];
};
const { processor } = await measured(page, draw);
report("20 charts of 5 x 10,000 points: processor time, ms", processor);
await browser.close();
server.kill();
