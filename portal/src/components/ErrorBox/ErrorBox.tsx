import { Button } from "@fluentui/react-components";
import { ApiError } from "../../api/request.ts";
import { ErrorCircleIcon } from "../icons.ts";
import styles from "./ErrorBox.module.css";

/** What went wrong, in the server's words, and the way to try again. */
export function ErrorBox({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const isMissing = error instanceof ApiError && error.status === 404;
  return (
    <div role="alert" className={styles.box}>
      <ErrorCircleIcon aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <strong>{isMissing ? "Not found" : "This did not work"}</strong>
        <div>{error.message}</div>
      </div>
      {onRetry && !isMissing ? <Button onClick={onRetry}>Try again</Button> : null}
    </div>
  );
}
