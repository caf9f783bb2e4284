import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { createEnvironment, environments } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { DeploymentRecord } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { useNameFields } from "../nameFields.tsx";

export default function EnvironmentsPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const query = useResource(environments(scope));
  const mayEdit = useMay(scope, "contributor");
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Environments"
      crumbs={[{ name: scope.project, href: links.project(scope) }]}
      actions={
        mayEdit ? (
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setCreating(true)}>
            New environment
          </Button>
        ) : null
      }
    >
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No environment yet">
              A <code>deployment</code> job names the environment it deploys to. Here one sees what
              was deployed where, and asks for an approval before it is.
            </EmptyState>
          ) : (
            <Table
              label="Environments"
              rows={value}
              rowKey={(row) => row.id}
              columns={[
                {
                  name: "Environment",
                  cell: (row) => (
                    <TwoLines
                      first={<Link href={links.environment(scope, row.id)}>{row.name}</Link>}
                      second={row.description}
                    />
                  ),
                },
                {
                  name: "Last deployment",
                  width: "38%",
                  cell: ({ lastDeployment: last }) =>
                    last ? <Last scope={scope} last={last} /> : "never",
                },
                {
                  name: "When",
                  width: "120px",
                  cell: ({ lastDeployment: last }) => (
                    <Age time={last?.finishTime ?? last?.startTime} />
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {isCreating ? <NewEnvironment scope={scope} onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}

/** How the last deployment went, and of which run it was. */
function Last({ scope, last }: { scope: Scope; last: DeploymentRecord }) {
  return (
    <>
      <StateIcon state={last.result ? "completed" : "inProgress"} result={last.result} />{" "}
      {last.owner ? (
        <Link href={links.run(scope, last.owner.id)}>
          {last.definition?.name} #{last.owner.name}
        </Link>
      ) : (
        last.definition?.name
      )}
    </>
  );
}

function NewEnvironment({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const { name, description, fields } = useNameFields("Name");
  const [, navigate] = useLocation();
  const { act, error, isBusy } = useAction(["environments"]);
  const create = () =>
    act(async () => {
      const made = await createEnvironment(scope, { name, description });
      navigate(links.environment(scope, made.id));
    });
  return (
    <FormPanel
      title="New environment"
      submit="Create"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name === ""}
    >
      {fields}
    </FormPanel>
  );
}
