import { Checkbox } from "@fluentui/react-components";
import { useState } from "react";
import { Link } from "wouter";
import { Age, Duration } from "../../components/Duration/Duration.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { type Column, Table, TwoLines } from "../../components/Table/Table.tsx";
import { isOver } from "../../text/states.ts";
import { archiveJob, cancelJob } from "../api/jobs.ts";
import type { Place } from "../api/place.ts";
import type { JobPage, JobRow } from "../api/wire.ts";
import { OriginLink } from "../components/JobFacts/OriginLink.tsx";
import { mlLinks } from "../links.ts";
import { formatMetric } from "../text/numbers.ts";
import { useMayWork } from "../useMayWork.ts";

/** Jobs with the last values of some metrics, to be marked for a comparison. */
export function JobTable({
  place,
  page,
  metrics,
  chosen,
  onChoose,
}: {
  place: Place;
  page: JobPage;
  metrics: string[];
  chosen: string[];
  onChoose: (names: string[]) => void;
}) {
  const columns: Column<JobRow>[] = [
    {
      name: "Compare",
      isSilent: true,
      width: "36px",
      cell: (row) => (
        <Checkbox
          aria-label={`Compare ${row.displayName}`}
          checked={chosen.includes(row.name)}
          onChange={(_, { checked }) =>
            onChoose(checked ? [...chosen, row.name] : chosen.filter((name) => name !== row.name))
          }
        />
      ),
    },
    {
      name: "State",
      isSilent: true,
      width: "32px",
      cell: (row) => <StateIcon state={row.status} />,
    },
    {
      name: "Job",
      cell: (row) => (
        <TwoLines
          first={<Link href={mlLinks.job(place, row.name)}>{row.displayName}</Link>}
          second={
            <>
              <span>{row.name}</span>
              {row.origin ? <OriginLink origin={row.origin} /> : null}
            </>
          }
        />
      ),
    },
    {
      name: "Experiment",
      cell: (row) => (
        <Link href={mlLinks.jobs(place, { experiment: row.experiment })}>{row.experiment}</Link>
      ),
    },
    ...metrics.map(
      (name): Column<JobRow> => ({
        name,
        align: "end",
        cell: (row) => formatMetric(row.metrics[name]),
      }),
    ),
    { name: "Compute", cell: (row) => row.compute },
    { name: "By", cell: (row) => row.createdBy },
    { name: "Created", cell: (row) => <Age time={row.created} /> },
    {
      name: "Took",
      align: "end",
      width: "84px",
      cell: (row) => (
        <Duration start={row.started} finish={row.ended} isOver={isOver(row.status)} />
      ),
    },
    {
      name: "Actions",
      isSilent: true,
      width: "48px",
      cell: (row) => <JobMenu place={place} job={row} />,
    },
  ];
  return <Table label="Jobs" columns={columns} rows={page.value} rowKey={(row) => row.name} />;
}

function JobMenu({ place, job }: { place: Place; job: JobRow }) {
  const [open, setOpen] = useState<"cancel" | "archive">();
  const mayWork = useMayWork();
  const isEnded = isOver(job.status);
  const asked = {
    cancel: {
      title: `Cancel ${job.displayName}?`,
      submit: "Cancel the job",
      action: () => cancelJob(place, job.name),
      text: "What runs is stopped, and what has not begun does not begin.",
    },
    archive: {
      title: `${job.archived ? "Restore" : "Archive"} ${job.displayName}?`,
      submit: job.archived ? "Restore" : "Archive",
      action: () => archiveJob(place, job.name, job.experiment, !job.archived),
      text: "An archived job keeps all it has; the list leaves it out.",
    },
  };
  return (
    <>
      <Menu
        label={`Actions for ${job.displayName}`}
        items={[
          { name: "Cancel", isDisabled: isEnded || !mayWork, onChoose: () => setOpen("cancel") },
          {
            name: asked.archive.submit,
            isDisabled: !isEnded || !mayWork,
            onChoose: () => setOpen("archive"),
          },
        ]}
      />
      {open ? (
        <ConfirmPanel
          title={asked[open].title}
          submit={asked[open].submit}
          keep="Leave it"
          changed={["ml-jobs", "ml-job"]}
          action={asked[open].action}
          onClose={() => setOpen(undefined)}
        >
          <p>{asked[open].text}</p>
        </ConfirmPanel>
      ) : null}
    </>
  );
}
