import { type PointerEvent, type RefObject, useEffect, useRef } from "react";
import { type View, zoomAt } from "./geometry.ts";
import type { Movement } from "./useView.ts";

/** How far a wheel must be turned to make a graph larger by a factor of e. */
const WHEEL = 400;

/** Moves a graph by the pointer: the wheel zooms, what is beside the nodes can be dragged. */
export function usePointer(
  box: RefObject<HTMLElement | null>,
  { now, moveTo }: Movement,
  isStill: boolean,
) {
  const drag = useRef<{ x: number; y: number; view: View } | undefined>(undefined);
  const latest = useRef({ now, moveTo });
  latest.current = { now, moveTo };
  useEffect(() => {
    const element = box.current;
    if (element === null || isStill) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const frame = element.getBoundingClientRect();
      const point = { x: event.clientX - frame.left, y: event.clientY - frame.top };
      const { now: view, moveTo: move } = latest.current;
      move(zoomAt(view(), point, Math.exp(-event.deltaY / WHEEL)));
    };
    // Not by React, which listens passively.
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box, isStill]);

  const end = () => {
    drag.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent) {
      const isOnNode = (event.target as Element).closest("[data-node]") !== null;
      if (isStill || event.button !== 0 || isOnNode) return;
      drag.current = { x: event.clientX, y: event.clientY, view: now() };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      if (drag.current === undefined) return;
      const { x, y, view } = drag.current;
      moveTo({ ...view, x: view.x + clientX - x, y: view.y + clientY - y });
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
