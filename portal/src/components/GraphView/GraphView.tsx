import { Button } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  type UIEvent,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Graph, GraphNode } from "../../api/wire.ts";
import { lookOf } from "../../text/states.ts";
import { AddIcon, SubtractIcon, ZoomFitIcon } from "../icons.ts";
import { StateIcon } from "../StateIcon/StateIcon.tsx";
import styles from "./GraphView.module.css";
import { EDGE, edgePath, fitted, neighbour, type View, zoomAt } from "./geometry.ts";
import { useView } from "./useView.ts";

/** Drawn smaller than this, a node is its colour alone: its words could not be read. */
const READABLE = 0.3;
/** Pixels around the window in which nodes are drawn as well. */
const MARGIN = 200;

export interface GraphViewProps {
  graph: Graph;
  label: string;
  selected?: string | undefined;
  onSelect?: (id: string) => void;
  /** What a node is drawn as; without it, its state and its label. */
  detail?: (node: GraphNode) => string | undefined;
  /** As high as the graph itself (a row of stages), and not to be moved. */
  isInline?: boolean;
}

/**
 * A graph as the server laid it out. Drag moves, the wheel zooms, arrow keys go from node to node,
 * Enter opens one. Only nodes near the window are drawn.
 */
export function GraphView({
  graph,
  label,
  selected,
  onSelect,
  detail,
  isInline = false,
}: GraphViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const drag = useRef<{ x: number; y: number; view: View } | undefined>(undefined);
  const chosen = graph.nodes.find((node) => node.id === selected);
  const { drawn, now, moveTo, reset } = useView(plane, fitted(graph, size, isInline, chosen));

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const latest = useRef({ now, moveTo });
  latest.current = { now, moveTo };
  useEffect(() => {
    const element = box.current;
    if (element === null || isInline) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const frame = element.getBoundingClientRect();
      const point = { x: event.clientX - frame.left, y: event.clientY - frame.top };
      const { now: view, moveTo: move } = latest.current;
      move(zoomAt(view(), point, Math.exp(-event.deltaY / 400)));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [isInline]);

  const onPointerDown = (event: PointerEvent) => {
    if (isInline || event.button !== 0 || (event.target as Element).closest("[data-node]")) return;
    drag.current = { x: event.clientX, y: event.clientY, view: now() };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current;
    if (from === undefined) return;
    moveTo({
      ...from.view,
      x: from.view.x + event.clientX - from.x,
      y: from.view.y + event.clientY - from.y,
    });
  };
  /** The browser scrolls to a node that gets the focus: so the graph is moved there. */
  const onScroll = ({ currentTarget: { scrollLeft, scrollTop } }: UIEvent) => {
    if (scrollLeft === 0 && scrollTop === 0) return;
    box.current?.scrollTo(0, 0);
    moveTo({ ...now(), x: now().x - scrollLeft, y: now().y - scrollTop });
  };
  const zoom = (factor: number) =>
    moveTo(zoomAt(now(), { x: size.width / 2, y: size.height / 2 }, factor));

  const onKey = useCallback(
    (event: KeyboardEvent, node: GraphNode) => {
      if (event.key === "Enter" || event.key === " ") onSelect?.(node.id);
      else if (event.key.startsWith("Arrow")) {
        const next = neighbour(graph.nodes, node, event.key);
        const element = next && box.current?.querySelector(`[data-node="${CSS.escape(next.id)}"]`);
        if (element instanceof SVGElement) element.focus();
      } else return;
      event.preventDefault();
    },
    [graph, onSelect],
  );

  const isNear = (node: GraphNode) =>
    size.width === 0 ||
    isInline ||
    ((node.x + node.w) * drawn.scale + drawn.x > -MARGIN &&
      node.x * drawn.scale + drawn.x < size.width + MARGIN &&
      (node.y + node.h) * drawn.scale + drawn.y > -MARGIN &&
      node.y * drawn.scale + drawn.y < size.height + MARGIN);

  return (
    <div
      ref={box}
      className={isInline ? styles.inline : styles.box}
      style={isInline ? { height: graph.height + 2 * EDGE } : undefined}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onScroll={isInline ? undefined : onScroll}
    >
      <div ref={plane} className={styles.plane}>
        <svg
          className={styles.graph}
          role="group"
          aria-label={label}
          width={graph.width + EDGE}
          height={graph.height + EDGE}
        >
          <Edges edges={graph.edges} />
          {graph.nodes.filter(isNear).map((node) => (
            <Node
              key={node.id}
              node={node}
              detail={detail?.(node) ?? node.detail}
              isSelected={node.id === selected}
              isPlain={drawn.scale < READABLE}
              onSelect={onSelect}
              onKey={onKey}
            />
          ))}
        </svg>
      </div>
      {isInline ? null : (
        <div className={styles.zoom}>
          <Button size="small" icon={<AddIcon />} aria-label="Zoom in" onClick={() => zoom(1.25)} />
          <Button
            size="small"
            icon={<SubtractIcon />}
            aria-label="Zoom out"
            onClick={() => zoom(0.8)}
          />
          <Button size="small" icon={<ZoomFitIcon />} aria-label="Show all" onClick={reset} />
        </div>
      )}
    </div>
  );
}

/** The lines; like the nodes they stay as they are while the whole is moved. */
const Edges = memo(function Edges({ edges }: { edges: Graph["edges"] }) {
  return (
    <g className={styles.edges}>
      {edges.map(([from, to, points]) => (
        <path key={`${from}>${to}`} d={edgePath(points)} />
      ))}
    </g>
  );
});

const Node = memo(function Node({
  node,
  detail,
  isSelected,
  isPlain,
  onSelect,
  onKey,
}: {
  node: GraphNode;
  detail: string | undefined;
  isSelected: boolean;
  isPlain: boolean;
  onSelect: ((id: string) => void) | undefined;
  onKey: (event: KeyboardEvent, node: GraphNode) => void;
}) {
  const { look } = lookOf(node.state, node.result);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it is a button when it can be chosen
    <g
      data-node={node.id}
      transform={`translate(${node.x} ${node.y})`}
      className={`${styles.node} ${styles[look] ?? ""} ${isSelected ? styles.chosen : ""}`}
      tabIndex={onSelect ? 0 : undefined}
      role={onSelect ? "button" : "img"}
      aria-pressed={onSelect ? isSelected : undefined}
      aria-label={isPlain ? [node.label, detail].filter(Boolean).join(" ") : undefined}
      onClick={() => onSelect?.(node.id)}
      onKeyDown={(event) => onKey(event, node)}
    >
      <rect width={node.w} height={node.h} rx="6" />
      <rect className={styles.bar} width="4" height={node.h} rx="2" />
      {isPlain ? null : (
        <foreignObject width={node.w} height={node.h}>
          <div className={styles.content} title={node.label}>
            <StateIcon state={node.state} result={node.result} />
            <span className={styles.text}>
              <strong>{node.label}</strong>
              {detail ? <span>{detail}</span> : null}
            </span>
          </div>
        </foreignObject>
      )}
    </g>
  );
});
