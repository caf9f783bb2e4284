import { Button, Textarea } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { answerApproval, permitPipeline, run } from "../../api/runs.ts";
import { projectApi, type Scope } from "../../api/scope.ts";
import type { Approval, RunPage as Data, Issue, TimelineRecord } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useRepositoryName } from "../../app/useRepositoryName.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { GraphView } from "../../components/GraphView/GraphView.tsx";
import {
  BeakerIcon,
  BoxIcon,
  BranchIcon,
  ClockIcon,
  CodeIcon,
  ErrorCircleIcon,
  LockClosedIcon,
  PersonClockIcon,
  WarningIcon,
} from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { PropertyGrid } from "../../components/PropertyGrid/PropertyGrid.tsx";
import { BranchChip, reasonOf, runTitle } from "../../components/RunRow/RunRow.tsx";
import { StateIcon, StateWord } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { formatDuration, formatSize, parseTime } from "../../text/time.ts";
import { type StageNode, timelineTree } from "../../text/timeline.ts";
import { runCrumbs } from "./crumbs.ts";
import { Explanation } from "./Explanation.tsx";
import { RunActions } from "./RunActions.tsx";
import styles from "./RunPage.module.css";

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
            <StateIcon state={data.state} result={data.result} size={24} />
            {runTitle(data)}
          </>
        ) : undefined
      }
      crumbs={runCrumbs(scope, data)}
      facts={
        data ? (
          <>
            <span>{reasonOf(data)}</span>
            {data.tags.map((tag) => (
              <Chip key={tag}>{tag}</Chip>
            ))}
          </>
        ) : null
      }
      actions={data ? <RunActions scope={scope} run={data} /> : null}
    >
      <Loaded query={query}>{(page) => <Summary scope={scope} page={page} />}</Loaded>
    </Page>
  );
}

function Summary({ scope, page }: { scope: Scope; page: Data }) {
  const [, navigate] = useLocation();
  const stages = useMemo(() => timelineTree(page.records), [page.records]);
  const jobs = stages.flatMap((stage) => stage.jobs.map((job) => ({ stage, job })));
  const openStage = (nodeId: string) => {
    const stage = stages.find(
      ({ record }) =>
        record.id === nodeId ||
        record.identifier === nodeId ||
        record.refName === nodeId ||
        record.name === nodeId,
    );
    const job = stage?.jobs.find((one) => one.record.result === "failed") ?? stage?.jobs[0];
    if (job) navigate(links.log(scope, page.id, { job: job.record.id }));
  };
  const waiting = page.approvals.filter((approval) => approval.status === "pending");
  return (
    <>
      <Facts scope={scope} page={page} />
      {waiting.map((approval) => (
        <ApprovalCard key={approval.id} scope={scope} page={page} approval={approval} />
      ))}
      {page.problem ? (
        <Card title="The pipeline could not be read">
          <div className={styles.problem}>
            {page.problem.diagnostics.length > 0 ? (
              page.problem.diagnostics.map((diagnostic) => (
                <CodeBlock
                  key={`${diagnostic.file}:${diagnostic.line}:${diagnostic.column}:${diagnostic.code}`}
                  text={diagnostic.text}
                  label={diagnostic.message}
                />
              ))
            ) : (
              <CodeBlock text={page.problem.text} />
            )}
            <Link href={links.editor(scope, page.definition.id)}>Edit the pipeline</Link>
          </div>
        </Card>
      ) : null}
      {page.issues.length > 0 && page.problem === null ? (
        <Issues scope={scope} page={page} />
      ) : null}
      {page.graph && page.graph.nodes.length > 0 ? (
        <Card title="Stages">
          <GraphView graph={page.graph} label="Stages of this run" isInline onSelect={openStage} />
        </Card>
      ) : null}
      {jobs.length > 0 ? (
        <Card title="Jobs" isFlush>
          <Table
            label="Jobs"
            rows={jobs}
            rowKey={({ job }) => job.record.id}
            columns={[
              {
                name: "Name",
                cell: ({ stage, job }) => (
                  <div className={styles.jobName}>
                    <StateIcon state={job.record.state} result={job.record.result} />
                    <span>
                      <Link href={links.log(scope, page.id, { job: job.record.id })}>
                        {job.record.name}
                      </Link>
                      <JobReason scope={scope} runId={page.id} stage={stage} record={job.record} />
                    </span>
                  </div>
                ),
              },
              {
                name: "Stage",
                width: "22%",
                cell: ({ stage }) => (stage.record.name === "__default" ? "" : stage.record.name),
              },
              { name: "Agent", width: "14%", cell: ({ job }) => job.record.workerName ?? "" },
              {
                name: "Waited",
                width: "90px",
                align: "end",
                cell: ({ job }) => waited(job.record),
              },
              {
                name: "Duration",
                width: "100px",
                align: "end",
                cell: ({ job }) => (
                  <Duration
                    start={job.record.startTime}
                    finish={job.record.finishTime}
                    isOver={job.record.state === "completed"}
                  />
                ),
              },
            ]}
          />
        </Card>
      ) : null}
      {page.mlJobs.length > 0 ? <MlJobs page={page} /> : null}
      <div className={styles.columns}>
        {page.artifacts.length > 0 ? <Artifacts scope={scope} page={page} /> : null}
        {Object.keys(page.parameters).length + page.variables.length > 0 ? (
          <Card title="Parameters and variables">
            <PropertyGrid
              items={[
                ...Object.entries(page.parameters).map(([name, value]): [string, ReactNode] => [
                  name,
                  <code key={name}>
                    {typeof value === "string" ? value : JSON.stringify(value)}
                  </code>,
                ]),
                ...page.variables.filter(isOwn).map(variableItem),
              ]}
            />
            <details className={styles.system}>
              <summary>Predefined variables</summary>
              <PropertyGrid
                items={page.variables.filter((variable) => !isOwn(variable)).map(variableItem)}
              />
            </details>
          </Card>
        ) : null}
      </div>
    </>
  );
}

type Variable = Data["variables"][number];

const isOwn = ({ name }: Variable) =>
  !/^(agent|build|system|pipeline|environment|checks|resources)\./i.test(name);

function variableItem({ name, value, isSecret }: Variable): [string, ReactNode] {
  const shown = isSecret ? <Secret /> : <code>{value}</code>;
  return [name, shown];
}

function Secret() {
  return (
    <span className={styles.secret}>
      <LockClosedIcon aria-hidden /> secret
    </span>
  );
}

function Facts({ scope, page }: { scope: Scope; page: Data }) {
  const repository = useRepositoryName(scope, page.yaml?.repository);
  const commit = page.changes[0];
  return (
    <dl className={styles.facts}>
      <div>
        <dt>State</dt>
        <dd>
          <StateWord state={page.state} result={page.result} />
        </dd>
      </div>
      <div>
        <dt>Repository and version</dt>
        <dd>
          <CodeIcon aria-hidden />
          {repository ? <Link href={links.files(scope, repository)}>{repository}</Link> : null}
          {page.branch ? <BranchChip name={page.branch} /> : null}
          {page.commit && repository ? (
            <Link href={links.commit(scope, repository, page.commit)} title={commit?.comment}>
              <code>{page.commit.slice(0, 8)}</code>
            </Link>
          ) : null}
        </dd>
      </div>
      <div>
        <dt>Started and elapsed</dt>
        <dd>
          <ClockIcon aria-hidden />
          {page.startTime ? <Age time={page.startTime} /> : "not started"}
          <Duration
            start={page.startTime}
            finish={page.finishTime}
            isOver={page.state === "completed"}
          />
        </dd>
      </div>
      {page.yaml ? (
        <div>
          <dt>Defined in</dt>
          <dd>
            <BranchIcon aria-hidden />
            <Link
              href={links.files(scope, repository ?? "", {
                path: `/${page.yaml.path.replace(/^\//, "")}`,
                branch: page.yaml.commit,
              })}
            >
              {page.yaml.path}
            </Link>
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

function Issues({ scope, page }: { scope: Scope; page: Data }) {
  const words = (["error", "warning"] as Issue["type"][]).flatMap((type) => {
    const count = page.issues.filter((issue) => issue.type === type).length;
    return count === 0 ? [] : `${count} ${type}${count === 1 ? "" : "s"}`;
  });
  const jobOf = (recordId: string | null) => {
    const step = page.records.find((record) => record.id === recordId);
    return step?.type === "Task" ? step.parentId : recordId;
  };
  return (
    <Card title={words.join(", ")}>
      <ul className={styles.issues}>
        {page.issues.map((issue, index) => (
          <li key={index}>
            {issue.type === "error" ? (
              <ErrorCircleIcon aria-label="Error" className={styles.error} />
            ) : (
              <WarningIcon aria-label="Warning" className={styles.warning} />
            )}
            <div>
              {issue.recordId ? (
                <Link
                  href={links.log(scope, page.id, {
                    job: jobOf(issue.recordId) ?? undefined,
                    step: issue.recordId,
                    line: issue.line,
                  })}
                >
                  {issue.message}
                </Link>
              ) : (
                issue.message
              )}
              {issue.stepName ? <div className={styles.soft}>{issue.stepName}</div> : null}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function JobReason({
  scope,
  runId,
  stage,
  record,
}: {
  scope: Scope;
  runId: number;
  stage: StageNode;
  record: TimelineRecord;
}) {
  const reason = record.reason ?? (record.result === "skipped" ? stage.record.reason : null);
  if (!reason && record.result !== "skipped") return null;
  return (
    <details className={styles.reason}>
      <summary>{reason ?? "Skipped"}</summary>
      <Explanation
        scope={scope}
        runId={runId}
        recordId={record.reason || !stage.record.reason ? record.id : stage.record.id}
      />
    </details>
  );
}

function waited(record: TimelineRecord): string {
  const [queued, started] = [parseTime(record.queueTime), parseTime(record.startTime)];
  return queued !== undefined && started !== undefined ? formatDuration(started - queued) : "";
}

function MlJobs({ page }: { page: Data }) {
  return (
    <Card title="Related machine learning jobs" isFlush>
      <Table
        label="Related machine learning jobs"
        rows={page.mlJobs}
        rowKey={(job) => `${job.workspace}/${job.name}`}
        columns={[
          {
            name: "Job",
            cell: (job) => (
              <div className={styles.jobName}>
                <StateIcon state={job.status} />
                <span>
                  <Link href={links.mlJob(job.workspace, job.resourceGroup, job.name)}>
                    {job.displayName || job.name}
                  </Link>
                  {job.error ? <div className={styles.failure}>{job.error}</div> : null}
                </span>
              </div>
            ),
          },
          {
            name: "Nodes",
            width: "35%",
            cell: (job) => (
              <span className={styles.nodes}>
                {(job.children ?? []).map((child) => (
                  <Chip key={child.name} title={child.error ?? child.status}>
                    <StateIcon state={child.status} size={14} />
                    {child.displayName || child.name}
                  </Chip>
                ))}
              </span>
            ),
          },
          {
            name: "Workspace",
            width: "18%",
            cell: (job) => (
              <span className={styles.soft}>
                <BeakerIcon aria-hidden /> {job.workspace}
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Artifacts({ scope, page }: { scope: Scope; page: Data }) {
  return (
    <Card title="Artifacts">
      <ul className={styles.artifacts}>
        {page.artifacts.map((artifact) => (
          <li key={artifact.name}>
            <BoxIcon aria-hidden />
            <a
              href={`${projectApi(scope, "build", "builds", page.id, "artifacts")}?artifactName=${encodeURIComponent(artifact.name)}&$format=zip&api-version=7.1`}
              download={`${artifact.name}.zip`}
            >
              {artifact.name}
            </a>
            <span className={styles.soft}>
              {artifact.files === 1 ? "1 file" : `${artifact.files} files`},{" "}
              {formatSize(artifact.size)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const RESOURCES: Record<string, string> = {
  environment: "the environment",
  variablegroup: "the variable group",
  endpoint: "the service connection",
  securefile: "the secure file",
  queue: "the agent pool",
  repository: "the repository",
};

function ApprovalCard({ scope, page, approval }: { scope: Scope; page: Data; approval: Approval }) {
  const client = useQueryClient();
  const [comment, setComment] = useState("");
  const [error, setError] = useState<ApiError>();
  const isPermission = approval.kind === "permission";
  const resource = approval.resource;
  const answer = async (action: () => Promise<unknown>) => {
    try {
      await action();
      await client.invalidateQueries({ queryKey: ["run", scope, page.id] });
    } catch (refusal) {
      setError(refusal as ApiError);
    }
  };
  const what = [approval.stage, resource?.name].filter(Boolean).join(" → ");
  return (
    <section className={styles.approval} aria-label="Waiting for approval">
      <PersonClockIcon aria-hidden className={styles.waitIcon} />
      <div className={styles.approvalText}>
        <h2>
          {isPermission
            ? `This pipeline needs permission to use ${RESOURCES[resource?.type ?? ""] ?? "the resource"} ${resource?.name ?? ""}`
            : `Waiting for approval: ${what}`}
        </h2>
        {approval.instructions ? <p>{approval.instructions}</p> : null}
        {approval.steps && approval.steps.length > 0 ? (
          <p className={styles.soft}>
            {approval.steps.map((step) => step.assignedApprover.displayName).join(", ")} may approve
          </p>
        ) : null}
        {error ? <ErrorBox error={error} /> : null}
        {approval.canApprove === false ? null : isPermission && resource ? (
          <div className={styles.buttons}>
            <Button
              appearance="primary"
              onClick={() => void answer(() => permitPipeline(scope, resource, page.definition.id))}
            >
              Permit
            </Button>
          </div>
        ) : (
          <>
            <Textarea
              value={comment}
              aria-label="Comment"
              placeholder="Comment"
              onChange={(_, data) => setComment(data.value)}
            />
            <div className={styles.buttons}>
              <Button
                appearance="primary"
                onClick={() =>
                  void answer(() => answerApproval(scope, approval.id, "approved", comment))
                }
              >
                Approve
              </Button>
              <Button
                onClick={() =>
                  void answer(() => answerApproval(scope, approval.id, "rejected", comment))
                }
              >
                Reject
              </Button>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
