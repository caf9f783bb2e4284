import { memo } from "react";
import type { Graph } from "../../api/wire.ts";
import styles from "./GraphView.module.css";
import { edgePath } from "./geometry.ts";

/** Lines that are one shape: few shapes are made quickly, and what is far off is not drawn. */
const TOGETHER = 40;

/** The lines; like the nodes they stay as they are while the whole is moved. */
export const GraphLines = memo(function GraphLines({ edges }: { edges: Graph["edges"] }) {
  const shapes: string[] = [];
  for (let at = 0; at < edges.length; at += TOGETHER) {
    const some = edges.slice(at, at + TOGETHER);
    shapes.push(some.map(([, , points]) => edgePath(points)).join(""));
  }
  return (
    <g className={styles.edges}>
      {shapes.map((shape) => (
        <path key={shape} d={shape} />
      ))}
    </g>
  );
});
