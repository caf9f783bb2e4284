/// <reference types="vitest/config" />
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const built = join(import.meta.dirname, "../src/penstock/server/portal/built");

/** A `.gz` beside each text file that is worth it: the server sends it as it is. */
function compressed(): Plugin {
  return {
    name: "penstock:compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(built, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const content = readFileSync(join(built, name));
        if (content.length > 1000) {
          writeFileSync(join(built, `${name}.gz`), gzipSync(content, { level: 9 }));
        }
      }
    },
  };
}

/** Libraries that every page needs are one file; it stays in the browser's cache across releases. */
const everyPage = /node_modules\/(react|react-dom|scheduler|wouter|regexparam|@tanstack)\//;

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/_portal/" : "/",

  plugins: [react(), compressed()],
  build: {
    outDir: built,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: { groups: [{ name: "react", test: everyPage }] },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      "^/(subscriptions|mlflow|_apis)/": process.env.PENSTOCK_URL ?? "http://127.0.0.1:4180",
      "^/[^/]+(/[^/]+)?/_apis/": process.env.PENSTOCK_URL ?? "http://127.0.0.1:4180",
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
