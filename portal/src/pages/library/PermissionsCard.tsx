import { Button } from "@fluentui/react-components";
import { Link } from "wouter";
import { pipelinePermissions } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import { permitPipeline, pipelines } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import { useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Card } from "../../components/Card/Card.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { DeleteIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import styles from "./PermissionsCard.module.css";

/** Which pipelines may use a protected resource. */
export function PermissionsCard({
  scope,
  type,
  id,
}: {
  scope: Scope;
  type: "environment" | "variablegroup" | "endpoint" | "securefile";
  id: string | number;
}) {
  const query = useResource(pipelinePermissions(scope, type, id));
  const known = useResource(pipelines(scope, { top: 500 }));
  const mayManage = useMay(scope, "contributor");
  const { act, error, isBusy } = useAction(["pipelinePermissions"]);
  const nameOf = (pipeline: number) =>
    known.data?.value.find((row) => row.id === pipeline)?.name ?? `Pipeline ${pipeline}`;
  const allow = (pipeline: number | "all", isAllowed: boolean) =>
    void act(() => permitPipeline(scope, { type, id: String(id) }, pipeline, isAllowed));
  const isOpen = query.data?.allPipelines?.authorized === true;
  return (
    <Card
      title="Pipeline permissions"
      action={
        mayManage && query.data ? (
          <Button size="small" disabled={isBusy} onClick={() => allow("all", !isOpen)}>
            {isOpen ? "Restrict access" : "Open access"}
          </Button>
        ) : null
      }
    >
      {error ? <ErrorBox error={error} /> : null}
      <Loaded query={query} rows={2}>
        {({ pipelines: allowed }) =>
          isOpen ? (
            <p>Every pipeline of the project may use it.</p>
          ) : allowed.length === 0 ? (
            <p>No pipeline may use it yet. A run that wants it waits and asks.</p>
          ) : (
            <ul className={styles.permitted}>
              {allowed.map((one) => (
                <li key={one.id}>
                  <Link href={links.pipeline(scope, one.id)}>{nameOf(one.id)}</Link>
                  {mayManage ? (
                    <Button
                      size="small"
                      appearance="subtle"
                      icon={<DeleteIcon />}
                      disabled={isBusy}
                      aria-label={`Withdraw the permission of ${nameOf(one.id)}`}
                      onClick={() => allow(one.id, false)}
                    />
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
