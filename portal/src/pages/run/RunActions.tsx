import { Button } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { cancelRun, keepRun, rerunFailed, shortBranch } from "../../api/runs.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useMay } from "../../app/session.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { ArrowClockwiseIcon, PlayIcon, StopIcon } from "../../components/icons.ts";
import { Menu } from "../../components/Menu/Menu.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { commandOf } from "../../text/parameters.ts";

/** What can be done with a run: cancel it, run its failed jobs again, run anew. */
export function RunActions({ scope, run }: { scope: Scope; run: RunPage }) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const mayRun = useMay(scope, "contributor");
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<ApiError>();
  const act = async (action: () => Promise<unknown>) => {
    try {
      await action();
      setError(undefined);
    } catch (refusal) {
      setError(refusal as ApiError);
    }
    await client.invalidateQueries({ queryKey: ["run", scope, run.id] });
  };
  const rerun = () =>
    act(async () => {
      const answer = await rerunFailed(scope, run.id);
      if (answer?.id && answer.id !== run.id) navigate(links.run(scope, answer.id));
    });
  const isOver = run.state === "completed";
  const command = commandOf({
    organization: organizationUrl(scope.organization),
    project: scope.project,
    pipeline: run.definition.id,
    branch: run.branch,
    templateParameters: run.parameters,
  });
  return (
    <>
      {mayRun && isOver && run.result !== "succeeded" && run.stages.length > 0 ? (
        <Button icon={<ArrowClockwiseIcon />} onClick={() => void rerun()}>
          Rerun failed jobs
        </Button>
      ) : null}
      {mayRun && !isOver ? (
        <Button
          icon={<StopIcon />}
          disabled={run.state === "cancelling"}
          onClick={() => setAsking(true)}
        >
          {run.state === "cancelling" ? "Canceling" : "Cancel"}
        </Button>
      ) : null}
      {mayRun && isOver ? (
        <Button
          appearance="primary"
          icon={<PlayIcon />}
          onClick={() =>
            navigate(links.runPanel(scope, run.definition.id, shortBranch(run.branch)))
          }
        >
          Run new
        </Button>
      ) : null}
      <Menu
        label="More"
        items={[
          {
            name: "Edit pipeline",
            onChoose: () =>
              navigate(links.editor(scope, run.definition.id, shortBranch(run.branch))),
          },
          { name: "Keep this run", onChoose: () => void act(() => keepRun(scope, run.id, true)) },
          {
            name: "Copy as command",
            isDisabled: !run.definition.id,
            onChoose: () => void navigator.clipboard.writeText(command),
          },
        ]}
      />
      {error ? <ErrorBox error={error} /> : null}
      {isAsking ? (
        <SidePanel
          place="centre"
          title="Cancel this run?"
          onClose={() => setAsking(false)}
          onSubmit={() => {
            setAsking(false);
            void act(() => cancelRun(scope, run.id));
          }}
          footer={
            <>
              <Button onClick={() => setAsking(false)}>Let it run</Button>
              <Button appearance="primary" type="submit">
                Cancel the run
              </Button>
            </>
          }
        >
          <p>Running steps are stopped. Steps with the condition always() still run.</p>
        </SidePanel>
      ) : null}
    </>
  );
}
