import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { address } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { deletePipeline, pipeline, runs } from "../../api/runs.ts";
import { organizationUrl, projectApi, type Scope } from "../../api/scope.ts";
import type { RunRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import { useMay } from "../../app/session.ts";
import { useRepositoryName } from "../../app/useRepositoryName.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CopyButton } from "../../components/CopyButton/CopyButton.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { CodeIcon, DocumentIcon, EditIcon, PlayIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { BranchChip, runTitle } from "../../components/RunRow/RunRow.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { createCommandOf } from "../../text/parameters.ts";
import { branchHistory, passRate } from "../../text/statistics.ts";
import { formatDuration } from "../../text/time.ts";
import styles from "./PipelineView.module.css";
import { RunList } from "./RunList.tsx";
import { RunPanel } from "./RunPanel.tsx";

/** One pipeline: its runs, its branches, its figures. */
export function PipelineView({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(pipeline(scope, id));
  const [state, change] = useQueryState();
  const [, navigate] = useLocation();
  const mayRun = useMay(scope, "contributor");
  const [isAsking, setAsking] = useState(false);
  const view = state.get("view") ?? "runs";
  const name = query.data?.name ?? `Pipeline ${id}`;
  const configuration = query.data?.configuration;
  const repository = useRepositoryName(
    scope,
    configuration?.repository.name ?? configuration?.repository.id,
  );
  const badge = projectApi(scope, "build", "status", id);
  return (
    <Page
      title={name}
      crumbs={[
        { name: scope.project, href: links.project(scope) },
        { name: "Pipelines", href: links.pipelines(scope) },
      ]}
      facts={
        configuration ? (
          <>
            <span className={styles.fact}>
              <CodeIcon aria-hidden />
              {repository ? <Link href={links.files(scope, repository)}>{repository}</Link> : null}
            </span>
            <span className={styles.fact}>
              <DocumentIcon aria-hidden />
              {configuration.path.replace(/^\//, "")}
            </span>
          </>
        ) : null
      }
      actions={
        <>
          <Button icon={<EditIcon />} onClick={() => navigate(links.editor(scope, id))}>
            Edit
          </Button>
          {mayRun ? (
            <Button
              appearance="primary"
              icon={<PlayIcon />}
              onClick={() => change({ run: "new" }, { replace: false })}
            >
              Run pipeline
            </Button>
          ) : null}
          <Menu
            label="More"
            items={[
              {
                name: "Copy status badge",
                onChoose: () =>
                  void navigator.clipboard.writeText(
                    `![Build Status](${window.location.origin}${badge})`,
                  ),
              },
              {
                name: "Copy as command",
                onChoose: () =>
                  void navigator.clipboard.writeText(
                    createCommandOf({
                      organization: organizationUrl(scope.organization),
                      project: scope.project,
                      name,
                      repository: repository ?? "",
                      path: configuration?.path ?? "azure-pipelines.yml",
                    }),
                  ),
              },
              { name: "Delete", isDisabled: !mayRun, onChoose: () => setAsking(true) },
            ]}
          />
        </>
      }
      tabs={
        <Tabs
          label={name}
          tabs={[
            { name: "Runs", href: links.pipeline(scope, id), isHere: view === "runs" },
            {
              name: "Branches",
              href: links.pipeline(scope, id, "branches"),
              isHere: view === "branches",
            },
            {
              name: "Analytics",
              href: links.pipeline(scope, id, "analytics"),
              isHere: view === "analytics",
            },
          ]}
        />
      }
    >
      {view === "branches" ? (
        <Branches scope={scope} id={id} />
      ) : view === "analytics" ? (
        <Analytics scope={scope} id={id} />
      ) : (
        <RunList scope={scope} definitionId={id} />
      )}
      {state.get("run") === "new" && query.data ? (
        <RunPanel
          scope={scope}
          pipeline={query.data}
          branch={state.get("branch") ?? ""}
          onClose={() => change({ run: undefined })}
        />
      ) : null}
      {isAsking ? (
        <SidePanel
          place="centre"
          title={`Delete ${name}?`}
          onClose={() => setAsking(false)}
          onSubmit={() =>
            void deletePipeline(scope, id).then(() => navigate(links.pipelines(scope)))
          }
          footer={
            <>
              <Button onClick={() => setAsking(false)}>Keep it</Button>
              <Button appearance="primary" type="submit">
                Delete
              </Button>
            </>
          }
        >
          <p>Its runs and their logs go with it. The YAML file stays in the repository.</p>
        </SidePanel>
      ) : null}
      {view === "runs" ? null : (
        <div className={styles.badge}>
          <img src={address(badge, {})} alt="Status badge" height="20" />
          <CopyButton
            text={`![Build Status](${window.location.origin}${badge})`}
            label="Copy the badge as Markdown"
          />
        </div>
      )}
    </Page>
  );
}

function Branches({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(runs(scope, { definitionId: id, top: 200 }));
  return (
    <Loaded query={query}>
      {({ value }) => {
        const branches = branchHistory(value);
        if (branches.length === 0) return <EmptyState title="No branch has run yet" />;
        return (
          <Table
            label="Branches"
            rows={branches}
            rowKey={(branch) => branch.name}
            columns={[
              { name: "Branch", width: "26%", cell: (branch) => <BranchChip name={branch.name} /> },
              {
                name: "Last run",
                cell: ({ last }) => (
                  <span className={styles.last}>
                    <StateIcon state={last.state} result={last.result} />
                    <Link href={links.run(scope, last.id)}>{runTitle(last)}</Link>
                  </span>
                ),
              },
              {
                name: "Runs",
                width: "240px",
                cell: ({ history }) => <History scope={scope} runs={history.slice(0, 16)} />,
              },
              {
                name: "Time",
                width: "110px",
                cell: ({ last }) => <Age time={last.startTime ?? last.queueTime} />,
              },
            ]}
          />
        );
      }}
    </Loaded>
  );
}

/** Runs as bars, oldest first: as high as they took long. */
function History({ scope, runs: rows }: { scope: Scope; runs: RunRow[] }) {
  const took = (run: RunRow) =>
    run.startTime && run.finishTime ? Date.parse(run.finishTime) - Date.parse(run.startTime) : 0;
  const longest = Math.max(1, ...rows.map(took));
  return (
    <span className={styles.bars}>
      {[...rows].reverse().map((run) => (
        <Link
          key={run.id}
          href={links.run(scope, run.id)}
          className={styles.bar}
          data-result={run.result ?? run.state}
          style={{ height: 6 + (22 * took(run)) / longest }}
          title={`${runTitle(run)}: ${run.result ?? run.state}`}
          aria-label={`${runTitle(run)}: ${run.result ?? run.state}`}
        />
      ))}
    </span>
  );
}

function Analytics({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(runs(scope, { definitionId: id, top: 200 }));
  return (
    <Loaded query={query}>
      {({ value }) => {
        const figures = passRate(value);
        if (figures.finished === 0) return <EmptyState title="No run has finished yet" />;
        return (
          <>
            <div className={styles.figures}>
              <Figure name="Pass rate" value={`${Math.round(figures.rate * 100)} %`} />
              <Figure name="Finished runs" value={String(figures.finished)} />
              <Figure name="Half take less than" value={formatDuration(figures.median)} />
              <Figure name="Nine of ten take less than" value={formatDuration(figures.ninth)} />
            </div>
            <Card title="The last runs, oldest first">
              <History scope={scope} runs={value.slice(0, 100)} />
            </Card>
            <Card title="Failures by stage">
              {figures.failedStages.length === 0 ? (
                "No stage failed."
              ) : (
                <ol className={styles.stages}>
                  {figures.failedStages.map(([stage, count]) => (
                    <li key={stage}>
                      {stage}: {count}
                    </li>
                  ))}
                </ol>
              )}
            </Card>
            <p className={styles.soft}>
              Counted over {value.length === 1 ? "one run" : `the last ${value.length} runs`}.
            </p>
          </>
        );
      }}
    </Loaded>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className={styles.figure}>
      <span>{name}</span>
      <strong>{value}</strong>
    </div>
  );
}
