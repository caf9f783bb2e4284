import { Button } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { GraphView } from "../../components/GraphView/GraphView.tsx";
import { StopIcon } from "../../components/icons.ts";
import { deferred } from "../../components/Loading/deferred.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { StateIcon, StateWord } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { isOver } from "../../text/states.ts";
import {
  archiveJob,
  cancelJob,
  fileAddress,
  job as jobOf,
  pictures,
  streamOf,
} from "../api/jobs.ts";
import type { Place } from "../api/place.ts";
import type { GraphNode, Job } from "../api/wire.ts";
import { type Area, FileTree, FileView } from "../components/Files/Files.tsx";
import { JobError, JobFacts } from "../components/JobFacts/JobFacts.tsx";
import { OriginLink } from "../components/JobFacts/OriginLink.tsx";
import { Outline } from "../components/JobGraph/Outline.tsx";
import { JobLog } from "../components/JobLog/JobLog.tsx";
import { crumbsOf, InWorkspace, Tabs } from "../components/StudioPage/StudioPage.tsx";
import { mlLinks, type Tab } from "../links.ts";
import { drawnInGroups, groupsOf } from "../text/groups.ts";
import { formatMetric } from "../text/numbers.ts";
import styles from "./JobPage.module.css";

/** Charts are heavy: they come when they are looked at. */
const Curves = deferred(async () => (await import("../components/Curves/Curves.tsx")).Curves);

export default function JobPage({ params }: PageProps) {
  const name = params.job ?? "";
  return <InWorkspace>{(place) => <JobLoader place={place} name={name} />}</InWorkspace>;
}

function JobLoader({ place, name }: { place: Place; name: string }) {
  const [status, setStatus] = useState("");
  const query = useResource(jobOf(place, name, streamOf(place, { name, status })));
  if (query.data && query.data.status !== status) setStatus(query.data.status);
  if (query.data) return <JobView key={name} place={place} job={query.data} />;
  return (
    <Page title={name} crumbs={crumbsOf(place)}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

function JobView({ place, job }: { place: Place; job: Job }) {
  const [query, change] = useQueryState();
  const tabs = tabsOf(job);
  const asked = query.get("tab") as Tab | null;
  const tab = tabs.find(([id]) => id === asked)?.[0] ?? firstTab(job);
  const isWide = tab === "graph" || tab === "outputs" || tab === "code";
  return (
    <Page
      title={job.displayName}
      heading={
        <>
          <StateIcon state={job.status} size={22} />
          {job.displayName}
        </>
      }
      crumbs={crumbsOf(
        place,
        ...job.ancestors.map((above) => ({
          name: above.displayName,
          href: mlLinks.job(place, above.name),
        })),
      )}
      isFixed={isWide}
      facts={<Facts job={job} />}
      actions={<Actions place={place} job={job} />}
      tabs={
        <Tabs
          label="Parts of the job"
          tabs={tabs}
          current={tab}
          onChoose={(id) => change({ tab: id, log: undefined, node: undefined })}
        />
      }
    >
      <TabContent place={place} job={job} tab={tab} />
    </Page>
  );
}

function Facts({ job }: { job: Job }) {
  return (
    <>
      <StateWord state={job.status} />
      <span>{job.experiment}</span>
      {job.started ? (
        <Duration start={job.started} finish={job.ended} isOver={isOver(job.status)} />
      ) : null}
      <Age time={job.created} />
      {job.createdBy ? <span>by {job.createdBy}</span> : null}
      {job.origin ? <OriginLink origin={job.origin} /> : null}
    </>
  );
}

function tabsOf(job: Job): [Tab, string][] {
  const isPipeline = job.graph.nodes.length > 0;
  const metrics = metricNames(job).length;
  return [
    ...(isPipeline ? ([["graph", "Graph"]] as [Tab, string][]) : []),
    ["overview", "Overview"],
    ["metrics", metrics > 0 ? `Metrics (${metrics})` : "Metrics"],
    ["images", "Images"],
    ...(isPipeline
      ? ([["children", `Child jobs (${job.children.length})`]] as [Tab, string][])
      : []),
    ["outputs", "Outputs + logs"],
    ...(job.command?.code ? ([["code", "Code"]] as [Tab, string][]) : []),
  ];
}

/** The metrics of a job and of its nodes. */
function metricNames(job: Job): string[] {
  const names = [job, ...job.children].flatMap((each) => Object.keys(each.metrics));
  return [...new Set(names)].sort();
}

function firstTab(job: Job): Tab {
  return job.graph.nodes.length > 0 ? "graph" : "overview";
}

function TabContent({ place, job, tab }: { place: Place; job: Job; tab: Tab }) {
  switch (tab) {
    case "graph":
      return <GraphTab place={place} job={job} />;
    case "overview":
      return <JobFacts place={place} job={job} />;
    case "metrics":
      return <Metrics place={place} job={job} />;
    case "images":
      return <Images place={place} job={job} />;
    case "children":
      return <Children place={place} job={job} />;
    case "outputs":
      return <OutputsTab place={place} job={job} />;
    case "code":
      return <FilesTab place={place} job={job} areas={[{ id: "code", name: "Code" }]} />;
  }
}

function Actions({ place, job }: { place: Place; job: Job }) {
  const client = useQueryClient();
  const [error, setError] = useState<ApiError>();
  const [isShowing, setShowing] = useState(false);
  const act = async (work: Promise<unknown>) => {
    try {
      await work;
      await client.invalidateQueries({ queryKey: ["ml-job", place, job.name] });
    } catch (refusal) {
      setError(refusal as ApiError);
    }
  };
  const isEnded = isOver(job.status);
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      {isEnded ? null : (
        <Button icon={<StopIcon />} onClick={() => void act(cancelJob(place, job.name))}>
          Cancel
        </Button>
      )}
      {isEnded && job.parent === null ? (
        <Button
          onClick={() => void act(archiveJob(place, job.name, job.experiment, !job.archived))}
        >
          {job.archived ? "Restore" : "Archive"}
        </Button>
      ) : null}
      <Button onClick={() => setShowing(true)}>Copy as command</Button>
      {isShowing ? <Commands place={place} job={job} onClose={() => setShowing(false)} /> : null}
    </>
  );
}

function Commands({ place, job, onClose }: { place: Place; job: Job; onClose: () => void }) {
  const where = `--resource-group ${place.group} --workspace-name ${place.workspace}`;
  const text = [
    `penstock az ml job show --name ${job.root} ${where}`,
    `penstock az ml job stream --name ${job.root} ${where}`,
    `penstock az ml job download --name ${job.name} --all ${where}`,
  ].join("\n");
  return (
    <SidePanel title="The same in a terminal" place="centre" onClose={onClose}>
      <CodeBlock text={text} language="shell" />
    </SidePanel>
  );
}

function GraphTab({ place, job }: { place: Place; job: Job }) {
  const [query, change] = useQueryState();
  const asked = query.get("node");
  const failed = job.graph.nodes.find((node) => node.job !== null && node.status === "Failed");
  const selected = asked === "none" ? undefined : (asked ?? failed?.job ?? undefined);
  const groups = useMemo(() => groupsOf(job.graph), [job.graph]);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const around = groups.find((group) => group.nodes.some((node) => node.job === selected))?.id;
  const open = useMemo(
    () => (selected && around ? new Set([...opened, around]) : opened),
    [opened, selected, around],
  );
  const graph = useMemo(() => drawnInGroups(job.graph, groups, open), [job.graph, groups, open]);
  const select = (node: GraphNode) => change({ node: node.job ?? undefined });
  const toggle = (id: string) => {
    if (id === around) change({ node: "none" });
    setOpened(
      open.has(id) ? new Set([...open].filter((each) => each !== id)) : new Set([...open, id]),
    );
  };
  const choose = (id: string) => {
    const node = job.graph.nodes.find((known) => known.id === id);
    if (node?.job) select(node);
    else if (node === undefined) toggle(id);
  };
  return (
    <div className={styles.graph}>
      <Outline
        nodes={job.graph.nodes}
        groups={groups}
        open={open}
        selected={selected}
        onSelect={select}
        onToggle={toggle}
      />
      <div className={styles.canvas}>
        {job.error && selected === undefined ? (
          <div className={styles.banner}>
            <JobError code={job.errorCode} message={job.error.split("\n")[0] ?? ""} />
          </div>
        ) : null}
        {groups.length > 0 ? (
          <div className={styles.groups}>
            {job.graph.nodes.length} nodes in {groups.length} groups
            <Button size="small" onClick={() => setOpened(new Set(groups.map(({ id }) => id)))}>
              Open all groups
            </Button>
            <Button
              size="small"
              disabled={open.size === 0}
              onClick={() => {
                if (around) change({ node: "none" });
                setOpened(new Set());
              }}
            >
              Close all groups
            </Button>
          </div>
        ) : null}
        <GraphView
          graph={graph}
          label="Graph of the job"
          selected={job.graph.nodes.find((node) => node.job === selected)?.id}
          onSelect={choose}
        />
      </div>
      {selected ? (
        <NodePanel
          key={selected}
          place={place}
          name={selected}
          stream={streamOf(place, job)}
          onClose={() => change({ node: "none" })}
        />
      ) : null}
    </div>
  );
}

/** What there is to know of one node, beside the graph; `stream` is that of the page. */
function NodePanel({
  place,
  name,
  stream,
  onClose,
}: {
  place: Place;
  name: string;
  stream: string | undefined;
  onClose: () => void;
}) {
  const query = useResource(jobOf(place, name, stream));
  return (
    <aside className={styles.panel} aria-label="Node">
      <Loaded query={query}>
        {(node) => (
          <>
            <header className={styles.panelHead}>
              <h2>
                <StateIcon state={node.status} /> {node.key ?? node.displayName}
              </h2>
              <Button appearance="subtle" onClick={onClose}>
                Close
              </Button>
            </header>
            <p className={styles.ways}>
              <Link href={mlLinks.job(place, node.name)}>Open the job</Link>
              {node.logs[0] ? (
                <Link href={mlLinks.job(place, node.name, { tab: "outputs" })}>Log</Link>
              ) : null}
              <Link href={mlLinks.job(place, node.name, { tab: "metrics" })}>Metrics</Link>
              <Link href={mlLinks.job(place, node.name, { tab: "images" })}>Images</Link>
              {node.command?.code ? (
                <Link href={mlLinks.job(place, node.name, { tab: "code" })}>Code</Link>
              ) : null}
            </p>
            <JobFacts place={place} job={node} />
          </>
        )}
      </Loaded>
    </aside>
  );
}

function Metrics({ place, job }: { place: Place; job: Job }) {
  const jobs = useMemo(
    () =>
      [job, ...job.children].map(({ name, key, displayName }) => ({
        name,
        title: key ?? displayName,
      })),
    [job],
  );
  return (
    <Curves place={place} jobs={jobs} names={metricNames(job)} stream={streamOf(place, job)} />
  );
}

function Images({ place, job }: { place: Place; job: Job }) {
  const query = useResource(pictures(place, job.name, job.status));
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState title="No picture">
            Pictures that a script saves to <code>outputs/</code> or logs with{" "}
            <code>mlflow.log_figure</code> appear here.
          </EmptyState>
        ) : (
          <div className={styles.images}>
            {value.map(({ path }) => (
              <figure key={path}>
                <a href={fileAddress(place, job.name, "artifacts", path)}>
                  <img
                    src={fileAddress(place, job.name, "artifacts", path)}
                    alt={path}
                    loading="lazy"
                  />
                </a>
                <figcaption>{path}</figcaption>
              </figure>
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

function Children({ place, job }: { place: Place; job: Job }) {
  const metrics = metricNames(job);
  return (
    <Card title="Child jobs" isFlush>
      <Table
        label="Child jobs"
        rows={job.children}
        rowKey={(child) => child.name}
        columns={[
          {
            name: "State",
            isSilent: true,
            width: "48px",
            cell: (child) => <StateIcon state={child.status} />,
          },
          {
            name: "Job",
            cell: (child) => (
              <TwoLines
                first={
                  <Link href={mlLinks.job(place, child.name)}>
                    {child.key ?? child.displayName}
                  </Link>
                }
                second={child.error?.split("\n")[0] ?? child.name}
              />
            ),
          },
          ...metrics.slice(0, 6).map((name) => ({
            name,
            align: "end" as const,
            cell: (child: (typeof job.children)[number]) => formatMetric(child.metrics[name]),
          })),
          {
            name: "Took",
            align: "end" as const,
            cell: (child) => (
              <Duration start={child.started} finish={child.ended} isOver={isOver(child.status)} />
            ),
          },
        ]}
      />
    </Card>
  );
}

function OutputsTab({ place, job }: { place: Place; job: Job }) {
  const areas: Area[] = [
    ...(job.type === "Pipeline" ? [] : [{ id: "artifacts", name: "Outputs and logs" }]),
    ...job.outputs.map((output) => ({ id: `output:${output.name}`, name: output.name })),
  ];
  return <FilesTab place={place} job={job} areas={areas} />;
}

function FilesTab({ place, job, areas }: { place: Place; job: Job; areas: Area[] }) {
  const [query] = useQueryState();
  const first = areas.some((area) => area.id === "artifacts") || job.type === "Pipeline";
  const fallback = first ? job.logs[0]?.name : undefined;
  const selected = query.get("log") ?? (fallback ? `artifacts/${fallback}` : undefined);
  const [area = "", ...rest] = (selected ?? "").split("/");
  const file = rest.join("/");
  const log = area === "artifacts" ? job.logs.find((known) => known.name === file) : undefined;
  const tab = query.get("tab") === "code" ? "code" : "outputs";
  const hrefOf = (id: string) => mlLinks.job(place, job.name, { tab, log: id });
  return (
    <div className={styles.files}>
      <nav aria-label="Files" className={styles.tree}>
        {job.type === "Pipeline" ? (
          <ul className={styles.logs}>
            {job.logs.map(({ name }) => (
              <li key={name}>
                <Link href={hrefOf(`artifacts/${name}`)}>{name}</Link>
              </li>
            ))}
          </ul>
        ) : null}
        <FileTree place={place} job={job.name} areas={areas} selected={selected} hrefOf={hrefOf} />
      </nav>
      <div className={styles.file}>
        {log ? (
          <JobLog key={log.name} place={place} job={job} log={log} />
        ) : file ? (
          <FileView key={selected} place={place} job={job.name} area={area} file={file} />
        ) : (
          <EmptyState title="Choose a file">
            {isOver(job.status)
              ? "The files of the job are on the left."
              : "Files appear on the left while the job runs."}
          </EmptyState>
        )}
      </div>
    </div>
  );
}
