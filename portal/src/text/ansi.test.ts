import { expect, test } from "vitest";
import { colour256, parseAnsi, plainText } from "./ansi.ts";

const texts = (line: string) => parseAnsi(line).segments.map((segment) => segment.text);

test("a line without controls is one segment", () => {
  expect(parseAnsi("hello\tworld")).toEqual({
    segments: [{ text: "hello\tworld" }],
    style: undefined,
  });
  expect(parseAnsi("").segments).toEqual([]);
});

test("colours begin and end where they say", () => {
  expect(parseAnsi("a\u001b[31mred\u001b[0mb").segments).toEqual([
    { text: "a" },
    { text: "red", style: { foreground: "1" } },
    { text: "b" },
  ]);
});

test("bold, bright, background and inverse", () => {
  expect(parseAnsi("\u001b[1;93;44;7mx").segments).toEqual([
    { text: "x", style: { bold: true, foreground: "11", background: "4", inverse: true } },
  ]);
  expect(parseAnsi("\u001b[1;4mx\u001b[22;24my").segments).toEqual([
    { text: "x", style: { bold: true, underline: true } },
    { text: "y" },
  ]);
});

test("256 and 24-bit colours", () => {
  expect(parseAnsi("\u001b[38;5;208mx").segments[0]?.style).toEqual({ foreground: "#ff8700" });
  expect(parseAnsi("\u001b[48;2;1;2;255mx").segments[0]?.style).toEqual({ background: "#0102ff" });
  expect(colour256(9)).toBe("9");
  expect(colour256(232)).toBe("#080808");
});

test("colours and underlines with colons are one code each", () => {
  const styleOf = (codes: string) => parseAnsi(`\u001b[${codes}mx`).segments[0]?.style;
  expect(styleOf("38:2::255:135:0")).toEqual({ foreground: "#ff8700" });
  expect(styleOf("38:2:255:135:0;1")).toEqual({ foreground: "#ff8700", bold: true });
  expect(styleOf("48:5:208")).toEqual({ background: "#ff8700" });
  expect(styleOf("4:3")).toEqual({ underline: true });
  expect(styleOf("4;4:0")).toBeUndefined();
  expect(styleOf("1;58;2;255;0;0;4")).toEqual({ bold: true, underline: true });
});

test("a style goes on into the next line", () => {
  const first = parseAnsi("\u001b[32mone");
  expect(first.style).toEqual({ foreground: "2" });
  expect(parseAnsi("two", first.style).segments).toEqual([
    { text: "two", style: { foreground: "2" } },
  ]);
});

test("progress that overwrites itself leaves its last state", () => {
  expect(plainText("Downloading  10%\rDownloading  50%\rDownloading 100%")).toBe(
    "Downloading 100%",
  );
  expect(plainText("long text\rshort")).toBe("shorttext");
  expect(plainText("long text\r\u001b[Kshort")).toBe("short");
  expect(plainText("long text\u001b[2K\rshort")).toBe("short    ");
  expect(plainText("abc\b\bx")).toBe("axc");
});

test("links of OSC 8 keep their address when it is http", () => {
  const link = (address: string) => `\u001b]8;;${address}\u0007docs\u001b]8;;\u0007 end`;
  expect(parseAnsi(link("https://example.com/a")).segments).toEqual([
    { text: "docs", link: "https://example.com/a" },
    { text: " end" },
  ]);
  for (const address of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " x"]) {
    expect(parseAnsi(link(address)).segments[0]).toEqual({ text: "docs" });
  }
});

test("titles, cursor moves and broken sequences leave no garbage", () => {
  expect(texts("\u001b]0;title\u0007x")).toEqual(["x"]);
  expect(texts("\u001b[2A\u001b[?25lx\u001b[?25h")).toEqual(["x"]);
  expect(texts("\u001b(Bx")).toEqual(["x"]);
  expect(texts("\u009b31mx\u009d0;title\u0007y")).toEqual(["x", "y"]);
  expect(texts("\u001bPq#0\u001b\\x")).toEqual(["x"]);
  expect(texts("x\u001b[31")).toEqual(["x"]);
  expect(texts("x\u001b]8;;http://never-closed")).toEqual(["x"]);
  expect(texts("x\u0000\u0007y")).toEqual(["x", "y"]);
});

test("markup is text like any other", () => {
  expect(plainText("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
});
