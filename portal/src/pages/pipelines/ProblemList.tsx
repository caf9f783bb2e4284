import { memo } from "react";
import type { Diagnostic } from "../../api/wire.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { CheckmarkCircleIcon, DismissCircleIcon, WarningIcon } from "../../components/icons.ts";
import { PlaceLink } from "./PlaceLink.tsx";
import { countOf, severityOf } from "./problems.ts";
import styles from "./YamlReview.module.css";

/** What is wrong with the text and the files it includes, and what a run of it would lack. */
export const ProblemList = memo(function ProblemList({
  diagnostics,
  missing,
  awaited,
  isChecking,
  isAnswered,
}: {
  diagnostics: readonly Diagnostic[];
  missing: readonly string[];
  awaited: readonly string[];
  isChecking: boolean;
  isAnswered: boolean;
}) {
  const isWrong = diagnostics.some((one) => severityOf(one) === "error");
  // What a run would lack is told as a warning as well.
  const lacks = missing.filter((what) => !diagnostics.some((one) => one.message === what));
  const isDoubtful =
    lacks.length + awaited.length > 0 || diagnostics.some((one) => severityOf(one) === "warning");
  const verdict = [
    isWrong || awaited.length > 0 ? "" : "This pipeline is valid",
    countOf(diagnostics),
    awaited.length > 0 ? `a run needs a value for ${awaited.join(", ")}` : "",
  ];
  return (
    <section className={styles.problems} aria-label="Validation">
      <p className={styles.verdict} role="status">
        {!isAnswered ? null : isWrong ? (
          <DismissCircleIcon aria-hidden className={styles.wrong} />
        ) : isDoubtful ? (
          <WarningIcon aria-hidden className={styles.warn} />
        ) : (
          <CheckmarkCircleIcon aria-hidden className={styles.good} />
        )}
        {isAnswered ? verdict.filter(Boolean).join("; ") : ""}
        {isChecking ? <span className={styles.soft}>Checking…</span> : null}
      </p>
      {diagnostics.map((one, index) => (
        <div key={`${index}${one.text}`} className={styles.problem}>
          {one.file ? (
            <PlaceLink file={one.file} line={one.line ?? 1} column={one.column ?? 1} />
          ) : null}
          {severityOf(one) === "error" ? (
            <CodeBlock text={one.text} label={one.message} />
          ) : (
            <details>
              <summary>{one.message}</summary>
              <CodeBlock text={one.text} label={one.message} />
            </details>
          )}
        </div>
      ))}
      {lacks.map((what) => (
        <p key={what} className={styles.verdict}>
          <WarningIcon aria-hidden className={styles.warn} /> {what}
        </p>
      ))}
    </section>
  );
});
