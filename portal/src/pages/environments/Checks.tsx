import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { checks, deleteCheck } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { CheckConfiguration, EnvironmentRow } from "../../api/wire.ts";
import { useMay } from "../../app/session.ts";
import { Card } from "../../components/Card/Card.tsx";
import { AddIcon, DeleteIcon, ShieldCheckmarkIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { PermissionsCard } from "../library/PermissionsCard.tsx";
import { factsOf, titleOf } from "./checks.ts";
import styles from "./EnvironmentPage.module.css";
import { NewCheckPanel } from "./NewCheck.tsx";

/** What must be so before an environment is deployed to, and which pipelines may. */
export function Checks({ scope, environment }: { scope: Scope; environment: EnvironmentRow }) {
  const query = useResource(checks(scope, { type: "environment", id: environment.id }));
  const mayManage = useMay(scope, "administrator");
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<CheckConfiguration>();
  return (
    <>
      <Card
        title="Approvals and checks"
        action={
          mayManage ? (
            <Button icon={<AddIcon />} onClick={() => setAdding(true)}>
              New check
            </Button>
          ) : null
        }
      >
        <Loaded query={query} rows={2}>
          {({ value }) =>
            value.length === 0 ? (
              <p>Every deployment to this environment starts at once.</p>
            ) : (
              <ul className={styles.checks}>
                {value.map((check) => (
                  <li key={check.id}>
                    <ShieldCheckmarkIcon aria-hidden />
                    <span>
                      <strong>{titleOf(check)}</strong>
                      <span className={styles.soft}>{factsOf(check)}</span>
                    </span>
                    {mayManage ? (
                      <Button
                        appearance="subtle"
                        icon={<DeleteIcon />}
                        aria-label={`Remove ${titleOf(check)}: ${factsOf(check)}`}
                        onClick={() => setLeaving(check)}
                      />
                    ) : null}
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      <PermissionsCard scope={scope} type="environment" id={environment.id} />
      {isAdding ? (
        <NewCheckPanel scope={scope} environment={environment} onClose={() => setAdding(false)} />
      ) : null}
      {leaving ? (
        <ConfirmPanel
          title={`Remove the check "${titleOf(leaving)}"?`}
          submit="Remove"
          changed={["checks"]}
          action={() => deleteCheck(scope, leaving.id)}
          onClose={() => setLeaving(undefined)}
        >
          <p>Deployments that begin from now on do not ask for it.</p>
        </ConfirmPanel>
      ) : null}
    </>
  );
}
