import { Button } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { variableGroups } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { AddIcon, LockClosedIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { Connections, NewConnection } from "./Connections.tsx";
import styles from "./LibraryPage.module.css";
import { SecureFiles, UploadButton } from "./SecureFiles.tsx";
import { VariableGroupPage } from "./VariableGroupPage.tsx";

const ITEMS = [
  ["VariableGroups", "Variable groups"],
  ["ServiceConnections", "Service connections"],
  ["SecureFiles", "Secure files"],
] as const;
type Item = (typeof ITEMS)[number][0];

/** Variable groups, service connections, secure files. */
export default function LibraryPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const [state] = useQueryState();
  const group = state.get("variableGroupId");
  return group ? <VariableGroupPage scope={scope} id={group} /> : <Library scope={scope} />;
}

function Library({ scope }: { scope: Scope }) {
  const [state] = useQueryState();
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  const [isConnecting, setConnecting] = useState(false);
  const item = ITEMS.find(([type]) => type === state.get("itemType"))?.[0] ?? "VariableGroups";
  const actions: Record<Item, ReactNode> = {
    VariableGroups: (
      <Button
        appearance="primary"
        icon={<AddIcon />}
        onClick={() => navigate(links.variableGroup(scope, "new"))}
      >
        Variable group
      </Button>
    ),
    ServiceConnections: (
      <Button appearance="primary" icon={<AddIcon />} onClick={() => setConnecting(true)}>
        New service connection
      </Button>
    ),
    SecureFiles: <UploadButton scope={scope} />,
  };
  return (
    <Page
      title="Library"
      crumbs={[{ name: scope.project, href: links.project(scope) }]}
      actions={mayEdit ? actions[item] : null}
      tabs={
        <Tabs
          label="Library"
          tabs={ITEMS.map(([type, name]) => ({
            name,
            href: links.library(scope, type),
            isHere: item === type,
          }))}
        />
      }
    >
      {item === "ServiceConnections" ? <Connections scope={scope} /> : null}
      {item === "SecureFiles" ? <SecureFiles scope={scope} /> : null}
      {item === "VariableGroups" ? <Groups scope={scope} /> : null}
      {isConnecting ? <NewConnection scope={scope} onClose={() => setConnecting(false)} /> : null}
    </Page>
  );
}

function Groups({ scope }: { scope: Scope }) {
  const query = useResource(variableGroups(scope));
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState
            title="No variable group yet"
            command={
              "penstock vars set training.region local\npenstock secrets set training.apiKey"
            }
          >
            A pipeline takes all variables of a group by <code>- group: training</code>. Secret
            values are kept encrypted and never shown again.
          </EmptyState>
        ) : (
          <Table
            label="Variable groups"
            rows={value}
            rowKey={(group) => group.id}
            columns={[
              {
                name: "Name",
                cell: (group) => (
                  <TwoLines
                    first={<Link href={links.variableGroup(scope, group.id)}>{group.name}</Link>}
                    second={group.description}
                  />
                ),
              },
              {
                name: "Variables",
                width: "150px",
                cell: (group) => {
                  const all = Object.values(group.variables);
                  const secret = all.filter((variable) => variable.isSecret).length;
                  return (
                    <span className={styles.count}>
                      {all.length}
                      {secret > 0 ? (
                        <>
                          , <LockClosedIcon aria-hidden /> {secret} secret
                        </>
                      ) : null}
                    </span>
                  );
                },
              },
              {
                name: "Changed",
                width: "200px",
                cell: (group) => (
                  <span>
                    <Age time={group.modifiedOn} />
                    {group.modifiedBy ? ` by ${group.modifiedBy.displayName}` : ""}
                  </span>
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
