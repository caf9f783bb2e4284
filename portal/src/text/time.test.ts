import { expect, test } from "vitest";
import { elapsed, formatAge, formatClock, formatDuration, formatSize, parseTime } from "./time.ts";

test.each([
  [0, "<1s"],
  [999, "<1s"],
  [12_400, "12s"],
  [184_000, "3m 4s"],
  [7_500_000, "2h 5m"],
  [266_400_000, "3d 2h"],
])("a duration of %i ms reads %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [999, "999 B"],
  [1000, "1.0 KB"],
  [999_600, "1.0 MB"],
  [12_345_678, "12 MB"],
])("%i bytes read %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test("an age names the unit that people count in", () => {
  const now = new Date(2026, 10, 20, 15, 0).getTime();
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();
  expect(formatAge(now - 20_000, now)).toBe("just now");
  expect(formatAge(now - 300_000, now)).toBe("5m ago");
  expect(formatAge(at(2026, 10, 20, 3, 0), now)).toBe("12h ago");
  expect(formatAge(at(2026, 10, 19, 23, 0), now)).toBe("Yesterday");
  expect(formatAge(at(2026, 10, 17, 9, 0), now, "en")).toBe("Tuesday");
  expect(formatAge(at(2026, 9, 2, 9, 0), now, "en-GB")).toBe("2 Oct");
  expect(formatAge(at(2025, 9, 2, 9, 0), now, "en-GB")).toBe("2 Oct 2025");
});

test("what has not finished is counted to now", () => {
  expect(elapsed("2026-11-20T10:00:00Z", null, Date.parse("2026-11-20T10:00:05Z"))).toBe(5000);
  expect(elapsed(null, null, 0)).toBeUndefined();
});

test("a text that is no time is none", () => {
  expect(parseTime("soon")).toBeUndefined();
  expect(parseTime("2026-11-20T10:00:00.1234567Z")).toBe(Date.parse("2026-11-20T10:00:00.123Z"));
});

test("a log line's clock is in UTC, or counted from the log's begin", () => {
  const start = Date.parse("2026-11-20T10:00:00Z");
  expect(formatClock(start + 61_250, "utc", start)).toBe("10:01:01.250");
  expect(formatClock(start + 61_250, "relative", start)).toBe("+1:01.3");
  expect(formatClock(start + 4_200, "relative", start)).toBe("+4.2");
});
