import { expect, test } from "vitest";
import { coloursOf } from "./colours.ts";

test("a colour of the palette is the theme's", () => {
  expect(coloursOf({ foreground: "1" })).toEqual({ front: "var(--ansi-1)" });
  expect(coloursOf({ bold: true })).toEqual({});
});

test("on a colour of the palette the text has the colour of the page", () => {
  const onRed = { front: "var(--log-page)", back: "var(--ansi-1)" };
  expect(coloursOf({ background: "1" })).toEqual(onRed);
  expect(coloursOf({ foreground: "7", background: "1" })).toEqual(onRed);
  expect(coloursOf({ foreground: "1", inverse: true })).toEqual(onRed);
});

test("on a colour of the program's own a text is black or white, unless it has one too", () => {
  expect(coloursOf({ background: "#ffee00" })).toEqual({ front: "#000", back: "#ffee00" });
  expect(coloursOf({ foreground: "3", background: "#102030" }).front).toBe("#fff");
  expect(coloursOf({ foreground: "#abcdef", background: "#102030" }).front).toBe("#abcdef");
});

test("a colour of the program's own on the page is as light as can be read there", () => {
  expect(coloursOf({ foreground: "#ff8700" }).front).toMatch(/^oklch\(from #ff8700 clamp\(/);
});

test("inverse alone swaps text and page", () => {
  expect(coloursOf({ inverse: true })).toEqual({
    front: "var(--log-page)",
    back: "var(--log-text)",
  });
});
