import { useMemo } from "react";
import { differenceOf } from "../../text/difference.ts";
import { visible } from "../../text/visible.ts";
import styles from "./DiffView.module.css";

const SIGNS = { same: " ", added: "+", removed: "-" } as const;

/** What changed in a file. */
export function DiffView({
  before,
  after,
  label,
}: {
  before: string;
  after: string;
  label: string;
}) {
  const hunks = useMemo(() => differenceOf(before, after), [before, after]);
  if (before.includes("\u0000") || after.includes("\u0000"))
    return <p className={styles.note}>This file is not text.</p>;
  if (hunks === undefined) return <p className={styles.note}>Too much changed to be shown.</p>;
  if (hunks.length === 0) return <p className={styles.note}>The text is the same.</p>;
  return (
    <div className={styles.scroller} tabIndex={0} role="region" aria-label={`Changes of ${label}`}>
      <table className={styles.diff}>
        {hunks.map((hunk, at) => (
          <tbody key={at}>
            {hunk.lines.map((line, index) => (
              <tr key={index} className={styles[line.kind]}>
                <td className={styles.number} data-n={line.before ?? ""} />
                <td className={styles.number} data-n={line.after ?? ""} />
                <td className={styles.sign}>{SIGNS[line.kind]}</td>
                <td>
                  <code>{visible(line.text) || "\u200b"}</code>
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
