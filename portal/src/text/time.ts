/** Times as people read them. Every function gets its `now`. */

/** Milliseconds since 1970 of an ISO 8601 text; undefined when it is none. */
export function parseTime(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `<1s`, `12s`, `3m 4s`, `2h 5m`, `3d 2h`: two units at most. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return "<1s";
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** How long something took, or takes as of `now`; undefined before it started. */
export function elapsed(
  start: string | null | undefined,
  finish: string | null | undefined,
  now: number,
): number | undefined {
  const from = parseTime(start);
  if (from === undefined) return undefined;
  return Math.max(0, (parseTime(finish) ?? now) - from);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `just now`, `5m ago`, `3h ago`, `Yesterday`, `Tuesday`, `14 Nov`, `14 Nov 2025`. */
export function formatAge(time: number, now: number, locale?: string): string {
  const age = now - time;
  if (age < MINUTE) return "just now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m ago`;
  const days = calendarDays(time, now);
  if (days === 0) return `${Math.floor(age / HOUR)}h ago`;
  if (days === 1) return "Yesterday";
  const date = new Date(time);
  if (days < 7) return date.toLocaleDateString(locale, { weekday: "long" });
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(locale, {
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}

function calendarDays(time: number, now: number): number {
  const midnight = (value: number) => new Date(value).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(time)) / (24 * HOUR));
}

/** Day, time and zone in full, for a tooltip. */
export function formatMoment(time: number, locale?: string): string {
  return new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "long" });
}

/** `1.4 MB`: in steps of 1,000, as disks and browsers count. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export type ClockStyle = "utc" | "local" | "relative";

/** The time of a log line: of the day in UTC or here, or since the log began. */
export function formatClock(time: number, style: ClockStyle, start: number): string {
  if (style === "relative") {
    const tenths = Math.max(0, Math.round((time - start) / 100));
    const seconds = Math.floor(tenths / 10);
    const minutes = Math.floor(seconds / 60);
    return minutes > 0
      ? `+${minutes}:${String(seconds % 60).padStart(2, "0")}.${tenths % 10}`
      : `+${seconds}.${tenths % 10}`;
  }
  const date = new Date(time);
  if (style === "utc") return date.toISOString().slice(11, 23);
  const part = (value: number, width = 2) => String(value).padStart(width, "0");
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${part(date.getMilliseconds(), 3)}`;
}
