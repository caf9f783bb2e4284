import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  HighlightStyle,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, type Diagnostic as Mark, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Diagnostic } from "../../api/wire.ts";
import styles from "./CodeEditor.module.css";

export interface CodeEditorProps {
  value: string;
  onChange: (value: string) => void;
  diagnostics: readonly Diagnostic[];
  label: string;
  isReadOnly?: boolean;
}

const colours = HighlightStyle.define([
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName)],
    color: "var(--colorBrandForeground1)",
  },
  { tag: [tags.string, tags.content], color: "inherit" },
  { tag: tags.special(tags.string), color: "var(--colorPaletteRedForeground1)" },
  { tag: tags.comment, color: "var(--text-soft)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--colorPaletteBerryForeground1)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--page)", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-gutters": {
    backgroundColor: "var(--shade)",
    color: "var(--text-soft)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--text) 6%, transparent)",
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

/**
 * YAML to write, with the server's diagnostics at their places. Escape, then Tab, leaves it.
 *
 * It lives in a shadow root: there the library uses a constructed style sheet, which the content
 * security policy allows.
 */
export default function CodeEditor({
  value,
  onChange,
  diagnostics,
  label,
  isReadOnly = false,
}: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ value, onChange, label });
  latest.current = { value, onChange, label };

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          bracketMatching(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          indentUnit.of("  "),
          yaml(),
          syntaxHighlighting(colours),
          look,
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.contentAttributes.of({ "aria-label": latest.current.label, tabindex: "0" }),
          EditorState.readOnly.of(isReadOnly),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, [isReadOnly]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marksOf(editor.state, diagnostics)));
  }, [diagnostics]);

  return <div ref={host} className={styles.editor} data-editor />;
}

function marksOf(state: EditorState, diagnostics: readonly Diagnostic[]): Mark[] {
  return diagnostics
    .filter((one) => one.line >= 1 && one.line <= state.doc.lines)
    .map((one) => {
      const line = state.doc.line(one.line);
      const from = Math.min(line.from + Math.max(0, one.column - 1), line.to);
      const isOneLine = one.endLine === undefined || one.endLine === one.line;
      const to =
        isOneLine && one.endColumn ? Math.min(line.from + one.endColumn - 1, line.to) : line.to;
      return {
        from,
        to: Math.max(from, to),
        severity:
          one.severity === "error" ? "error" : one.severity === "warning" ? "warning" : "info",
        message: [one.message, one.help].filter(Boolean).join("\n"),
      };
    });
}
