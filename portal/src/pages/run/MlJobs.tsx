import { Link } from "wouter";
import type { MlJobLink } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { BeakerIcon } from "../../components/icons.ts";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import styles from "./MlJobs.module.css";

/** The machine learning jobs that steps of a run started, each with its nodes and why it failed. */
export function MlJobs({ jobs }: { jobs: MlJobLink[] }) {
  return (
    <Card title="Related machine learning jobs">
      <ul className={styles.jobs} aria-label="Related machine learning jobs">
        {jobs.map((job) => (
          <MlJob key={`${job.workspace}/${job.name}`} job={job} />
        ))}
      </ul>
    </Card>
  );
}

function MlJob({ job }: { job: MlJobLink }) {
  const hrefOf = (name: string) => links.mlJob(job.workspace, job.resourceGroup, name);
  const children = job.children ?? [];
  return (
    <li>
      <div className={styles.head}>
        <StateIcon state={job.status} />
        <Link href={hrefOf(job.name)}>{job.displayName || job.name}</Link>
        <span className={styles.soft}>
          <BeakerIcon aria-hidden /> {job.workspace}
        </span>
      </div>
      {children.length > 0 ? (
        <div className={styles.nodes}>
          {children.map((child) => (
            <Link key={child.name} href={hrefOf(child.name)}>
              <Chip>
                <StateIcon state={child.status} size={14} />
                {child.displayName || child.name}
              </Chip>
            </Link>
          ))}
        </div>
      ) : null}
      {job.error ? <Failure message={job.error} /> : null}
    </li>
  );
}

/** Why a job failed: the reason, and below it the end of its log as it was written. */
function Failure({ message }: { message: string }) {
  const [first = "", ...rest] = message.split("\n");
  return (
    <div className={styles.failure}>
      {first}
      {rest.length > 0 ? <pre tabIndex={0}>{rest.join("\n")}</pre> : null}
    </div>
  );
}
