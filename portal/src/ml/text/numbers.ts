/** Metrics as people read them, and curves as charts take them. */

import type { Curve, MetricValue } from "../api/wire.ts";

/** A metric in at most five digits: `0.50317`, `41.847`, `1.2e-7`. Words stay words. */
export function formatMetric(value: MetricValue | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2);
  return String(Number(value.toPrecision(5)));
}

export type Axis = "step" | "time" | "relative";

/** What is on the x axis of each point: a step, or seconds. */
export function axisOf(curve: Curve, axis: Axis): number[] {
  if (axis === "step") return curve.steps;
  const first = axis === "relative" ? (curve.times[0] ?? 0) : 0;
  return curve.times.map((time) => (time - first) / 1000);
}

/** The values as a chart has them; what is no number is a gap. */
export function valuesOf(curve: Curve): (number | null)[] {
  return curve.values.map((value) => (typeof value === "number" ? value : null));
}

/** The names whose values differ between the columns. */
export function differing<T>(table: Record<string, T[]>): string[] {
  return Object.keys(table).filter((name) => {
    const values = table[name] ?? [];
    return values.some((value) => value !== values[0]);
  });
}
