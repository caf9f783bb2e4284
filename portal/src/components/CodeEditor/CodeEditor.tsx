import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import {
  lintGutter,
  type Diagnostic as Mark,
  nextDiagnostic,
  previousDiagnostic,
  setDiagnostics,
} from "@codemirror/lint";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  type KeyBinding,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import styles from "./CodeEditor.module.css";
import { changeOf } from "./change.ts";
import { offsetOf } from "./column.ts";
import { lineMarks, markLines, setBeside } from "./lines.ts";
import { colours, look } from "./look.ts";

/** A place to go to. The same place again is another object. */
export interface Goal {
  line: number;
  column: number;
}

/** What is wrong at a place, which ends with its line where nothing else is said. */
export interface EditorProblem extends Goal {
  endLine?: number | null | undefined;
  endColumn?: number | null | undefined;
  severity: "error" | "warning" | "info";
  message: string;
}

export interface CodeEditorProps {
  value: string;
  label: string;
  /** Absent: the text is only read. */
  onChange?: ((value: string) => void) | undefined;
  /** By Ctrl+S. */
  onSave?: (() => void) | undefined;
  /** The line of the cursor, when that moves. */
  onLine?: ((line: number) => void) | undefined;
  problems?: readonly EditorProblem[];
  /** Lines to mark; the first is scrolled to. */
  marked?: readonly number[];
  /** A word beside each line. */
  beside?: readonly string[];
  goal?: Goal | undefined;
}

const NOTHING: readonly never[] = [];
const fromOutside = Annotation.define<true>();

/**
 * YAML to write or to read, with the server's diagnostics at their places. Escape, then Tab, leaves
 * it; F8 goes to the next diagnostic.
 *
 * It lives in a shadow root: there the library uses a constructed style sheet, which the content
 * security policy allows.
 */
export default function CodeEditor(props: CodeEditorProps) {
  const { value, problems = NOTHING, marked = NOTHING, beside, goal } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  /** Texts that were told of; one may come back as `value` when more is typed already. */
  const told = useRef(new Set<string>());
  const isReadOnly = props.onChange === undefined;
  const hasWords = beside !== undefined;

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const { label } = latest.current;
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineMarks(hasWords),
          lineNumbers(),
          drawSelection(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          yaml(),
          syntaxHighlighting(colours),
          look,
          isReadOnly ? EditorState.readOnly.of(true) : writing(() => latest.current.onSave?.()),
          keymap.of(defaultKeymap),
          EditorView.contentAttributes.of({
            "aria-label": label,
            "aria-description": isReadOnly ? "" : "Escape, then Tab, leaves this field",
            tabindex: "0",
          }),
          EditorView.updateListener.of((update) => {
            const isFromOutside = update.transactions.some((one) => one.annotation(fromOutside));
            if (update.docChanged && !isFromOutside) {
              const text = update.state.doc.toString();
              told.current.add(text);
              latest.current.onChange?.(text);
            }
            if (update.view.hasFocus && (update.selectionSet || update.focusChanged)) {
              const { doc, selection } = update.state;
              latest.current.onLine?.(doc.lineAt(selection.main.head).number);
            }
          }),
        ],
      }),
    });
    view.current = editor;
    // Where there is less room than before, the cursor stays in it.
    const resized = new ResizeObserver(() => {
      if (!editor.hasFocus) return;
      const { head } = editor.state.selection.main;
      editor.dispatch({ effects: EditorView.scrollIntoView(head, { y: "nearest" }) });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      editor.destroy();
      view.current = undefined;
    };
  }, [isReadOnly, hasWords]);

  useEffect(() => {
    const editor = view.current;
    const text = editor?.state.doc.toString();
    if (editor === undefined || text === undefined) return;
    if (text === value) told.current.clear();
    else if (!told.current.has(value)) {
      editor.dispatch({ changes: changeOf(text, value), annotations: fromOutside.of(true) });
    }
  }, [value]);

  useEffect(() => {
    if (beside) view.current?.dispatch({ effects: setBeside.of(beside) });
  }, [beside]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, marksOf(editor.state, problems)));
  }, [problems]);

  useEffect(() => {
    view.current?.dispatch({ effects: markLines.of(marked) });
  }, [marked]);

  const [first] = marked;
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || first === undefined || first > editor.state.doc.lines) return;
    const at = editor.state.doc.line(first).from;
    editor.dispatch({ effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 60 }) });
  }, [first]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || goal === undefined) return;
    const line = editor.state.doc.line(Math.min(Math.max(1, goal.line), editor.state.doc.lines));
    const anchor = line.from + offsetOf(line.text, goal.column);
    editor.dispatch({
      selection: { anchor },
      effects: EditorView.scrollIntoView(anchor, { y: "center" }),
    });
    editor.focus();
  }, [goal]);

  return <div ref={host} className={styles.editor} data-editor />;
}

/** What only a text that is written needs. */
function writing(onSave: () => void): Extension {
  const save: KeyBinding = {
    key: "Mod-s",
    preventDefault: true,
    run: () => {
      onSave();
      return true;
    },
  };
  const steps: KeyBinding[] = [
    { key: "F8", run: nextDiagnostic },
    { key: "Shift-F8", run: previousDiagnostic },
  ];
  return [
    lintGutter(),
    history(),
    bracketMatching(),
    indentUnit.of("  "),
    keymap.of([save, ...steps, ...historyKeymap, indentWithTab]),
  ];
}

function marksOf(state: EditorState, problems: readonly EditorProblem[]): Mark[] {
  return problems
    .filter((one) => one.line >= 1 && one.line <= state.doc.lines)
    .map(({ line, column, endLine, endColumn, severity, message }) => {
      const begin = state.doc.line(line);
      const end = endLine && endLine <= state.doc.lines ? state.doc.line(endLine) : begin;
      const from = begin.from + offsetOf(begin.text, column);
      const to = endColumn ? end.from + offsetOf(end.text, endColumn) : begin.to;
      return { from, to: Math.max(from, to), severity, message };
    });
}
