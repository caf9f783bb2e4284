import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useResource } from "../../api/resource.ts";
import { deletePipeline, pipeline } from "../../api/runs.ts";
import { organizationUrl, projectApi, type Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import { useMay } from "../../app/session.ts";
import { useRepositoryName } from "../../app/useRepositoryName.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { CodeIcon, DocumentIcon, EditIcon, PlayIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { CommandPanel } from "../../components/SidePanel/CommandPanel.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { createCommandOf } from "../../text/parameters.ts";
import { Analytics, Branches } from "./PipelineHistory.tsx";
import { PipelineSettings } from "./PipelineSettings.tsx";
import styles from "./PipelineView.module.css";
import { RunList } from "./RunList.tsx";
import { RunPanel } from "./RunPanel.tsx";

/** One pipeline: its runs, its branches, its figures. */
export function PipelineView({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(pipeline(scope, id));
  const [state, change] = useQueryState();
  const [, navigate] = useLocation();
  const mayRun = useMay(scope, "contributor");
  const [open, setOpen] = useState<"settings" | "badge" | "command" | "delete">();
  const close = () => setOpen(undefined);
  const view = state.get("view") ?? "runs";
  const name = query.data?.name ?? `Pipeline ${id}`;
  const configuration = query.data?.configuration;
  const repository = useRepositoryName(
    scope,
    configuration?.repository.name ?? configuration?.repository.id,
  );
  const crumbs = [
    { name: scope.project, href: links.project(scope) },
    { name: "Pipelines", href: links.pipelines(scope) },
  ];
  if (query.error && query.data === undefined) {
    return (
      <Page title={name} crumbs={crumbs}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  return (
    <Page
      title={name}
      crumbs={crumbs}
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
                name: "Settings",
                isDisabled: !mayRun,
                onChoose: () => setOpen("settings"),
              },
              { name: "Status badge", onChoose: () => setOpen("badge") },
              {
                name: "Copy as command",
                isDisabled: configuration === undefined,
                onChoose: () => setOpen("command"),
              },
              { name: "Delete", isDisabled: !mayRun, onChoose: () => setOpen("delete") },
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
      {open === "delete" ? (
        <ConfirmPanel
          title={`Delete ${name}?`}
          submit="Delete"
          keep="Keep it"
          changed={["pipelines"]}
          action={() => deletePipeline(scope, id)}
          onClose={close}
          onDone={() => navigate(links.pipelines(scope))}
        >
          <p>Its runs and their logs go with it. The YAML file stays in the repository.</p>
        </ConfirmPanel>
      ) : null}
      {open === "command" && configuration ? (
        <CommandPanel
          text={createCommandOf({
            organization: organizationUrl(scope.organization),
            project: scope.project,
            name,
            repository: repository ?? "",
            path: configuration.path,
          })}
          onClose={close}
        />
      ) : null}
      {open === "settings" ? <PipelineSettings scope={scope} id={id} onClose={close} /> : null}
      {open === "badge" ? <BadgePanel scope={scope} id={id} onClose={close} /> : null}
    </Page>
  );
}

/** The picture of how the last run went, and how to show it elsewhere. */
function BadgePanel({ scope, id, onClose }: { scope: Scope; id: number; onClose: () => void }) {
  const badge = projectApi(scope, "build", "status", id);
  return (
    <SidePanel title="Status badge" place="centre" onClose={onClose}>
      <p>
        <img src={badge} alt="How the last run went" height="20" />
      </p>
      <CodeBlock text={`![Build Status](${window.location.origin}${badge})`} label="As Markdown" />
      <p className={styles.soft}>It is shown to those who are signed in here.</p>
    </SidePanel>
  );
}
