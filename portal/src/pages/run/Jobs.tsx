import { useState } from "react";
import { Link } from "wouter";
import type { Scope } from "../../api/scope.ts";
import type { TimelineRecord } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card } from "../../components/Card/Card.tsx";
import { Duration } from "../../components/Duration/Duration.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { formatDuration, parseTime } from "../../text/time.ts";
import { isUnnamed, type JobNode, type StageNode } from "../../text/timeline.ts";
import { Why } from "./Explanation.tsx";
import styles from "./RunPage.module.css";

interface InStage {
  stage: StageNode;
  job: JobNode;
}

/** The jobs of a run: who did them, how long they waited and took, and why they ended so. */
export function Jobs({ scope, runId, jobs }: { scope: Scope; runId: number; jobs: InStage[] }) {
  const hasStages = !jobs.every(({ stage }) => isUnnamed(stage.record.name));
  return (
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
                  <Link href={links.log(scope, runId, { job: job.record.id })}>
                    {job.record.name}
                  </Link>
                  <JobReason scope={scope} runId={runId} stage={stage} record={job.record} />
                </span>
              </div>
            ),
          },
          ...(hasStages
            ? [{ name: "Stage", width: "22%", cell: ({ stage }: InStage) => stage.record.name }]
            : []),
          { name: "Agent", width: "14%", cell: ({ job }) => job.record.workerName ?? "" },
          { name: "Waited", width: "90px", align: "end", cell: ({ job }) => waited(job.record) },
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
  const [isOpen, setOpen] = useState(false);
  const isSkipped = record.result === "skipped";
  // A job of a skipped stage was never asked.
  const decided = isSkipped && stage.record.result === "skipped" ? stage.record : record;
  if (!decided.reason && !isSkipped) return null;
  return (
    <details className={styles.reason} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{decided.reason ?? "Skipped"}</summary>
      {isOpen ? <Why scope={scope} runId={runId} recordId={decided.id} /> : null}
    </details>
  );
}

function waited(record: TimelineRecord): string {
  const [queued, started] = [parseTime(record.queueTime), parseTime(record.startTime)];
  return queued !== undefined && started !== undefined ? formatDuration(started - queued) : "";
}
