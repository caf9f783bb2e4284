/** What is wrong, as the text that is edited shows it. */

import type { Diagnostic, Location } from "../../api/wire.ts";
import type { EditorProblem } from "../../components/CodeEditor/CodeEditor.tsx";

/** The problems of a file, and at the references that lead to them those of the files it includes. */
export function problemsIn(file: string, diagnostics: readonly Diagnostic[]): EditorProblem[] {
  return diagnostics.flatMap((one) => {
    const severity = severityOf(one);
    const said = [one.message, one.help].filter(Boolean).join("\n");
    const own = placed(file, one);
    if (own) return [{ ...own, severity, message: said }];
    const through = (one.related ?? []).flatMap((related) => placed(file, related) ?? []).at(-1);
    return through ? [{ ...through, severity, message: `${one.file}:${one.line}: ${said}` }] : [];
  });
}

/** "2 errors, 1 warning"; empty when there is nothing. */
export function countOf(diagnostics: readonly Diagnostic[]): string {
  const words = { error: "error", warning: "warning", info: "note" };
  return Object.entries(words)
    .map(([severity, word]) => {
      const count = diagnostics.filter((one) => severityOf(one) === severity).length;
      return count === 0 ? "" : `${count} ${word}${count > 1 ? "s" : ""}`;
    })
    .filter(Boolean)
    .join(", ");
}

export function severityOf({ severity }: Diagnostic): EditorProblem["severity"] {
  return severity === "error" || severity === "warning" ? severity : "info";
}

function placed(file: string, place: Location) {
  const { line, column, endLine, endColumn } = place;
  if (place.file !== file || line === null || column === null) return undefined;
  return { line, column, endLine, endColumn };
}
