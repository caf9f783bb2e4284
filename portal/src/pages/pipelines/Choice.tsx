import type { ReactNode } from "react";
import styles from "./NewPipelinePage.module.css";

/** One of several ways to go on: a picture, a name, and what it means. */
export function Choice({
  icon,
  title,
  children,
  onChoose,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  onChoose: () => void;
}) {
  return (
    <button type="button" className={styles.choice} onClick={onChoose}>
      {icon}
      <span>
        <strong>{title}</strong>
        <span>{children}</span>
      </span>
    </button>
  );
}
