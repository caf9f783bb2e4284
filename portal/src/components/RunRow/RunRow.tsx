import { Link } from "wouter";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { RunRow as Row } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Chip } from "../Card/Card.tsx";
import { Age, Duration } from "../Duration/Duration.tsx";
import { BranchIcon, ClockIcon, TagIcon } from "../icons.ts";
import { StateIcon, StateStrip } from "../StateIcon/StateIcon.tsx";
import { type Column, Table } from "../Table/Table.tsx";
import styles from "./RunRow.module.css";

const REASONS: Record<string, string> = {
  manual: "Manually run",
  individualCI: "Individual CI",
  batchedCI: "Batched CI",
  schedule: "Scheduled",
  pullRequest: "Pull request",
  resourceTrigger: "Pipeline completion",
  buildCompletion: "Pipeline completion",
};

/** Why a run started, in words. */
export function reasonOf(run: Row): string {
  const who = run.requestedFor?.displayName;
  const what = REASONS[run.reason] ?? run.reason;
  return who ? `${what} for ${who}` : what;
}

/** `#20261122.3 • message`, as the service titles a run. */
export function runTitle(run: Row): string {
  return run.name ? `#${run.number} • ${run.name}` : `#${run.number}`;
}

export function BranchChip({ name }: { name: string }) {
  return (
    <Chip title={name}>
      <BranchIcon aria-hidden />
      {shortBranch(name)}
    </Chip>
  );
}

/** One run in a list: state, what ran, why, on which branch, and how its stages went. */
export function RunCell({
  scope,
  run,
  withPipeline,
}: {
  scope: Scope;
  run: Row;
  withPipeline?: boolean;
}) {
  return (
    <div className={styles.run}>
      <StateIcon state={run.state} result={run.result} size={20} />
      <div className={styles.text}>
        <Link href={links.run(scope, run.id)} className={styles.title}>
          {runTitle(run)}
        </Link>
        <div className={styles.facts}>
          {withPipeline ? (
            <Link href={links.pipeline(scope, run.definition.id)}>{run.definition.name}</Link>
          ) : null}
          <span>{reasonOf(run)}</span>
          {run.branch ? <BranchChip name={run.branch} /> : null}
          {run.commit ? <code>{run.commit.slice(0, 8)}</code> : null}
          {run.tags.map((tag) => (
            <Chip key={tag}>
              <TagIcon aria-hidden />
              {tag}
            </Chip>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Runs as a table. */
export function RunTable({
  scope,
  runs,
  withPipeline = false,
}: {
  scope: Scope;
  runs: readonly Row[];
  withPipeline?: boolean;
}) {
  const columns: Column<Row>[] = [
    {
      name: "Run",
      cell: (run) => <RunCell scope={scope} run={run} withPipeline={withPipeline} />,
    },
    {
      name: "Stages",
      width: "120px",
      cell: (run) => (
        <StateStrip
          items={run.stages.map((stage) => ({
            name: stage.displayName || stage.name,
            state: stage.state,
            result: stage.result,
          }))}
        />
      ),
    },
    {
      name: "Time",
      width: "104px",
      cell: (run) => (
        <div className={styles.time}>
          <Age time={run.startTime ?? run.queueTime} />
          <span className={styles.duration}>
            {run.startTime ? <ClockIcon aria-hidden /> : null}
            <Duration
              start={run.startTime}
              finish={run.finishTime}
              isOver={run.state === "completed"}
            />
          </span>
        </div>
      ),
    },
  ];
  return <Table label="Runs" columns={columns} rows={runs} rowKey={(run) => run.id} />;
}
