import { Link } from "wouter";
import { useResource } from "../../api/resource.ts";
import { runs } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { RunRow } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { BranchChip, runTitle } from "../../components/RunRow/RunRow.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { branchHistory, passRate } from "../../text/statistics.ts";
import { formatDuration } from "../../text/time.ts";
import styles from "./PipelineHistory.module.css";

/** The branches of a pipeline, each with how its runs went. */
export function Branches({ scope, id }: { scope: Scope; id: number }) {
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

/** How often the runs of a pipeline pass, how long they take, and which stages fail. */
export function Analytics({ scope, id }: { scope: Scope; id: number }) {
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
