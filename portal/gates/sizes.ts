/** Fails when a page of the built portal weighs more than it may (gzip -9, as the server sends). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1000;
const FIRST_VIEW = 200 * KB;
const ROUTE = 60 * KB;
const EDITOR = 150 * KB;
const TOTAL = 700 * KB;

interface Chunk {
  file: string;
  src?: string;
  name?: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

const built = join(import.meta.dirname, "../../src/penstock/server/portal/built");
const manifest = JSON.parse(readFileSync(join(built, "manifest.json"), "utf8")) as Record<
  string,
  Chunk
>;

const weigh = (file: string) => gzipSync(readFileSync(join(built, file)), { level: 9 }).length;

/** The files that opening a chunk needs. */
function filesOf(key: string, seen = new Set<string>(), files = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (chunk === undefined || seen.has(key)) return files;
  seen.add(key);
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const imported of chunk.imports ?? []) filesOf(imported, seen, files);
  return files;
}

const sum = (files: Iterable<string>) => [...files].reduce((total, file) => total + weigh(file), 0);
const show = (bytes: number) => `${(bytes / KB).toFixed(1)} KB`;

const faults: string[] = [];
function gate(name: string, bytes: number, limit: number): void {
  const fits = bytes <= limit;
  console.log(`${fits ? "ok  " : "FAIL"} ${show(bytes).padStart(9)} of ${show(limit)}  ${name}`);
  if (!fits) faults.push(name);
}

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry);
if (entry === undefined) throw new Error("the manifest names no entry");
const base = filesOf(entry);
const page = weigh("index.html");

// The first view of most people is the list of pipelines; another page may be it as well.
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.src?.startsWith("src/") || !/(Page|Editor)\.tsx$/.test(chunk.src)) continue;
  const own = [...filesOf(key)].filter((file) => !base.has(file));
  const name = chunk.src.replace(/^src\//, "");
  const isEditor = /CodeEditor\.tsx$/.test(name);
  gate(`${isEditor ? "editor" : "route"} ${name}`, sum(own), isEditor ? EDITOR : ROUTE);
  if (/\/PipelinesPage\.tsx$/.test(name))
    gate("first view", page + sum(base) + sum(own), FIRST_VIEW);
}
gate("shell", page + sum(base), FIRST_VIEW);
const all = new Set(Object.values(manifest).flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]));
gate("whole portal", page + sum(all), TOTAL);
if (faults.length > 0) {
  console.error(`too heavy: ${faults.join(", ")}`);
  process.exit(1);
}
