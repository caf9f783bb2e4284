import { Link } from "wouter";
import type { Scope } from "../../api/scope.ts";
import type { Issue, RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card } from "../../components/Card/Card.tsx";
import { ErrorCircleIcon, WarningIcon } from "../../components/icons.ts";
import styles from "./RunPage.module.css";

/** The errors and warnings of a run, each with the way to its line. */
export function Issues({ scope, page }: { scope: Scope; page: RunPage }) {
  const words = (["error", "warning"] as Issue["type"][]).flatMap((type) => {
    const count = page.issues.filter((issue) => issue.type === type).length;
    return count === 0 ? [] : `${count} ${type}${count === 1 ? "" : "s"}`;
  });
  const placeOf = ({ recordId, line }: Issue) => {
    const record = page.records.find(({ id }) => id === recordId);
    if (record?.type === "Task")
      return { job: record.parentId ?? undefined, step: record.id, line };
    return { job: recordId ?? undefined };
  };
  return (
    <Card title={words.join(", ")}>
      <ul className={styles.issues}>
        {page.issues.map((issue, index) => (
          <li key={index}>
            {issue.type === "error" ? (
              <ErrorCircleIcon aria-label="Error" className={styles.error} />
            ) : (
              <WarningIcon aria-label="Warning" className={styles.warning} />
            )}
            <div>
              {issue.recordId ? (
                <Link href={links.log(scope, page.id, placeOf(issue))}>{issue.message}</Link>
              ) : (
                issue.message
              )}
              {issue.stepName ? <div className={styles.soft}>{issue.stepName}</div> : null}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
