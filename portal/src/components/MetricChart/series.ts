/** Curves as numbers: put on one axis, and smoothed. */

export interface Series {
  name: string;
  x: number[];
  y: (number | null)[];
}

type Column = ArrayLike<number | null | undefined>;

export type Axis = "step" | "time" | "seconds";

/** All curves over the union of their x values, as the chart library wants them. */
export function align(
  series: readonly Series[],
  { positiveOnly = false } = {},
): (number | null)[][] {
  const isDrawable = (value: number | null) =>
    value !== null && Number.isFinite(value) && (!positiveOnly || value > 0);
  const shared = sharedAxis(series);
  if (shared) {
    return [shared, ...series.map((one) => shared.map((_, at) => drawable(one.y[at], isDrawable)))];
  }
  const xs = [...new Set(series.flatMap((one) => one.x))].sort((one, other) => one - other);
  const at = new Map(xs.map((x, index) => [x, index]));
  const columns = series.map((one) => {
    const column: (number | null)[] = new Array(xs.length).fill(null);
    one.x.forEach((x, index) => {
      column[at.get(x) ?? 0] = drawable(one.y[index], isDrawable);
    });
    return column;
  });
  return [xs, ...columns];
}

function drawable(
  value: number | null | undefined,
  isDrawable: (value: number | null) => boolean,
): number | null {
  return value !== undefined && isDrawable(value) ? value : null;
}

/** The x values of all curves, where they are the same and rise: what most trainings log. */
function sharedAxis(series: readonly Series[]): number[] | undefined {
  const [first, ...rest] = series.map((one) => one.x);
  if (first === undefined) return undefined;
  const rises = first.every((x, at) => at === 0 || (first[at - 1] as number) < x);
  const isSame = (xs: number[]) =>
    xs.length === first.length && xs.every((x, at) => x === first[at]);
  return rises && rest.every(isSame) ? first : undefined;
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

/** What aligned curves have at a place: `step 12: loss 0.034`; empty where there is none. */
export function readAt(
  [xs, ...columns]: readonly Column[],
  names: readonly string[],
  axis: Axis,
  at: number | undefined,
): string {
  const x = at === undefined ? undefined : xs?.[at];
  if (at === undefined || x === undefined || x === null) return "";
  const values = columns.flatMap((column, index) => {
    const value = column[at];
    const name = columns.length > 1 ? `${names[index]} ` : "";
    return typeof value === "number" ? [name + Number(value.toPrecision(5))] : [];
  });
  return `${placeOf(x, axis)}: ${values.join(", ")}`;
}

function placeOf(x: number, axis: Axis): string {
  if (axis === "time") return new Date(x * 1000).toLocaleTimeString();
  return axis === "step" ? `step ${x}` : `${Number(x.toPrecision(5))} s`;
}
