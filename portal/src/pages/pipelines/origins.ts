/** Where the lines of a full YAML come from, and what became of the lines of a file. Lines are from 1. */

import type { Frame, Origins, Preview } from "../../api/wire.ts";

export interface Place {
  file: string;
  line: number;
  chain: readonly Frame[];
}

/** Where a line comes from. */
export function placeOf(origins: Origins, line: number): Place | undefined {
  const found = origins.lines[line - 1];
  if (found === undefined) return undefined;
  const [file, fileLine, chain] = found;
  return { file: origins.files[file] ?? "", line: fileLine, chain: origins.chains[chain] ?? [] };
}

const WIDEST = 16;

/**
 * A word for each line that comes from another place than the one above it, else nothing: `:3` for
 * the file that is edited, `steps.yml:2` for another, of a long name the end.
 */
export function besideOf(origins: Origins, edited: string): string[] {
  return origins.lines.map(([file, line], index) => {
    const above = origins.lines[index - 1];
    if (above && above[0] === file && above[1] === line) return "";
    const label = origins.files[file] ?? "";
    const word = `${label === edited ? "" : label.slice(label.lastIndexOf("/") + 1)}:${line}`;
    return word.length > WIDEST ? `…${word.slice(1 - WIDEST)}` : word;
  });
}

/** The lines of a file that a place is in or came through, its own first. */
export function linesIn(place: Place, file: string): number[] {
  const through = place.chain.filter((frame) => frame.file === file).map((frame) => frame.line);
  return place.file === file ? [place.line, ...through] : through;
}

/** The lines that come from a line of a file; where none does, those that came through it. */
export function becameOf(origins: Origins, file: string, line: number): number[] {
  const own = origins.files.indexOf(file);
  const numbers = origins.lines.map((_, index) => index + 1);
  const direct = numbers.filter((number) => {
    const place = origins.lines[number - 1];
    return place?.[0] === own && place[1] === line;
  });
  if (direct.length > 0) return direct;
  const isOn = origins.chains.map((chain) =>
    chain.some((frame) => frame.file === file && frame.line === line),
  );
  return numbers.filter((number) => isOn[origins.lines[number - 1]?.[2] ?? -1]);
}

/** What a part came through, in words: `template ci/build.yml`, `if eq(...)`, `else`. */
export function wordsOf({ kind, detail }: Frame): string {
  return detail === "else" ? detail : `${kind} ${detail}`;
}

/** The path that a label names, and the alias of its repository where it is `path@alias`. */
export function fileOf(
  label: string,
  repositories: Preview["repositories"],
): { path: string; alias: string | undefined } {
  const at = label.lastIndexOf("@");
  const alias = label.slice(at + 1);
  return at > 0 && repositories?.[alias]
    ? { path: `/${label.slice(0, at)}`, alias }
    : { path: `/${label}`, alias: undefined };
}
