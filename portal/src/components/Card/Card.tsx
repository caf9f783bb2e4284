import type { ReactNode } from "react";
import styles from "./Card.module.css";

/** A framed part of a page with a heading. */
export function Card({
  title,
  action,
  children,
  isFlush = false,
}: {
  title?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  /** The content reaches to the frame (a table, a graph). */
  isFlush?: boolean;
}) {
  return (
    <section className={styles.card}>
      {title ? (
        <header className={styles.header}>
          <h2>{title}</h2>
          {action}
        </header>
      ) : null}
      <div className={isFlush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

export function Chip({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <span className={styles.chip} title={title}>
      {children}
    </span>
  );
}
