/**
 * The log view in Chromium: `node bench/log.ts [flood seconds]`, over the fixtures' server.
 *
 * The floor first: an empty page and one `<pre>` of 100,000 lines, scrolled in the same browser. Then
 * a finished log of 100,000 lines (first lines, scrolling, a line link, the browser's own search,
 * memory), one of 1,000,000 lines, and one that gets 2,000 lines a second (longest frame, a click on
 * another step).
 */

import { existsSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { logLines } from "../fixtures/logs.ts";
import { plainText } from "../src/text/ansi.ts";
import { parseLogLine } from "../src/text/logline.ts";
import { launch, watch } from "./browser.ts";
import { processor, quantile, report, serve } from "./measure.ts";

let server = "";
const seconds = Number(process.argv[2] ?? 60);

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

/** The longest task of the page's main thread by processor time: what no other process makes longer. */
async function longestTask(page: Page, during: () => Promise<unknown>): Promise<number> {
  interface TraceEvent {
    name: string;
    ph: string;
    pid: number;
    tid: number;
    tdur?: number;
    args: { name?: string };
  }
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel"] },
  });
  await during();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  const isMain = new Set(
    events
      .filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain")
      .map((one) => `${one.pid}/${one.tid}`),
  );
  const tasks = events.filter((one) => one.ph === "X" && isMain.has(`${one.pid}/${one.tid}`));
  return Math.max(...tasks.map((one) => (one.tdur ?? 0) / 1000));
}

const rows = "[role=log] [data-n]";
const FRAMES = 300;

/** Scroll from the top, 700 px a frame, and tell of frames and the main thread's processor time. */
async function scrolled(page: Page, name: string): Promise<void> {
  // The pointer is over the log, as it is for who turns a wheel.
  await page.mouse.move(800, 500);
  const scroll = () =>
    page.evaluate(async (count) => {
      const box = document.querySelector("[role=log]") as HTMLElement;
      box.scrollTop = 0;
      for (let frame = 0; frame < count; frame++) {
        box.scrollTop += 700;
        await new Promise(requestAnimationFrame);
      }
    }, FRAMES);
  let each: number[] = [];
  const used = await processor(page, async () => {
    each = await frames(page, scroll);
  });
  report(`${name}: frame p50, ms`, quantile(each, 0.5));
  report(`${name}: frame p95, ms`, quantile(each, 0.95));
  report(`${name}: longest frame, ms`, Math.max(...each));
  report(`${name}: processor time a frame, ms`, used / FRAMES);
}

/** What this browser on this machine needs for less than a log view: nothing, and text alone. */
async function floor(page: Page): Promise<void> {
  const box = (content: string) =>
    `<div role=log style="position:absolute;inset:100px 0 0 320px;overflow:auto;background:#fff;
      font:12.5px/20px monospace">${content}</div>`;
  await page.setContent(box('<div style="height:2000000px"></div>'));
  await scrolled(page, "scroll of an empty page");
  const text = logLines(1, 100_000, 100_000).map((line) =>
    plainText(parseLogLine(line).text).replace(/[&<]/g, ""),
  );
  await page.setContent(box(`<pre style="margin:0;font:inherit">${text.join("\n")}</pre>`));
  await page.waitForTimeout(500);
  await scrolled(page, "scroll of one <pre>");
}

/** From the run's page to the log of a step, by a click; milliseconds until its first lines. */
async function opened(page: Page): Promise<number> {
  // The pages' scripts are in the cache, as they are for who comes from the run's page.
  await page.goto(`${server}/penstock/diabetes/_build/results?buildId=106`);
  await page.waitForSelector("text=Jobs");
  await page.evaluate(() => {
    const store = window as unknown as { opened: number; first: number };
    new MutationObserver((_, observer) => {
      if (document.querySelector("[role=log] [data-n]") === null) return;
      observer.disconnect();
      // After the frame that shows them.
      requestAnimationFrame(() =>
        setTimeout(() => {
          store.first = performance.now() - store.opened;
        }),
      );
    }).observe(document.body, { childList: true, subtree: true });
    store.opened = performance.now();
    document.querySelector<HTMLElement>("a[href*='view=logs'][href*='t7']")?.click();
  });
  await page.waitForSelector(rows);
  let first: number | undefined;
  while (first === undefined) {
    await page.waitForTimeout(50);
    first = await page.evaluate(() => (window as unknown as { first?: number }).first);
  }
  return first;
}

/** Milliseconds until a line that the address names is in view; -1 when it does not come. */
function jumped(page: Page, line: number): Promise<number> {
  return page.evaluate(async (number) => {
    const box = document.querySelector("[role=log]") as HTMLElement;
    const start = performance.now();
    location.hash = `#L${number}`;
    while (performance.now() - start < 5000) {
      await new Promise(requestAnimationFrame);
      const row = document
        .querySelector(`[data-n="${String(number).padStart(8)}"]`)
        ?.getBoundingClientRect();
      const view = box.getBoundingClientRect();
      if (row && row.top >= view.top && row.bottom <= view.bottom) return performance.now() - start;
    }
    return -1;
  }, line);
}

/** Kilobytes of the largest process that shows pages, its share of what several use; Linux only. */
async function tabMemory(): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo
    .filter((one) => one.type === "renderer" && existsSync(`/proc/${one.id}/smaps_rollup`))
    .map((one) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one.id}/smaps_rollup`, "utf8")))
    .map((match) => Number(match?.[1] ?? 0));
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

async function memory(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  report(`${name}: script memory, MB`, usedSize / 1e6);
  const whole = await tabMemory();
  if (whole !== undefined) report(`${name}: memory of the tab's process, MB`, whole / 1000);
}

async function finished(page: Page): Promise<void> {
  report("100,000 lines: click to first lines shown, ms", await opened(page));
  const inView = await page.evaluate(() => {
    const box = document.querySelector("[role=log]")?.getBoundingClientRect();
    const row = document.querySelector('[data-n="   99950"]')?.getBoundingClientRect();
    return box && row && row.top >= box.top && row.bottom <= box.bottom ? "in view" : "not in view";
  });
  report("first error (line 99,950)", inView);
  const drawn = Date.now();
  // Not `waitForFunction`: the pages' policy forbids what it does inside of the page.
  const count = () => page.evaluate(() => document.querySelectorAll("[data-n]").length);
  while ((await count()) < 100_000) await page.waitForTimeout(50);
  report("all lines drawn in idle time after, ms", Date.now() - drawn);
  await scrolled(page, "scroll of 100,000 lines");
  report("link to line 54,321: in view after, ms", await jumped(page, 54_321));
  await memory(page, "100,000 lines");
  const found = await page.evaluate(() => {
    const start = performance.now();
    const finder = window as unknown as { find: (text: string) => boolean };
    return finder.find("batch 98765:") ? performance.now() - start : -1;
  });
  report("the browser's own search for line 98,765, ms", found);
  await memory(page, "100,000 lines, searched by the browser");
}

async function huge(page: Page): Promise<void> {
  report("1,000,000 lines: click to first lines shown, ms", await opened(page));
  report("1,000,000 lines: link to line 3, ms", await jumped(page, 3));
  report("1,000,000 lines: link to line 999,999, ms", await jumped(page, 999_999));
  // What is fetched ahead is fetched by then.
  await page.waitForTimeout(8000);
  await scrolled(page, "scroll of 1,000,000 lines");
  await memory(page, "1,000,000 lines");
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
  let longest = 0;
  const used = await processor(page, async () => {
    longest = await longestTask(page, async () => {
      during = await frames(page, flood);
    });
  });
  report("flood: main thread's processor time a second, ms", used / seconds);
  const last = await page.evaluate(() =>
    Number([...document.querySelectorAll<HTMLElement>("[data-n]")].at(-1)?.dataset.n),
  );
  report(`flood: lines drawn a second over ${seconds} s`, (last - before) / seconds);
  report("flood: frame p95, ms", quantile(during, 0.95));
  report("flood: frame p99, ms", quantile(during, 0.99));
  report("flood: longest frame, ms", Math.max(...during));
  report("flood: longest task, processor time, ms", longest);
  report("flood: click to next frame, longest, ms", Math.max(...clicks));
  const atEnd = await page.evaluate(() => {
    const box = document.querySelector("[role=log]") as HTMLElement;
    return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  });
  report("flood: still at the end", String(atEnd));
}

const browser = await launch();
const troubles: string[] = [];

/** A part of the benchmark with a fresh page, and with a server of its own when it needs one. */
async function part(
  environment: Record<string, string> | undefined,
  run: (page: Page) => Promise<void>,
): Promise<void> {
  const served = environment && (await serve(environment));
  server = served?.url ?? "";
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  try {
    const page = await context.newPage();
    const found = watch(page);
    await run(page);
    troubles.push(...found);
  } finally {
    await context.close();
    served?.child.kill();
  }
}

try {
  await part(undefined, floor);
  await part({}, finished);
  await part({ LENGTH: "1000000" }, huge);
  await part({ FLOOD: "2000" }, flooded);
  if (troubles.length > 0) console.log(troubles);
} finally {
  await browser.close();
}
