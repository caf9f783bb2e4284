import { type KeyboardEvent, memo } from "react";
import type { GraphNode } from "../../api/wire.ts";
import { lookOf } from "../../text/states.ts";
import styles from "./GraphView.module.css";
import { cut, measuring, symbolPath } from "./symbols.ts";

/** Where the words of a node begin, and what is left free beside them. */
const WORDS = 40;
const BESIDE = 10;

/** The edges of two more boxes behind one: there is more in it. */
function behind({ x, y, w, h }: GraphNode): string {
  const edge = (by: number) =>
    `M${x + by + 4} ${y + h + by}H${x + w + by - 6}Q${x + w + by} ${y + h + by} ${x + w + by} ${y + h + by - 6}V${y + by + 4}`;
  return edge(4) + edge(8);
}

let widths: { strong: (text: string) => number; soft: (text: string) => number } | undefined;

/** The browser's measures of the two sizes of words, made when the first node is drawn. */
function fonts(): NonNullable<typeof widths> {
  const family = getComputedStyle(document.body).fontFamily;
  widths ??= { strong: measuring(`700 13px ${family}`), soft: measuring(`12px ${family}`) };
  return widths;
}

/**
 * A node: shapes at their places in the graph, nothing that is clipped or moved. So a browser moves
 * hundreds of them as one.
 */
export const GraphBox = memo(function GraphBox({
  node,
  isSelected,
  onSelect,
  onKey,
}: {
  node: GraphNode;
  isSelected: boolean;
  onSelect: ((node: GraphNode) => void) | undefined;
  onKey: (event: KeyboardEvent, node: GraphNode) => void;
}) {
  const { x, y, w, h, label, detail, isGroup } = node;
  const { look, word } = lookOf(node.state, node.result);
  // First what is to be seen, whole where it is cut, then the word for the picture.
  const name = [label, ...(detail && detail !== word ? [detail] : []), word].join(" ");
  const room = w - WORDS - BESIDE;
  const middle = y + h / 2;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it is a button when it can be chosen
    <g
      data-node={node.id}
      className={`${styles.node} ${styles[look] ?? ""} ${isSelected ? styles.chosen : ""}`}
      tabIndex={onSelect ? 0 : undefined}
      role={onSelect ? "button" : "img"}
      aria-pressed={onSelect && !isGroup ? isSelected : undefined}
      aria-expanded={isGroup ? false : undefined}
      onClick={() => onSelect?.(node)}
      onKeyDown={(event) => onKey(event, node)}
    >
      <title>{name}</title>
      {isGroup ? <path className={styles.more} d={behind(node)} /> : null}
      <rect x={x} y={y} width={w} height={h} rx="6" />
      <rect className={styles.bar} x={x} y={y} width="4" height={h} rx="2" />
      <path className={styles.symbol} d={symbolPath(look, x + 23, middle)} />
      <text x={x + WORDS} y={middle + (detail ? -4 : 4.5)}>
        {cut(label, room, fonts().strong)}
      </text>
      {detail ? (
        <>
          {" "}
          <text className={styles.soft} x={x + WORDS} y={middle + 13}>
            {cut(detail, room, fonts().soft)}
          </text>
        </>
      ) : null}
    </g>
  );
});
