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
import { Loaded } from "../../components/Loading/Loading.tsx";

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
  return (
    <Card
      title="Pipeline permissions"
      action={
        mayManage && query.data && !query.data.allPipelines?.authorized ? (
          <Button
            size="small"
            disabled={isBusy}
            onClick={() => void act(() => permitPipeline(scope, { type, id: String(id) }, "all"))}
          >
            Open access
          </Button>
        ) : null
      }
    >
      {error ? <ErrorBox error={error} /> : null}
      <Loaded query={query} rows={2}>
        {({ allPipelines, pipelines: allowed }) =>
          allPipelines?.authorized ? (
            <p>Every pipeline of the project may use it.</p>
          ) : allowed.length === 0 ? (
            <p>No pipeline may use it yet. A run that wants it waits and asks.</p>
          ) : (
            <ul>
              {allowed
                .filter((one) => one.authorized)
                .map((one) => (
                  <li key={one.id}>
                    <Link href={links.pipeline(scope, one.id)}>{nameOf(one.id)}</Link>
                  </li>
                ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
