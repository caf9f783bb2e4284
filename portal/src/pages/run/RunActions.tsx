import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { cancelRun, keepRun, rerunFailed, shortBranch } from "../../api/runs.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { ArrowClockwiseIcon, PlayIcon, StopIcon } from "../../components/icons.ts";
import { Menu } from "../../components/Menu/Menu.tsx";
import { CommandPanel } from "../../components/SidePanel/CommandPanel.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { commandOf } from "../../text/parameters.ts";

/** What can be done with a run: cancel it, run its failed jobs again, run anew. */
export function RunActions({ scope, run }: { scope: Scope; run: RunPage }) {
  const [, navigate] = useLocation();
  const mayRun = useMay(scope, "contributor");
  const [open, setOpen] = useState<"cancel" | "command">();
  const { act, error, isBusy } = useAction(["run"]);
  const close = () => setOpen(undefined);
  const rerun = () =>
    act(async () => {
      const answer = await rerunFailed(scope, run.id);
      if (answer?.id && answer.id !== run.id) navigate(links.run(scope, answer.id));
    });
  const isOver = run.state === "completed";
  const branch = shortBranch(run.branch);
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      {mayRun && isOver && run.result !== "succeeded" && run.stages.length > 0 ? (
        <Button icon={<ArrowClockwiseIcon />} disabled={isBusy} onClick={() => void rerun()}>
          Rerun failed jobs
        </Button>
      ) : null}
      {mayRun && !isOver ? (
        <Button
          icon={<StopIcon />}
          disabled={run.state === "cancelling"}
          onClick={() => setOpen("cancel")}
        >
          {run.state === "cancelling" ? "Canceling" : "Cancel"}
        </Button>
      ) : null}
      {mayRun && isOver ? (
        <Button
          appearance="primary"
          icon={<PlayIcon />}
          onClick={() => navigate(links.runPanel(scope, run.definition.id, branch))}
        >
          Run new
        </Button>
      ) : null}
      <Menu
        label="More"
        items={[
          {
            name: "Edit pipeline",
            onChoose: () => navigate(links.editor(scope, run.definition.id, branch)),
          },
          {
            name: run.kept ? "Stop keeping this run" : "Keep this run",
            isDisabled: !mayRun,
            onChoose: () => void act(() => keepRun(scope, run.id, !run.kept)),
          },
          { name: "Copy as command", onChoose: () => setOpen("command") },
        ]}
      />
      {open === "command" ? (
        <CommandPanel
          text={commandOf({
            organization: organizationUrl(scope.organization),
            project: scope.project,
            pipeline: run.definition.id,
            branch: run.branch,
            templateParameters: run.parameters,
          })}
          onClose={close}
        />
      ) : null}
      {open === "cancel" ? (
        <ConfirmPanel
          title="Cancel this run?"
          submit="Cancel the run"
          keep="Let it run"
          changed={["run"]}
          action={() => cancelRun(scope, run.id)}
          onClose={close}
        >
          <p>Running steps are stopped. Steps with the condition always() still run.</p>
        </ConfirmPanel>
      ) : null}
    </>
  );
}
