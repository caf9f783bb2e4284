/** Where the lines of a full YAML come from, and what became of the lines of a file. Lines are from 1. */

import type { Frame, Origins } from "../../api/wire.ts";

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

/** `file:line` behind a line that comes from another place than the one above it, else nothing. */
export function placeBehind(origins: Origins, line: number): string {
  const [own, above] = [origins.lines[line - 1], origins.lines[line - 2]];
  if (own === undefined || (above && above[0] === own[0] && above[1] === own[1])) return "";
  return `${origins.files[own[0]]}:${own[1]}`;
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

/** The way to a place in words, outermost first: `template ci/build.yml (ci.yml:3)`. */
export function wayTo(place: Place): string[] {
  return place.chain.map(
    ({ kind, detail, file, line }) => `${detail === "else" ? "" : `${kind} `}${detail} (${file}:${line})`,
  );
}
