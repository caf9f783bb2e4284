/** Figures over runs. */

import type { RunRow } from "../api/wire.ts";
import { isUnnamed } from "./timeline.ts";

export interface BranchHistory {
  name: string;
  last: RunRow;
  /** Newest first. */
  history: RunRow[];
}

/** Runs by branch; the branch that ran last comes first. */
export function branchHistory(runs: readonly RunRow[]): BranchHistory[] {
  const newest = [...runs].sort((one, other) => other.id - one.id);
  const found = new Map<string, BranchHistory>();
  for (const run of newest) {
    const known = found.get(run.branch);
    if (known) known.history.push(run);
    else found.set(run.branch, { name: run.branch, last: run, history: [run] });
  }
  return [...found.values()];
}

export interface PassRate {
  finished: number;
  /** Of those that were not canceled, how many passed: 0 to 1. */
  rate: number;
  median: number;
  ninth: number;
  failedStages: [name: string, count: number][];
}

export function passRate(runs: readonly RunRow[]): PassRate {
  const finished = runs.filter((run) => run.state === "completed" && run.result !== "canceled");
  const passed = finished.filter((run) => run.result !== "failed");
  const took = finished
    .flatMap((run) =>
      run.startTime && run.finishTime
        ? [Date.parse(run.finishTime) - Date.parse(run.startTime)]
        : [],
    )
    .sort((one, other) => one - other);
  const failed = new Map<string, number>();
  for (const run of finished) {
    for (const stage of run.stages) {
      if (stage.result !== "failed") continue;
      const name = isUnnamed(stage.name) ? "The only stage" : stage.displayName || stage.name;
      failed.set(name, (failed.get(name) ?? 0) + 1);
    }
  }
  return {
    finished: finished.length,
    rate: finished.length === 0 ? 0 : passed.length / finished.length,
    median: quantile(took, 0.5),
    ninth: quantile(took, 0.9),
    failedStages: [...failed].sort(([, one], [, other]) => other - one),
  };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
