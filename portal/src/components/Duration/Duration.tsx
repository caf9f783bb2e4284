import { useSyncExternalStore } from "react";
import { elapsed, formatAge, formatDuration, formatMoment, parseTime } from "../../text/time.ts";

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const still = () => () => {};

/** The time, each second; one clock for the whole page. With `isStill` it does not tick. */
export function useNow(isStill = false): number {
  return useSyncExternalStore(isStill ? still : subscribe, () => {
    if (timer === undefined) now = Math.max(now, Math.floor(Date.now() / 1000) * 1000);
    return now;
  });
}

/** How long something took, or takes: it counts while there is no end. */
export function Duration({
  start,
  finish,
  isOver,
}: {
  start: string | null | undefined;
  finish: string | null | undefined;
  isOver?: boolean;
}) {
  const isDone = Boolean(finish) || isOver === true;
  const milliseconds = elapsed(start, finish, useNow(isDone || !start));
  if (milliseconds === undefined || (isOver && !finish)) return null;
  return <span>{formatDuration(milliseconds)}</span>;
}

/** How long ago, with the exact moment as a tooltip. */
export function Age({ time }: { time: string | null | undefined }) {
  const at = parseTime(time);
  const current = useNow(at === undefined || Date.now() - at > 3_600_000);
  if (at === undefined) return null;
  return (
    <time dateTime={time ?? undefined} title={formatMoment(at)}>
      {formatAge(at, current)}
    </time>
  );
}
