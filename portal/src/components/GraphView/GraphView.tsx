import { Button } from "@fluentui/react-components";
import {
  type KeyboardEvent,
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
import { AddIcon, SubtractIcon, ZoomFitIcon } from "../icons.ts";
import { GraphBox } from "./GraphBox.tsx";
import { GraphLines } from "./GraphLines.tsx";
import styles from "./GraphView.module.css";
import { centred, EDGE, fitted, isSeen, nearest, neighbour, standing, zoomAt } from "./geometry.ts";
import { usePointer } from "./usePointer.ts";
import { useSize } from "./useSize.ts";
import { useView } from "./useView.ts";

/** Drawn smaller than this, a node is its colour alone: its words could not be read. */
const READABLE = 0.3;
/** A graph of more nodes has no moving pictures: each frame would be drawn anew. */
const MOST_TURNING = 60;
/** Of a graph of more nodes only what is near the window is drawn, however long it rests. */
const MOST_DRAWN = 600;
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
 * A graph as the server laid it out, or turned where it is seen better so. Drag moves, the wheel
 * zooms, arrow keys go from node to node, Enter opens one. Nodes near the window are drawn first, and
 * of a large graph no others.
 */
export function GraphView(props: GraphViewProps) {
  const { label, selected, onSelect, isInline = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const graph = useMemo(
    () => (isInline ? props.graph : standing(props.graph, size)),
    [props.graph, size, isInline],
  );
  const isTurned = graph !== props.graph;
  const chosen = graph.nodes.find((node) => node.id === selected);
  const isWhole = useRested(graph.nodes.length <= MOST_DRAWN);
  const fit = fitted(graph, size, isInline, chosen);
  const movement = useView(plane, fit, isWhole);
  const { drawn, now, moveTo, reset } = movement;
  const pointing = usePointer(box, movement, isInline);

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
    if (from) focusOn(box.current, nearest(graph.nodes, from));
  }, [graph]);

  const onKey = useCallback(
    (event: KeyboardEvent, node: GraphNode) => {
      if (event.key === "Enter" || event.key === " ") choose(node);
      else if (event.key.startsWith("Arrow")) {
        focusOn(box.current, neighbour(graph.nodes, node, event.key));
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
      {...pointing}
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
          <GraphLines edges={graph.edges} />
          {graph.nodes.filter(isNear).map((node) => (
            <GraphBox
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

function focusOn(box: Element | null, node: GraphNode | undefined): void {
  const element = node && box?.querySelector(`[data-node="${CSS.escape(node.id)}"]`);
  if (element instanceof SVGElement) element.focus();
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
