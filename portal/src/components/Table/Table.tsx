import type { ReactNode } from "react";
import styles from "./Table.module.css";

export interface Column<T> {
  name: string;
  /** The head is for screen readers only. */
  isSilent?: boolean;
  width?: string;
  align?: "end";
  cell: (row: T) => ReactNode;
}

/** Rows under heads. The cell that names the row holds its link. */
export function Table<T>({
  label,
  columns,
  rows,
  rowKey,
  isMarked,
}: {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  isMarked?: (row: T) => boolean;
}) {
  return (
    <div className={styles.scroller}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                style={{ width: column.width, textAlign: column.align }}
              >
                <span className={column.isSilent ? "visually-hidden" : undefined}>
                  {column.name}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={isMarked?.(row) ? styles.marked : undefined}>
              {columns.map((column) => (
                <td key={column.name} style={{ textAlign: column.align }}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Two lines in one cell: what it is, and softly what there is to know of it. */
export function TwoLines({ first, second }: { first: ReactNode; second: ReactNode }) {
  return (
    <div className={styles.two}>
      <div className={styles.first}>{first}</div>
      <div className={styles.second}>{second}</div>
    </div>
  );
}
