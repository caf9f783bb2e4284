/** A column from 1 that counts characters, as the server does, as an offset in a line of a browser. */
export function offsetOf(line: string, column: number): number {
  let offset = 0;
  for (const character of line) {
    if (column <= 1) break;
    offset += character.length;
    column -= 1;
  }
  return offset;
}
