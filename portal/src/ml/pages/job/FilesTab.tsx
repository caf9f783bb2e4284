import { Link } from "wouter";
import { useQueryState } from "../../../app/query.ts";
import { EmptyState } from "../../../components/EmptyState/EmptyState.tsx";
import { isOver } from "../../../text/states.ts";
import type { Place } from "../../api/place.ts";
import type { Job } from "../../api/wire.ts";
import { type Area, FileTree, FileView } from "../../components/Files/Files.tsx";
import { JobLog } from "../../components/JobLog/JobLog.tsx";
import { mlLinks } from "../../links.ts";
import styles from "./FilesTab.module.css";

/** What a job wrote: its logs, its artifacts, and its outputs. */
export function OutputsTab({ place, job }: { place: Place; job: Job }) {
  const areas: Area[] = [
    ...(job.type === "Pipeline" ? [] : [{ id: "artifacts", name: "Outputs and logs" }]),
    ...job.outputs.map((output) => ({ id: `output:${output.name}`, name: output.name })),
  ];
  const [first] = job.logs;
  return (
    <FilesTab
      place={place}
      job={job}
      tab="outputs"
      areas={areas}
      first={first && `artifacts/${first.name}`}
    />
  );
}

/** The snapshot of the code that ran. */
export function CodeTab({ place, job }: { place: Place; job: Job }) {
  return (
    <FilesTab
      place={place}
      job={job}
      tab="code"
      areas={[{ id: "code", name: "Code" }]}
      first={undefined}
    />
  );
}

function FilesTab({
  place,
  job,
  tab,
  areas,
  first,
}: {
  place: Place;
  job: Job;
  tab: "outputs" | "code";
  areas: Area[];
  /** What is open where the address names no file. */
  first: string | undefined;
}) {
  const [query] = useQueryState();
  const selected = query.get("log") ?? first;
  const [area = "", ...rest] = (selected ?? "").split("/");
  const file = rest.join("/");
  const log = area === "artifacts" ? job.logs.find((known) => known.name === file) : undefined;
  const hrefOf = (id: string) => mlLinks.job(place, job.name, { tab, log: id });
  return (
    <div className={styles.files}>
      <nav aria-label="Files" className={styles.tree}>
        {job.type === "Pipeline" ? (
          <ul className={styles.logs}>
            {job.logs.map(({ name }) => (
              <li key={name}>
                <Link
                  href={hrefOf(`artifacts/${name}`)}
                  aria-current={selected === `artifacts/${name}` ? "true" : undefined}
                >
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        ) : null}
        <FileTree
          place={place}
          job={job.name}
          isGrowing={tab === "outputs" && !isOver(job.status)}
          areas={areas}
          selected={selected}
          hrefOf={hrefOf}
        />
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
