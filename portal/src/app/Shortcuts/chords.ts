/** Keys one after another, `g p`, as a pure step from state to state. */

export interface Chord {
  keys: string;
  name: string;
}

const PATIENCE_MS = 1200;

export interface ChordState {
  pressed: string;
  at: number;
}

/** What a key does after those before: the chord it ends, or the state to wait in. */
export function pressKey(
  state: ChordState,
  key: string,
  now: number,
  chords: readonly Chord[],
): { state: ChordState; done: Chord | undefined } {
  const before = now - state.at < PATIENCE_MS ? state.pressed : "";
  for (const pressed of before === "" ? [key] : [`${before} ${key}`, key]) {
    const done = chords.find((chord) => chord.keys === pressed);
    if (done) return { state: { pressed: "", at: now }, done };
    if (chords.some((chord) => chord.keys.startsWith(`${pressed} `))) {
      return { state: { pressed, at: now }, done: undefined };
    }
  }
  return { state: { pressed: "", at: now }, done: undefined };
}

/** Whether keys typed there are text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("input:not([type=checkbox], [type=radio]), textarea, select"))
  );
}
