import { projectApi, type Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { Card } from "../../components/Card/Card.tsx";
import { BoxIcon } from "../../components/icons.ts";
import { formatSize } from "../../text/time.ts";
import styles from "./RunPage.module.css";

/** What the jobs of a run published, each to be saved as a zip. */
export function Artifacts({ scope, page }: { scope: Scope; page: RunPage }) {
  return (
    <Card title="Artifacts">
      <ul className={styles.list}>
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
