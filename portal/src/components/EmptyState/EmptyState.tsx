import type { ReactNode } from "react";
import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import styles from "./EmptyState.module.css";

/** Nothing here yet: says what would be here, and teaches the next step. */
export function EmptyState({
  title,
  children,
  command,
  action,
}: {
  title: string;
  children?: ReactNode;
  /** What to type in a terminal to get something here. */
  command?: string;
  action?: ReactNode;
}) {
  return (
    <section className={styles.box}>
      <svg viewBox="0 0 64 40" className={styles.picture} aria-hidden="true">
        <path d="M4 10h22c11 0 18 6 18 15v15" />
        <path d="M4 24h12c5 0 8 3 8 8v8" />
      </svg>
      <h2>{title}</h2>
      {children ? <div className={styles.text}>{children}</div> : null}
      {action}
      {command ? <CodeBlock text={command} language="shell" /> : null}
    </section>
  );
}
