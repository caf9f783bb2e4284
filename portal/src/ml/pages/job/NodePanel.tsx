import { Button } from "@fluentui/react-components";
import { Link } from "wouter";
import { useResource } from "../../../api/resource.ts";
import { Loaded } from "../../../components/Loading/Loading.tsx";
import { StateIcon } from "../../../components/StateIcon/StateIcon.tsx";
import { job as jobOf } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import { JobFacts } from "../../components/JobFacts/JobFacts.tsx";
import { mlLinks } from "../../links.ts";
import styles from "./GraphTab.module.css";

/** What there is to know of one node, beside the graph; `stream` is that of the page. */
export function NodePanel({
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
  const job = query.data;
  return (
    <aside className={styles.panel} aria-label="Node">
      <header className={styles.panelHead}>
        <h2>
          {job ? (
            <>
              <StateIcon state={job.status} /> {job.key ?? job.displayName}
            </>
          ) : (
            name
          )}
        </h2>
        <Button appearance="subtle" onClick={onClose}>
          Close
        </Button>
      </header>
      <Loaded query={query}>
        {(node) => (
          <>
            <p className={styles.ways}>
              <Link href={mlLinks.job(place, node.name)}>Open the job</Link>
              <Link href={mlLinks.job(place, node.name, { tab: "outputs" })}>Log</Link>
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
