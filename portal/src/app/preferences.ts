/** What a person chose for this browser. Kept in local storage; works without it. */

import { useSyncExternalStore } from "react";
import type { ClockStyle } from "../text/time.ts";
import type { ThemeChoice } from "./theme.ts";

export interface Preferences {
  theme: ThemeChoice;
  logClock: ClockStyle;
  logTimes: boolean;
  logWrap: boolean;
}

const KEY = "penstock.preferences";
const DEFAULTS: Preferences = {
  theme: "system",
  logClock: "local",
  logTimes: false,
  logWrap: false,
};

function load(): Preferences {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}

let current: Preferences | undefined;
const listeners = new Set<() => void>();

function get(): Preferences {
  current ??= load();
  return current;
}

export function setPreference<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  current = { ...get(), [name]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still shows the choice until it is closed.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, get);
}
