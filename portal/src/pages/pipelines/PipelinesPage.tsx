import { Button } from "@fluentui/react-components";
import { Link, useLocation } from "wouter";
import { useResource } from "../../api/resource.ts";
import { pipelines, shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { PipelineRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Chip } from "../../components/Card/Card.tsx";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar, SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { AddIcon, CodeIcon, FolderIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { BranchChip, reasonOf, runTitle } from "../../components/RunRow/RunRow.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import styles from "./PipelinesPage.module.css";
import { PipelineView } from "./PipelineView.tsx";
import { RunList } from "./RunList.tsx";

/** `_build`: the pipelines of a project, all of its runs, or with `definitionId` one pipeline. */
export default function PipelinesPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const [query] = useQueryState();
  const id = Number(query.get("definitionId"));
  return id ? <PipelineView key={id} scope={scope} id={id} /> : <Overview scope={scope} />;
}

function Overview({ scope }: { scope: Scope }) {
  const [query] = useQueryState();
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  const view = query.get("view") ?? "recent";
  return (
    <Page
      title="Pipelines"
      crumbs={[{ name: scope.project, href: links.project(scope) }]}
      actions={
        mayEdit ? (
          <Button
            appearance="primary"
            icon={<AddIcon />}
            onClick={() => navigate(links.newPipeline(scope))}
          >
            New pipeline
          </Button>
        ) : null
      }
      tabs={
        <Tabs
          label="Pipelines"
          tabs={[
            { name: "Recent", href: links.pipelines(scope), isHere: view === "recent" },
            { name: "All", href: links.pipelines(scope, "folders"), isHere: view === "folders" },
            { name: "Runs", href: links.pipelines(scope, "runs"), isHere: view === "runs" },
          ]}
        />
      }
    >
      {view === "runs" ? (
        <RunList scope={scope} />
      ) : (
        <PipelineList scope={scope} isRecent={view === "recent"} />
      )}
    </Page>
  );
}

function PipelineList({ scope, isRecent }: { scope: Scope; isRecent: boolean }) {
  const [state, change] = useQueryState();
  const text = state.get("q") ?? "";
  const branch = state.get("branch") ?? "";
  const query = useResource(pipelines(scope, { filter: text, top: 500 }));
  const isShown = (row: PipelineRow) =>
    (!isRecent || row.lastRun !== null || text !== "") &&
    (branch === "" || (row.lastRun !== null && shortBranch(row.lastRun.branch) === branch));
  const branches = [
    ...new Set(
      query.data?.value.flatMap((row) => (row.lastRun ? [shortBranch(row.lastRun.branch)] : [])),
    ),
  ].sort();
  return (
    <>
      <FilterBar
        onClear={text || branch ? () => change({ q: undefined, branch: undefined }) : undefined}
      >
        <SearchField value={text} onChange={(q) => change({ q })} placeholder="Filter pipelines" />
        <ChoiceField
          label="Branch"
          value={branch}
          choices={branches}
          onChange={(value) => change({ branch: value })}
        />
      </FilterBar>
      <Loaded query={query}>
        {({ value }) => {
          const shown = value.filter(isShown);
          if (value.length === 0 && text === "") return <NoPipelines scope={scope} />;
          if (shown.length === 0) {
            return isRecent && text === "" && branch === "" ? (
              <EmptyState title="No pipeline has run yet">
                <Link href={links.pipelines(scope, "folders")}>All pipelines</Link>
              </EmptyState>
            ) : (
              <EmptyState title="No pipeline fits these filters" />
            );
          }
          return isRecent ? (
            <PipelineTable scope={scope} rows={byAge(shown)} />
          ) : (
            <Folders scope={scope} rows={shown} />
          );
        }}
      </Loaded>
    </>
  );
}

const byAge = (rows: PipelineRow[]) =>
  [...rows].sort((one, other) => (other.lastRun?.id ?? 0) - (one.lastRun?.id ?? 0));

function Folders({ scope, rows }: { scope: Scope; rows: PipelineRow[] }) {
  const folders = Map.groupBy(rows, (row) => row.folder.replace(/^\\+/, ""));
  const names = [...folders.keys()].sort();
  return names.map((name) => (
    <section key={name} className={styles.folder}>
      {name === "" ? null : (
        <h2>
          <FolderIcon aria-hidden /> {name.replaceAll("\\", " / ")}
        </h2>
      )}
      <PipelineTable
        scope={scope}
        rows={(folders.get(name) ?? []).sort((one, other) => one.name.localeCompare(other.name))}
      />
    </section>
  ));
}

function PipelineTable({ scope, rows }: { scope: Scope; rows: PipelineRow[] }) {
  const [, navigate] = useLocation();
  const mayRun = useMay(scope, "contributor");
  return (
    <Table
      label="Pipelines"
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          name: "Pipeline",
          width: "30%",
          cell: (row) => (
            <div className={styles.pipeline}>
              <StateIcon
                state={row.lastRun?.state ?? "never ran"}
                result={row.lastRun?.result}
                size={20}
              />
              <TwoLines
                first={<Link href={links.pipeline(scope, row.id)}>{row.name}</Link>}
                second={
                  <>
                    <span className={styles.code}>
                      <CodeIcon aria-hidden /> {row.repository?.name}
                    </span>
                    {row.queueStatus === "enabled" ? null : <Chip>{row.queueStatus}</Chip>}
                  </>
                }
              />
            </div>
          ),
        },
        {
          name: "Last run",
          cell: ({ lastRun }) =>
            lastRun ? (
              <TwoLines
                first={<Link href={links.run(scope, lastRun.id)}>{runTitle(lastRun)}</Link>}
                second={
                  <>
                    <span>{reasonOf(lastRun)}</span>
                    {lastRun.branch ? <BranchChip name={lastRun.branch} /> : null}
                  </>
                }
              />
            ) : (
              <span className={styles.soft}>never ran</span>
            ),
        },
        {
          name: "History",
          width: "110px",
          cell: (row) => (
            <span className={styles.history}>
              {row.recentResults.slice(0, 5).map((result, index) => (
                <StateIcon
                  key={index}
                  state={result === null ? "inProgress" : "completed"}
                  result={result}
                  size={14}
                />
              ))}
            </span>
          ),
        },
        {
          name: "Time",
          width: "120px",
          cell: ({ lastRun }) =>
            lastRun ? (
              <div className={styles.time}>
                <Age time={lastRun.startTime ?? lastRun.queueTime} />
                <Duration
                  start={lastRun.startTime}
                  finish={lastRun.finishTime}
                  isOver={lastRun.state === "completed"}
                />
              </div>
            ) : null,
        },
        {
          name: "Actions",
          isSilent: true,
          width: "48px",
          cell: (row) => (
            <Menu
              label={`Actions for ${row.name}`}
              items={[
                {
                  name: "Run pipeline",
                  isDisabled: !mayRun || row.queueStatus === "disabled",
                  onChoose: () => navigate(links.runPanel(scope, row.id)),
                },
                { name: "Edit", onChoose: () => navigate(links.editor(scope, row.id)) },
                { name: "View runs", onChoose: () => navigate(links.pipeline(scope, row.id)) },
              ]}
            />
          ),
        },
      ]}
    />
  );
}

function NoPipelines({ scope }: { scope: Scope }) {
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  return (
    <EmptyState
      title="Create your first pipeline"
      action={
        mayEdit ? (
          <Button appearance="primary" onClick={() => navigate(links.newPipeline(scope))}>
            Create pipeline
          </Button>
        ) : null
      }
      command="penstock push"
    >
      A pipeline is a YAML file in a repository. Push a repository that has an{" "}
      <code>azure-pipelines.yml</code>, then create the pipeline here.
    </EmptyState>
  );
}
