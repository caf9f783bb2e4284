import { useThemeClassName } from "@fluentui/react-components";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useSeen } from "../Loading/useSeen.ts";
import styles from "./MetricChart.module.css";
import { type Axis, align, readAt, type Series, smooth } from "./series.ts";

export interface MetricChartProps {
  title: string;
  series: Series[];
  /** What the x axis counts. */
  axis?: Axis;
  isLogarithmic?: boolean;
  /** 0 is none, towards 1 is more. */
  smoothing?: number;
  height?: number;
  /** Charts with the same group show the cursor at the same x. */
  group?: string;
}

const COLOURS = 8;

/** Curves over steps or time. It is drawn when it comes into the window, and not before. */
export function MetricChart(props: MetricChartProps) {
  const { title, series, axis = "step", isLogarithmic = false, smoothing = 0 } = props;
  const { height = 200, group } = props;
  const box = useRef<HTMLDivElement>(null);
  const isNear = useSeen(box, "200px");

  const drawn = useMemo(
    () => series.map((one) => (smoothing > 0 ? smooth(one, smoothing) : one)),
    [series, smoothing],
  );
  const data = useMemo(
    () => align(drawn, { positiveOnly: isLogarithmic }) as uPlot.AlignedData,
    [drawn, isLogarithmic],
  );
  const latest = useRef(data);
  latest.current = data;
  const chart = useRef<uPlot>(undefined);
  const readout = useRef<HTMLSpanElement>(null);
  const theme = useThemeClassName();
  const names = JSON.stringify(series.map(({ name }) => name));

  // A chart is made anew when it has other curves, axes or colours; more values are given to it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: its colours are those of the theme
  useEffect(() => {
    const element = box.current;
    if (element === null || !isNear || names === "[]") return;
    const look = getComputedStyle(element);
    const colour = (name: string) => look.getPropertyValue(name).trim();
    const lineColour = colour("--colorNeutralStroke2");
    const textColour = colour("--colorNeutralForeground3");
    const axes: uPlot.Axis[] = [0, 1].map((side) => ({
      stroke: textColour,
      grid: { stroke: lineColour, width: 1 },
      ticks: { stroke: lineColour, width: 1 },
      font: "11px system-ui",
      ...(side === 1 ? { size: widthOf } : {}),
    }));
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        series: [
          {},
          ...(JSON.parse(names) as string[]).map((name, index) => ({
            label: name,
            stroke: colour(`--curve-${index % COLOURS}`),
            width: 1.5,
            spanGaps: true,
            points: { show: (_: uPlot, at: number) => hasOnePoint(latest.current[at]) },
          })),
        ],
        scales: {
          x: { time: axis === "time" },
          y: isLogarithmic ? { distr: 3 } : {},
        },
        axes,
        legend: { show: false },
        cursor: group ? { sync: { key: group } } : {},
        hooks: {
          setCursor: [
            ({ cursor: { idx } }: uPlot) => {
              if (readout.current === null) return;
              const at = idx ?? undefined;
              readout.current.textContent = readAt(latest.current, JSON.parse(names), axis, at);
            },
          ],
        },
      },
      latest.current,
      element,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width !== made.width) made.setSize({ width, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [isNear, names, axis, isLogarithmic, height, group, theme]);

  useEffect(() => {
    if (chart.current && chart.current.data !== data) chart.current.setData(data);
  }, [data]);

  return (
    <figure className={styles.chart}>
      <figcaption>
        {title} <span ref={readout} className={styles.readout} aria-hidden />
      </figcaption>
      <div
        ref={box}
        style={{ minHeight: height }}
        role="img"
        aria-label={describe(title, series)}
      />
      {series.length > 1 ? (
        <ul className={styles.legend}>
          {series.map((one, index) => (
            <li key={one.name}>
              <span style={{ background: `var(--curve-${index % COLOURS})` }} />
              {one.name}
            </li>
          ))}
        </ul>
      ) : null}
    </figure>
  );
}

/** The room that the longest number beside the y axis needs. */
function widthOf(_: uPlot, values: string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((value) => value?.length ?? 0));
  return Math.max(50, 18 + 6.5 * longest);
}

/** Whether a curve is a single point, which no line shows. */
function hasOnePoint(column: ArrayLike<number | null | undefined> | undefined): boolean {
  let count = 0;
  for (let at = 0; column && at < column.length && count < 2; at++) {
    if (column[at] !== null && column[at] !== undefined) count += 1;
  }
  return count === 1;
}

/** The chart in words: the last value of each curve. */
function describe(title: string, series: Series[]): string {
  const ends = series.map((one) => `${one.name} ends at ${one.y.at(-1) ?? "nothing"}`);
  return `${title}: ${ends.join(", ")}`;
}
