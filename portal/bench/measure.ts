/** What the benchmarks share: the fixtures' server, processor time, and lines of figures. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** The fixtures' server on a free port. Who starts it ends it. */
export async function serve(
  environment: Record<string, string> = {},
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../fixtures/main.ts")], {
    env: { ...process.env, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((resolve) => child.stdout?.once("data", resolve));
  return { child, url: String(line).trim().replace(/\/$/, "") };
}

/**
 * Processor time that the page's main thread used while something went on, in milliseconds: what
 * other processes do not make longer.
 */
export async function processor(page: Page, during: () => Promise<unknown>): Promise<number> {
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

export function quantile(values: number[], part: number): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length * part)] ?? 0;
}

export function report(name: string, value: string | number): void {
  const shown = typeof value === "string" ? value : value.toFixed(value < 100 ? 1 : 0);
  console.log(`${name.padEnd(72)} ${shown}`);
}
