import { type RefObject, useEffect, useRef, useState } from "react";
import { usePreferences } from "../../app/preferences.ts";
import { type LineRange, parseLineHash } from "../../text/logline.ts";
import { type CanvasState, LogCanvas } from "./logCanvas.ts";
import type { LogSource } from "./source.ts";

const EMPTY: CanvasState = { errors: [], isFollowing: false, isEmpty: false, failure: undefined };

/** A log drawn into a box: a canvas of its own for each `id`, told of what changes in that log. */
export function useLogCanvas(
  box: RefObject<HTMLElement | null>,
  {
    id,
    source,
    startLine,
    errorLines,
    onMark,
  }: {
    id: string;
    source: LogSource;
    startLine: number | undefined;
    errorLines: readonly number[];
    /** The lines that the address names. */
    onMark: (range: LineRange | undefined) => void;
  },
): { canvas: RefObject<LogCanvas | undefined>; state: CanvasState } {
  const { logClock, logTimes, logWrap } = usePreferences();
  const canvas = useRef<LogCanvas>(undefined);
  const [state, setState] = useState(EMPTY);
  const look = { clock: logTimes ? logClock : undefined, wrap: logWrap };
  const latest = useRef({ source, startLine, look, onMark });
  latest.current = { source, startLine, look, onMark };
  const wasGrowing = useRef(source.isGrowing);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `id` names the log
  useEffect(() => {
    if (box.current === null) return;
    const { source: log, startLine: start, look: first } = latest.current;
    const drawn = new LogCanvas(box.current, log, first, setState);
    canvas.current = drawn;
    wasGrowing.current = log.isGrowing;
    const wanted = parseLineHash(window.location.hash);
    latest.current.onMark(wanted);
    drawn.select(wanted);
    void drawn.open(wanted?.from ?? start);
    return () => {
      drawn.close();
      canvas.current = undefined;
      setState(EMPTY);
    };
  }, [box, id]);

  useEffect(() => {
    canvas.current?.setLook({ clock: logTimes ? logClock : undefined, wrap: logWrap });
  }, [logTimes, logClock, logWrap]);

  const { isGrowing, lineCount } = source;
  useEffect(() => {
    if (wasGrowing.current && !isGrowing) canvas.current?.finish(lineCount);
    else canvas.current?.grow(lineCount);
    wasGrowing.current = isGrowing;
  }, [isGrowing, lineCount]);

  const errorKey = errorLines.join(",");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new log must be told too
  useEffect(() => {
    if (errorKey !== "") canvas.current?.markErrors(errorKey.split(",").map(Number));
  }, [errorKey, id]);

  useEffect(() => {
    const onHash = () => {
      const range = parseLineHash(window.location.hash);
      if (range === undefined) return;
      latest.current.onMark(range);
      canvas.current?.select(range);
      void canvas.current?.reveal(range.from);
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);

  return { canvas, state };
}
