import { useResource } from "../../../api/resource.ts";
import { EmptyState } from "../../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../../components/Loading/Loading.tsx";
import { fileAddress, pictures } from "../../api/jobs.ts";
import type { Place } from "../../api/place.ts";
import type { Job } from "../../api/wire.ts";
import styles from "./ImagesTab.module.css";

/** The pictures that a job made, and the nodes of a pipeline. */
export function ImagesTab({ place, job }: { place: Place; job: Job }) {
  const query = useResource(pictures(place, job.name, job.status));
  const titles = new Map(
    job.children.map(({ name, key, displayName }) => [name, key ?? displayName]),
  );
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState title="No picture">
            Pictures that a script saves to <code>outputs/</code> or logs with{" "}
            <code>mlflow.log_figure</code> appear here.
          </EmptyState>
        ) : (
          <div className={styles.images}>
            {value.map(({ job: maker, path }) => {
              const address = fileAddress(place, maker, "artifacts", path);
              const node = titles.get(maker);
              const title = node ? `${node}: ${path}` : path;
              return (
                <figure key={address}>
                  <a href={address}>
                    <img src={address} alt={title} loading="lazy" />
                  </a>
                  <figcaption>{title}</figcaption>
                </figure>
              );
            })}
          </div>
        )
      }
    </Loaded>
  );
}
