/**
 * The log view in Chromium: `node bench/log.ts [flood seconds]`, over the fixtures' server.
 *
 * A finished log of 100,000 lines (first lines, scrolling, a line link, the browser's own search,
 * memory), then one that gets 2,000 lines a second (longest frame, a click on another step).
 */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launch, watch } from "./browser.ts";

let server = "";
const seconds = Number(process.argv[2] ?? 60);

async function serve(environment: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../fixtures/main.ts")], {
    env: { ...process.env, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((resolve) => child.stdout?.once("data", resolve));
  server = String(line).trim().replace(/\/$/, "");
  return child;
}

/** Frames while something goes on, in milliseconds. */
async function frames(page: Page, during: () => Promise<unknown>): Promise<number[]> {
  await page.evaluate(() => {
    const store = window as unknown as { frames: number[]; stop: boolean };
    store.frames = [];
    store.stop = false;
    let last = performance.now();
    const tick = (now: number) => {
      store.frames.push(now - last);
      last = now;
      if (!store.stop) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await during();
  return page.evaluate(() => {
    const store = window as unknown as { frames: number[]; stop: boolean };
    store.stop = true;
    return store.frames.slice(2);
  });
}

/** Processor time that the page's main thread used while something went on, in milliseconds. */
async function processor(page: Page, during: () => Promise<unknown>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find((one) => one.name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const before = await spent();
  await during();
  return (await spent()) - before;
}

const quantile = (values: number[], part: number) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * part)] ?? 0;

function report(name: string, value: string | number): void {
  console.log(`${name.padEnd(52)} ${typeof value === "number" ? value.toFixed(0) : value}`);
}

const rows = "[role=log] [data-n]";

async function finished(page: Page): Promise<void> {
  // The pages' scripts are in the cache, as they are for who comes from the run's page.
  await page.goto(`${server}/penstock/diabetes/_build/results?buildId=106`);
  await page.waitForSelector("text=Jobs");
  await page.evaluate(() => {
    const store = window as unknown as { opened: number; first: number };
    new MutationObserver((_, observer) => {
      if (document.querySelector("[role=log] [data-n]") === null) return;
      store.first = performance.now() - store.opened;
      observer.disconnect();
    }).observe(document.body, { childList: true, subtree: true });
    store.opened = performance.now();
    document.querySelector<HTMLElement>("a[href*='view=logs'][href*='t7']")?.click();
  });
  await page.waitForSelector(rows);
  const first = await page.evaluate(() => (window as unknown as { first: number }).first);
  report("100,000 lines: click to first lines, ms", first);
  const opened = await page.evaluate(() => {
    const box = document.querySelector("[role=log]")?.getBoundingClientRect();
    const row = document.querySelector('[data-n="99950"]')?.getBoundingClientRect();
    return box && row && row.top >= box.top && row.bottom <= box.bottom ? "in view" : "not in view";
  });
  report("first error (line 99,950)", opened);
  const drawn = Date.now();
  // Not `waitForFunction`: the pages' policy forbids what it does inside of the page.
  const count = () => page.evaluate(() => document.querySelectorAll("[data-n]").length);
  while ((await count()) < 100_000) await page.waitForTimeout(50);
  report("all lines drawn in idle time after, ms", Date.now() - drawn);

  const scroll = () =>
    page.evaluate(async () => {
      const box = document.querySelector("[role=log]") as HTMLElement;
      box.scrollTop = 0;
      for (let frame = 0; frame < 300; frame++) {
        box.scrollTop += 700;
        await new Promise(requestAnimationFrame);
      }
    });
  let scrolling: number[] = [];
  const used = await processor(page, async () => {
    scrolling = await frames(page, scroll);
  });
  report("scroll: main thread's processor time a frame, ms", (used / 300).toFixed(1));
  report("scroll, 700 px a frame: frame p95, ms", quantile(scrolling, 0.95));
  report("scroll: longest frame, ms", Math.max(...scrolling));
  const jump = await page.evaluate(async () => {
    const box = document.querySelector("[role=log]") as HTMLElement;
    const start = performance.now();
    location.hash = "#L54321";
    for (let frame = 0; frame < 120; frame++) {
      await new Promise(requestAnimationFrame);
      const row = document.querySelector('[data-n="54321"]')?.getBoundingClientRect();
      const view = box.getBoundingClientRect();
      if (row && row.top >= view.top && row.bottom <= view.bottom) return performance.now() - start;
    }
    return -1;
  });
  report("link to line 54,321: in view after, ms", jump);
  const found = await page.evaluate(() => {
    const start = performance.now();
    const finder = window as unknown as { find: (text: string) => boolean };
    return finder.find("batch 98765:") ? performance.now() - start : -1;
  });
  report("the browser's own search for line 98,765, ms", found);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  report("script memory after, MB", usedSize / 1e6);
}

async function flooded(page: Page): Promise<void> {
  await page.goto(`${server}/penstock/diabetes/_build/results?view=logs&buildId=107`);
  await page.waitForSelector(rows);
  await page.waitForTimeout(1500);
  const before = await page.evaluate(() =>
    Number([...document.querySelectorAll<HTMLElement>("[data-n]")].at(-1)?.dataset.n),
  );
  const clicks: number[] = [];
  let during: number[] = [];
  const flood = async () => {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      await page.waitForTimeout(5000);
      // Open and close the list of a job: the page answers while lines come.
      const took = await page.evaluate(async () => {
        const start = performance.now();
        document.querySelector<HTMLElement>("nav[aria-label='Jobs and steps'] summary")?.click();
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return performance.now() - start;
      });
      clicks.push(took);
    }
  };
  const used = await processor(page, async () => {
    during = await frames(page, flood);
  });
  report("flood: main thread's processor time a second, ms", used / seconds);
  const last = await page.evaluate(() =>
    Number([...document.querySelectorAll<HTMLElement>("[data-n]")].at(-1)?.dataset.n),
  );
  report(`flood: lines drawn a second over ${seconds} s`, (last - before) / seconds);
  report("flood: frame p95, ms", quantile(during, 0.95));
  report("flood: frame p99, ms", quantile(during, 0.99));
  report("flood: longest frame, ms", Math.max(...during));
  report("flood: click to next frame, longest, ms", Math.max(...clicks));
  const atEnd = await page.evaluate(() => {
    const box = document.querySelector("[role=log]") as HTMLElement;
    return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  });
  report("flood: still at the end", String(atEnd));
}

const child = await serve({ FLOOD: "2000" });
const browser = await launch();
try {
  const page = await (
    await browser.newContext({ viewport: { width: 1360, height: 860 } })
  ).newPage();
  const troubles = watch(page);
  await finished(page);
  await flooded(page);
  if (troubles.length > 0) console.log(troubles);
} finally {
  await browser.close();
  child.kill();
}
