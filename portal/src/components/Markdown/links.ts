/** Which addresses of a Markdown text may be followed. */

/** An address that a link may have: http, https, mail, or a place in the page; else undefined. */
export function resolveLink(
  href: string,
  linkTo: ((path: string) => string | undefined) | undefined,
): string | undefined {
  const plain = href.replace(/[\u0000-\u0020]/g, "");
  if (/^(https?|mailto):/i.test(plain)) return plain;
  if (plain.startsWith("#")) return plain;
  if (/^[a-z][a-z0-9+.-]*:/i.test(plain) || plain.startsWith("//") || plain.includes("\\")) {
    return undefined;
  }
  return linkTo?.(plain);
}

const ENTITIES: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

/** Text with the entities that stand for signs of Markdown itself. */
export function textOf(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}

/** A path relative to a file's folder, as a path from the root; undefined above the root. */
export function relativeTo(file: string, path: string): string | undefined {
  const parts = path.startsWith("/") ? [] : file.split("/").slice(0, -1);
  for (const part of (path.split(/[?#]/)[0] ?? "").split("/")) {
    if (part === "..") {
      if (parts.length === 0) return undefined;
      parts.pop();
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return `/${parts.filter(Boolean).join("/")}`;
}
