import { Link } from "wouter";
import { environments } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { RunPage } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { Card } from "../../components/Card/Card.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { placeOf } from "../../text/timeline.ts";
import styles from "./RunPage.module.css";

/** Where a run deployed to, and how that went. */
export function Deployments({
  scope,
  deployments,
}: {
  scope: Scope;
  deployments: RunPage["deployments"];
}) {
  const known = useResource(environments(scope));
  const idOf = (name: string) => known.data?.value.find((one) => one.name === name)?.id;
  return (
    <Card title="Environments">
      <ul className={styles.list}>
        {deployments.map(({ id, environment, stage, job, result }) => {
          const target = idOf(environment);
          return (
            <li key={id}>
              <StateIcon state={result ? "completed" : "inProgress"} result={result} />
              {target === undefined ? (
                environment
              ) : (
                <Link href={links.environment(scope, target)}>{environment}</Link>
              )}
              <span className={styles.soft}>{placeOf(stage, job)}</span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
