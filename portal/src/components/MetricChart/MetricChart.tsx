import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import styles from "./MetricChart.module.css";
import { align, type Series, smooth } from "./series.ts";

export interface MetricChartProps {
  title: string;
  series: Series[];
  /** What the x axis counts. */
  axis?: "step" | "time" | "seconds";
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
  const [isNear, setNear] = useState(false);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setNear(true);
      },
      { rootMargin: "200px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null || !isNear) return;
    const look = getComputedStyle(element);
    const colour = (name: string) => look.getPropertyValue(name).trim();
    const lineColour = colour("--colorNeutralStroke2");
    const textColour = colour("--colorNeutralForeground3");
    const drawn = series.map((one) => (smoothing > 0 ? smooth(one, smoothing) : one));
    const axes: uPlot.Axis[] = [0, 1].map(() => ({
      stroke: textColour,
      grid: { stroke: lineColour, width: 1 },
      ticks: { stroke: lineColour, width: 1 },
      font: "11px system-ui",
    }));
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        series: [
          {},
          ...drawn.map((one, index) => ({
            label: one.name,
            stroke: colour(`--curve-${index % COLOURS}`),
            width: 1.5,
            spanGaps: true,
            points: { show: one.x.length < 2 },
          })),
        ],
        scales: {
          x: { time: axis === "time" },
          y: isLogarithmic ? { distr: 3 } : {},
        },
        axes,
        legend: { show: false },
        cursor: group ? { sync: { key: group } } : {},
      },
      align(drawn, { positiveOnly: isLogarithmic }) as uPlot.AlignedData,
      element,
    );
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [isNear, series, axis, isLogarithmic, smoothing, height, group]);

  return (
    <figure className={styles.chart}>
      <figcaption>{title}</figcaption>
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

/** The chart in words: the last value of each curve. */
function describe(title: string, series: Series[]): string {
  const ends = series.map((one) => `${one.name} ends at ${one.y.at(-1) ?? "nothing"}`);
  return `${title}: ${ends.join(", ")}`;
}
