/** How the editor looks: the colours of YAML, and its parts in the themes of the portal. */

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const colours = HighlightStyle.define([
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName)],
    color: "var(--colorBrandForeground1)",
  },
  { tag: [tags.string, tags.content], color: "inherit" },
  { tag: tags.special(tags.string), color: "var(--colorPaletteRedForeground1)" },
  { tag: tags.comment, color: "var(--text-soft)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--colorPaletteBerryForeground1)" },
]);

export const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--page)", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-gutters": {
    backgroundColor: "var(--shade)",
    color: "var(--text-soft)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-beside": { borderRight: "1px solid var(--line)" },
  ".cm-beside .cm-gutterElement": {
    boxSizing: "border-box",
    width: "calc(16ch + 18px)",
    padding: "0 8px",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--text) 6%, transparent)",
  },
  ".cm-marked": {
    backgroundColor: "var(--mark)",
    boxShadow: "inset 3px 0 0 var(--colorBrandForeground1)",
  },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--mark) !important",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--page)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    fontFamily: "system-ui, sans-serif",
  },
});
