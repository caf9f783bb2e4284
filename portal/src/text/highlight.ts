/** Colours for YAML and shell lines, good enough to read by; the checker of YAML is the server. */

export type TokenKind = "key" | "text" | "comment" | "number" | "expression" | "sign" | "plain";

export interface Token {
  kind: TokenKind;
  text: string;
}

const YAML =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<expression>\$\{\{.*?\}\}|\$\([\w.-]+\)|\$\[.*?\])|(?<key>(?<=^\s*(?:- +)*)[\w.$][\w.$ -]*?(?=:(?:\s|$)))|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<sign>(?<=^\s*)-(?=\s|$)|[|>][+-]?$|:(?=\s|$))|(?<number>(?<=[:\s[,])(?:-?\d+(?:\.\d+)*|true|false|null)(?=$|[\s,\]]))/gm;

const SHELL =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<text>"(?:[^"\\]|\\.)*"|'[^']*')|(?<key>(?<=^\s*(?:\$ )?)[\w./-]+)|(?<number>(?<=\s)--?[\w-]+)|(?<expression>\$\{?\w+\}?|<[\w-]+>)/gm;

/** One line in coloured parts; together they are the line. */
export function highlight(line: string, language: "yaml" | "shell" | "plain"): Token[] {
  if (language === "plain") return line === "" ? [] : [{ kind: "plain", text: line }];
  const tokens: Token[] = [];
  let at = 0;
  for (const match of line.matchAll(language === "yaml" ? YAML : SHELL)) {
    if (match.index > at) tokens.push({ kind: "plain", text: line.slice(at, match.index) });
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0];
    tokens.push({ kind: (kind ?? "plain") as TokenKind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < line.length) tokens.push({ kind: "plain", text: line.slice(at) });
  return tokens;
}
