import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { useResource } from "../../api/resource.ts";
import { run } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { RunPage as Data } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { GraphView } from "../../components/GraphView/GraphView.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { reasonOf, runTitle } from "../../components/RunRow/RunRow.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { type StageNode, timelineTree } from "../../text/timeline.ts";
import { ApprovalCard, PermissionCard } from "./ApprovalCard.tsx";
import { Artifacts } from "./Artifacts.tsx";
import { runCrumbs } from "./crumbs.ts";
import { Deployments } from "./Deployments.tsx";
import { Issues } from "./Issues.tsx";
import { Jobs } from "./Jobs.tsx";
import { MlJobs } from "./MlJobs.tsx";
import { Problem } from "./Problem.tsx";
import { RunActions } from "./RunActions.tsx";
import { RunFacts } from "./RunFacts.tsx";
import styles from "./RunPage.module.css";
import { stateOf, withWaiting } from "./states.ts";
import { Values } from "./Values.tsx";

/** A run at one look: how it went, what is wrong and where, and what waits for somebody. */
export default function RunPage({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(run(scope, id));
  const data = query.data;
  return (
    <Page
      title={data ? runTitle(data) : `Run ${id}`}
      heading={
        data ? (
          <>
            <StateIcon state={stateOf(data)} result={data.result} size={24} />
            {runTitle(data)}
          </>
        ) : undefined
      }
      crumbs={runCrumbs(scope, data)}
      facts={data ? <Origin scope={scope} page={data} /> : null}
      actions={data ? <RunActions scope={scope} run={data} /> : null}
    >
      <Loaded query={query}>{(page) => <Summary scope={scope} page={page} />}</Loaded>
    </Page>
  );
}

/** Why a run is there, and what it is marked with. */
function Origin({ scope, page }: { scope: Scope; page: Data }) {
  return (
    <>
      <span>{reasonOf(page)}</span>
      {page.secondTryOf ? (
        <Link href={links.run(scope, Number(page.secondTryOf))}>
          second try of run {page.secondTryOf}
        </Link>
      ) : null}
      {page.tags.map((tag) => (
        <Chip key={tag}>{tag}</Chip>
      ))}
      {page.kept ? <Chip title="It cannot be deleted">kept</Chip> : null}
    </>
  );
}

function Summary({ scope, page }: { scope: Scope; page: Data }) {
  const stages = useMemo(() => timelineTree(page.records), [page.records]);
  const jobs = stages.flatMap((stage) => stage.jobs.map((job) => ({ stage, job })));
  const waiting = page.approvals.filter((approval) => approval.status === "pending");
  return (
    <>
      <RunFacts scope={scope} page={page} />
      {waiting.map((approval) =>
        approval.kind === "permission" ? (
          <PermissionCard
            key={approval.id}
            scope={scope}
            approval={approval}
            pipeline={page.definition.id}
          />
        ) : (
          <ApprovalCard key={approval.id} scope={scope} approval={approval} />
        ),
      )}
      {page.problem ? (
        <Problem scope={scope} pipeline={page.definition.id} problem={page.problem} />
      ) : page.issues.length > 0 ? (
        <Issues scope={scope} page={page} />
      ) : null}
      <Graph scope={scope} page={page} stages={stages} />
      {jobs.length > 0 ? <Jobs scope={scope} runId={page.id} jobs={jobs} /> : null}
      {page.mlJobs.length > 0 ? <MlJobs jobs={page.mlJobs} /> : null}
      <div className={styles.columns}>
        {page.artifacts.length > 0 ? <Artifacts scope={scope} page={page} /> : null}
        {page.deployments.length > 0 ? (
          <Deployments scope={scope} deployments={page.deployments} />
        ) : null}
        <Values page={page} />
      </div>
    </>
  );
}

/** The stages of a run as a graph, of one unnamed stage its jobs; a single box tells nothing. */
function Graph({ scope, page, stages }: { scope: Scope; page: Data; stages: StageNode[] }) {
  const [, navigate] = useLocation();
  const { graph } = page;
  if (graph === null || graph.nodes.length < 2) return null;
  const hasStages = stages.length > 1;
  const open = (nodeId: string) => {
    const id = graph.nodes.find((node) => node.id === nodeId)?.recordId;
    const jobs = stages.flatMap((stage) =>
      stage.jobs.filter(({ record }) => stage.record.id === id || record.parentId === id),
    );
    const job = jobs.find(({ record }) => record.result === "failed") ?? jobs[0];
    if (job) navigate(links.log(scope, page.id, { job: job.record.id }));
  };
  return (
    <Card title={hasStages ? "Stages" : "Order of the jobs"}>
      <GraphView
        graph={withWaiting(graph, page)}
        label={hasStages ? "Stages of this run" : "Jobs of this run in their order"}
        isInline
        onSelect={open}
      />
    </Card>
  );
}
