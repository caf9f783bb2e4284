/** Signs that change the order in which text is read, so that it seems to say what it does not. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

/** The text with such signs named: `[U+202E]`. */
export function visible(text: string): string {
  return text.replace(
    REORDERING,
    (sign) => `[U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}]`,
  );
}
