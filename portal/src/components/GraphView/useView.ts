import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { View } from "./geometry.ts";

/** Milliseconds without a movement after which a graph rests. */
const REST = 120;
/** How far a graph is moved, in pixels and in size, before it is drawn anew on the way. */
const FAR = 150;
const MUCH = 0.75;

export interface Movement {
  /** The view that is drawn for. */
  drawn: View;
  /** The view now, which a movement takes ahead of what is drawn. */
  now: () => View;
  moveTo: (view: View) => void;
  /** Go back to `fit`. */
  reset: () => void;
}

/**
 * Moves `plane` at once, by a transform alone, which costs no layout and no drawing; React is told
 * when it rests, or, unless it `isWhole`, when so much came into view that it must be drawn.
 */
export function useView(
  plane: RefObject<HTMLElement | null>,
  fit: View,
  isWhole: boolean,
): Movement {
  const [view, setView] = useState<View | undefined>();
  const drawn = view ?? fit;
  const now = useRef(drawn);
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);

  const place = useCallback(
    (to: View, isMoving: boolean) => {
      now.current = to;
      if (plane.current === null) return;
      plane.current.style.transform = `translate(${to.x}px, ${to.y}px) scale(${to.scale})`;
      plane.current.style.willChange = isMoving ? "transform" : "";
    },
    [plane],
  );
  const { x, y, scale } = drawn;
  useLayoutEffect(() => {
    if (resting.current === undefined) place({ x, y, scale }, false);
  }, [place, x, y, scale]);
  useEffect(() => () => clearTimeout(resting.current), []);

  const rest = (to: View | undefined) => {
    clearTimeout(resting.current);
    resting.current = undefined;
    place(to ?? fit, false);
    setView(to);
  };
  const moveTo = (to: View) => {
    place(to, true);
    clearTimeout(resting.current);
    resting.current = setTimeout(() => rest(now.current), REST);
    if (!isWhole && isFar(drawn, to)) setView(to);
  };
  return { drawn, now: () => now.current, moveTo, reset: () => rest(undefined) };
}

function isFar(drawn: View, to: View): boolean {
  const change = to.scale / drawn.scale;
  return (
    Math.abs(to.x - drawn.x) > FAR || Math.abs(to.y - drawn.y) > FAR || change < MUCH || change > 2
  );
}
