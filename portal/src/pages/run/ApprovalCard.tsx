import { Button, Textarea } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";
import { answerApproval, permitPipeline } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { Approval } from "../../api/wire.ts";
import { useAction } from "../../app/useAction.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { PersonClockIcon } from "../../components/icons.ts";
import { isUnnamed } from "../../text/timeline.ts";
import styles from "./ApprovalCard.module.css";

const CHANGED = ["run", "approvals"];

/** An approval that somebody is to give, with its buttons for those who may. */
export function ApprovalCard({
  scope,
  approval,
  children,
}: {
  scope: Scope;
  approval: Approval;
  /** What it is for, where the page does not say it. */
  children?: ReactNode;
}) {
  const [comment, setComment] = useState("");
  const { act, error, isBusy } = useAction(CHANGED);
  const answer = (status: "approved" | "rejected") =>
    void act(() => answerApproval(scope, approval.id, status, comment));
  const mayAnswer = approval.canApprove ?? approval.permissions !== "view";
  const stage = isUnnamed(approval.stage) ? undefined : approval.stage;
  const what = [stage, approval.resource?.name].filter(Boolean).join(" → ");
  return (
    <Waiting title={`Waiting for approval: ${what}`} error={error}>
      {children}
      {approval.instructions ? <p>{approval.instructions}</p> : null}
      <Approvers steps={approval.steps ?? []} />
      {mayAnswer ? (
        <>
          <Textarea
            value={comment}
            aria-label="Comment"
            placeholder="Comment"
            onChange={(_, data) => setComment(data.value)}
          />
          <div className={styles.buttons}>
            <Button appearance="primary" disabled={isBusy} onClick={() => answer("approved")}>
              Approve
            </Button>
            <Button disabled={isBusy} onClick={() => answer("rejected")}>
              Reject
            </Button>
          </div>
        </>
      ) : null}
    </Waiting>
  );
}

/** Who has approved, and who may. */
function Approvers({ steps }: { steps: NonNullable<Approval["steps"]> }) {
  const named = (isDone: boolean) =>
    steps
      .filter((step) => (step.status === "approved") === isDone)
      .map((step) => step.assignedApprover.displayName)
      .join(", ");
  const [done, open] = [named(true), named(false)];
  const text = [done && `${done} approved`, open && `${open} may approve`].filter(Boolean);
  return text.length > 0 ? <p className={styles.soft}>{text.join("; ")}</p> : null;
}

const RESOURCES: Record<string, string> = {
  environment: "the environment",
  variablegroup: "the variable group",
  endpoint: "the service connection",
  securefile: "the secure file",
  queue: "the agent pool",
  repository: "the repository",
};

/** A resource that a run waits to be permitted to use. */
export function PermissionCard({
  scope,
  approval,
  pipeline,
}: {
  scope: Scope;
  approval: Approval;
  pipeline: number;
}) {
  const { act, error, isBusy } = useAction(CHANGED);
  const { resource } = approval;
  const what = `${RESOURCES[resource?.type ?? ""] ?? "the resource"} ${resource?.name ?? ""}`;
  return (
    <Waiting title={`This pipeline needs permission to use ${what}`} error={error}>
      <p>The run goes on once it is permitted; later runs of this pipeline need not ask.</p>
      {resource && approval.canApprove ? (
        <div className={styles.buttons}>
          <Button
            appearance="primary"
            disabled={isBusy}
            onClick={() => void act(() => permitPipeline(scope, resource, pipeline))}
          >
            Permit
          </Button>
        </div>
      ) : (
        <p className={styles.soft}>Who administers {what} may permit it.</p>
      )}
    </Waiting>
  );
}

function Waiting({
  title,
  error,
  children,
}: {
  title: string;
  error: Error | undefined;
  children: ReactNode;
}) {
  return (
    <section className={styles.card} aria-label={title}>
      <PersonClockIcon aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <h2>{title}</h2>
        {error ? <ErrorBox error={error} /> : null}
        {children}
      </div>
    </section>
  );
}
