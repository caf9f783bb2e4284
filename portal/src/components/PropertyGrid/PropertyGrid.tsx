import type { ReactNode } from "react";
import styles from "./PropertyGrid.module.css";

/** Names with values, in two columns. A value that is undefined, null or an empty text is left out. */
export function PropertyGrid({ items }: { items: [name: string, value: ReactNode][] }) {
  const present = items.filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return (
    <dl className={styles.grid}>
      {present.map(([name, value]) => (
        <div key={name} className={styles.row}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
