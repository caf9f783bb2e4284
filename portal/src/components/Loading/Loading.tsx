import type { ReactNode } from "react";
import type { ApiError } from "../../api/request.ts";
import { ErrorBox } from "../ErrorBox/ErrorBox.tsx";
import styles from "./Loading.module.css";

/** Grey bars where rows will be. Shown after a moment only: what is quick does not flicker. */
export function Loading({ rows = 5 }: { rows?: number }) {
  return (
    <div className={styles.loading} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.bar} />
      ))}
    </div>
  );
}

/** What a resource gave: bars until it is there, the error if it cannot be had. */
export function Loaded<T>({
  query,
  children,
  rows,
}: {
  query: { data: T | undefined; error: ApiError | null; refetch: () => unknown };
  children: (data: T) => ReactNode;
  rows?: number;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorBox error={query.error} onRetry={() => query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}
