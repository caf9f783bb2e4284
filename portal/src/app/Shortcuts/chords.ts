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

/** Whether a key is text for what has the focus, which may be inside of a shadow root (the editor). */
function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("input:not([type=checkbox], [type=radio]), textarea, select"))
  );
}

/** Whether a key is for the page: it is no command, no text, nobody's yet, and no dialog is open. */
export function isForPage(event: KeyboardEvent): boolean {
  const isCommand = event.ctrlKey || event.metaKey || event.altKey;
  if (isCommand || event.defaultPrevented || isTyping(event)) return false;
  return document.querySelector("dialog[open]") === null;
}
