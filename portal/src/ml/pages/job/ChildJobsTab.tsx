import { Link } from "wouter";
import { Card } from "../../../components/Card/Card.tsx";
import { Duration } from "../../../components/Duration/Duration.tsx";
import { StateIcon } from "../../../components/StateIcon/StateIcon.tsx";
import { type Column, Table, TwoLines } from "../../../components/Table/Table.tsx";
import { isOver } from "../../../text/states.ts";
import type { Place } from "../../api/place.ts";
import type { Job, JobRow } from "../../api/wire.ts";
import { mlLinks } from "../../links.ts";
import { formatMetric } from "../../text/numbers.ts";
import { metricNames } from "./MetricsTab.tsx";

const SHOWN_METRICS = 6;

/** The nodes of a pipeline as a table, with the last values of their metrics. */
export function ChildJobsTab({ place, job }: { place: Place; job: Job }) {
  const columns: Column<JobRow>[] = [
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
            <Link href={mlLinks.job(place, child.name)}>{child.key ?? child.displayName}</Link>
          }
          second={child.error?.split("\n")[0] ?? child.name}
        />
      ),
    },
    ...metricNames(job)
      .slice(0, SHOWN_METRICS)
      .map(
        (name): Column<JobRow> => ({
          name,
          align: "end",
          cell: (child) => formatMetric(child.metrics[name]),
        }),
      ),
    {
      name: "Took",
      align: "end",
      cell: (child) => (
        <Duration start={child.started} finish={child.ended} isOver={isOver(child.status)} />
      ),
    },
  ];
  return (
    <Card title="Child jobs" isFlush>
      <Table
        label="Child jobs"
        rows={job.children}
        rowKey={(child) => child.name}
        columns={columns}
      />
    </Card>
  );
}
