/** Curves as numbers: put on one axis, and smoothed. */

export interface Series {
  name: string;
  x: number[];
  y: (number | null)[];
}

/** All curves over the union of their x values, as the chart library wants them. */
export function align(
  series: readonly Series[],
  { positiveOnly = false } = {},
): (number | null)[][] {
  const xs = [...new Set(series.flatMap((one) => one.x))].sort((one, other) => one - other);
  const at = new Map(xs.map((x, index) => [x, index]));
  const columns = series.map((one) => {
    const column: (number | null)[] = new Array(xs.length).fill(null);
    one.x.forEach((x, index) => {
      const value = one.y[index] ?? null;
      const isDrawable = value !== null && Number.isFinite(value) && (!positiveOnly || value > 0);
      column[at.get(x) ?? 0] = isDrawable ? value : null;
    });
    return column;
  });
  return [xs, ...columns];
}

/** A running average that forgets; its begin is not drawn towards zero. */
export function smooth(series: Series, weight: number): Series {
  let average = 0;
  let count = 0;
  const y = series.y.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    average = average * weight + (1 - weight) * value;
    count += 1;
    return average / (1 - weight ** count);
  });
  return { ...series, y };
}
