/** What is shown of whole lines: those that are marked, and words beside them. Lines are from 1. */

import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, GutterMarker, gutter } from "@codemirror/view";

export const markLines = StateEffect.define<readonly number[]>();
export const setBeside = StateEffect.define<readonly string[]>();

const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    const { doc } = transaction.state;
    for (const effect of transaction.effects) {
      if (!effect.is(markLines)) continue;
      const places = effect.value.filter((line) => line >= 1 && line <= doc.lines);
      const mark = Decoration.line({ class: "cm-marked" });
      return Decoration.set(places.map((line) => mark.range(doc.line(line).from)));
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const beside = StateField.define<readonly string[]>({
  create: () => [],
  update(words, transaction) {
    return transaction.effects.find((effect) => effect.is(setBeside))?.value ?? words;
  },
});

class Word extends GutterMarker {
  readonly word: string;
  constructor(word: string) {
    super();
    this.word = word;
  }
  override eq(other: Word): boolean {
    return this.word === other.word;
  }
  override toDOM(): Node {
    const element = document.createElement("span");
    element.textContent = this.word;
    element.title = this.word;
    return element;
  }
}

const words = gutter({
  class: "cm-beside",
  lineMarker(view, line) {
    const { state } = view;
    const word = state.field(beside)[state.doc.lineAt(line.from).number - 1];
    return word ? new Word(word) : null;
  },
  lineMarkerChange: (update) => update.startState.field(beside) !== update.state.field(beside),
  initialSpacer: () => new Word("\u00a0"),
});

/** Marks of lines; with words beside them where they are wanted. */
export function lineMarks(hasWords: boolean): Extension {
  return hasWords ? [marked, beside, words] : marked;
}
