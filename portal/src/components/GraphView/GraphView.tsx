import { Button } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  startTransition,
  type UIEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Graph, GraphNode } from "../../api/wire.ts";
import { lookOf } from "../../text/states.ts";
import { AddIcon, SubtractIcon, ZoomFitIcon } from "../icons.ts";
import styles from "./GraphView.module.css";
import {
  centred,
  EDGE,
  edgePath,
  fitted,
  isSeen,
  nearest,
  neighbour,
  standing,
  type View,
  zoomAt,
} from "./geometry.ts";
import { cut, measuring, symbolPath } from "./symbols.ts";
import { useView } from "./useView.ts";

/** Drawn smaller than this, a node is its colour alone: its words could not be read. */
const READABLE = 0.3;
/** A graph of more nodes has no moving pictures: each frame would be drawn anew. */
const MOST_TURNING = 60;
/** Where the words of a node begin, and what is left free beside them. */
const WORDS = 40;
const BESIDE = 10;
/** Of a graph of more nodes only what is near the window is drawn, however long it rests. */
const MOST_DRAWN = 600;
/** Lines that are one shape: few shapes are made quickly, and what is far off is not drawn. */
const TOGETHER = 40;
/** Pixels around the window in which nodes are drawn as well. */
const MARGIN = 200;

export interface GraphViewProps {
  graph: Graph;
  label: string;
  selected?: string | undefined;
  onSelect?: (id: string) => void;
  /** As high as the graph itself (a row of stages), and not to be moved. */
  isInline?: boolean;
}

/**
 * A graph as the server laid it out, or turned where it is seen better so. Drag moves, the wheel zooms, arrow keys go from node to node,
 * Enter opens one. Nodes near the window are drawn first, and of a large graph no others.
 */
export function GraphView(props: GraphViewProps) {
  const { label, selected, onSelect, isInline = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const drag = useRef<{ x: number; y: number; view: View } | undefined>(undefined);
  const graph = useMemo(
    () => (isInline ? props.graph : standing(props.graph, size)),
    [props.graph, size, isInline],
  );
  const isTurned = graph !== props.graph;
  const chosen = graph.nodes.find((node) => node.id === selected);
  const isWhole = useRested(graph.nodes.length <= MOST_DRAWN);
  const fit = fitted(graph, size, isInline, chosen);
  const { drawn, now, moveTo, reset } = useView(plane, fit, isWhole);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((known) =>
        known.width === width && known.height === height ? known : { width, height },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const latest = useRef({ now, moveTo, reset, chosen });
  latest.current = { now, moveTo, reset, chosen };
  // Where somebody had moved it means nothing in a graph that is laid out the other way.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it is turned, and only then
  useLayoutEffect(() => latest.current.reset(), [isTurned]);
  // What is chosen is seen, also when it was chosen elsewhere: in the list beside the graph.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another is chosen, or the window changes
  useEffect(() => {
    const { chosen: node, now: view, moveTo: move } = latest.current;
    if (node === undefined || isInline || size.width === 0) return;
    if (!isSeen(node, view(), size, -EDGE)) move(centred(node, view(), size));
  }, [selected, size, isInline]);
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

  /** Where the group was that was opened; its first node gets the focus that it had. */
  const openedAt = useRef<GraphNode>(undefined);
  const choose = useCallback(
    (node: GraphNode) => {
      if (node.isGroup) {
        openedAt.current = node;
        latest.current.moveTo(latest.current.now());
      }
      onSelect?.(node.id);
    },
    [onSelect],
  );
  useEffect(() => {
    const from = openedAt.current;
    openedAt.current = undefined;
    const next = from && nearest(graph.nodes, from);
    const element = next && box.current?.querySelector(`[data-node="${CSS.escape(next.id)}"]`);
    if (element instanceof SVGElement) element.focus();
  }, [graph]);

  const onKey = useCallback(
    (event: KeyboardEvent, node: GraphNode) => {
      if (event.key === "Enter" || event.key === " ") choose(node);
      else if (event.key.startsWith("Arrow")) {
        const next = neighbour(graph.nodes, node, event.key);
        const element = next && box.current?.querySelector(`[data-node="${CSS.escape(next.id)}"]`);
        if (element instanceof SVGElement) element.focus();
      } else return;
      event.preventDefault();
    },
    [graph, choose],
  );

  const isNear = (node: GraphNode) =>
    isInline || isWhole || (size.width > 0 && isSeen(node, drawn, size, MARGIN));
  const looks = [
    styles.plane,
    ...(drawn.scale < READABLE ? [styles.far] : []),
    ...(graph.nodes.length > MOST_TURNING ? [styles.still] : []),
  ];

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
      <div ref={plane} className={looks.join(" ")}>
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
              isSelected={node.id === selected}
              onSelect={onSelect && choose}
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

/** Whether the page had time to do more than what is seen at first. */
function useRested(isWanted: boolean): boolean {
  const [isRested, setRested] = useState(false);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(() => startTransition(() => setRested(true)), 300);
    return () => clearTimeout(timer);
  }, [isWanted]);
  return isWanted && isRested;
}

/** The lines; like the nodes they stay as they are while the whole is moved. */
const Edges = memo(function Edges({ edges }: { edges: Graph["edges"] }) {
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
const Node = memo(function Node({
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
