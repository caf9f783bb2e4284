import { Button, Field, Select } from "@fluentui/react-components";
import { useState } from "react";
import { accounts, members, projects, removeMember, setRole } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { Member, Project, Role } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay, useSession } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { PropertyGrid } from "../../components/PropertyGrid/PropertyGrid.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { quoted } from "../../text/parameters.ts";
import { AuditList } from "./AuditList.tsx";
import styles from "./Settings.module.css";

const ROLES: [Role, string][] = [
  ["reader", "Reader"],
  ["contributor", "Contributor"],
  ["administrator", "Administrator"],
];

/** A project's facts, its people, and what they did. */
export default function ProjectSettingsPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const page = ["permissions", "audit"].find((name) => name === params.page) ?? "overview";
  const { account } = useSession();
  const [isAdding, setAdding] = useState(false);
  const mayManage = useMay(scope, "administrator");
  return (
    <Page
      title="Project settings"
      crumbs={[{ name: scope.project, href: links.project(scope) }]}
      actions={
        page === "permissions" && mayManage ? (
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setAdding(true)}>
            Add
          </Button>
        ) : null
      }
      tabs={
        <Tabs
          label="Project settings"
          tabs={[
            { name: "Overview", href: links.settings(scope), isHere: page === "overview" },
            {
              name: "People",
              href: links.settings(scope, "permissions"),
              isHere: page === "permissions",
            },
            ...(account.isAdministrator
              ? [
                  {
                    name: "Audit log",
                    href: links.settings(scope, "audit"),
                    isHere: page === "audit",
                  },
                ]
              : []),
          ]}
        />
      }
    >
      {page === "permissions" ? <People scope={scope} mayManage={mayManage} /> : null}
      {page === "audit" ? <ProjectAudit scope={scope} /> : null}
      {page === "overview" ? <Overview scope={scope} /> : null}
      {isAdding ? <AddMember scope={scope} onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}

const isOf = (scope: Scope) => (project: Project) =>
  project.name === scope.project || project.id === scope.project;

function NoProject({ scope }: { scope: Scope }) {
  return <EmptyState title={`There is no project ${scope.project}, or it is not yours to see`} />;
}

function ProjectAudit({ scope }: { scope: Scope }) {
  const query = useResource(projects(scope.organization));
  return (
    <Loaded query={query}>
      {({ value }) => {
        const found = value.find(isOf(scope));
        return found ? (
          <AuditList organization={scope.organization} project={found.id} />
        ) : (
          <NoProject scope={scope} />
        );
      }}
    </Loaded>
  );
}

function Overview({ scope }: { scope: Scope }) {
  const query = useResource(projects(scope.organization));
  const here = organizationUrl(scope.organization);
  return (
    <>
      <Card title="Project">
        <Loaded query={query} rows={2}>
          {({ value }) => {
            const found = value.find(isOf(scope));
            if (found === undefined) return <NoProject scope={scope} />;
            return (
              <PropertyGrid
                items={[
                  ["Name", found.name],
                  ["Description", found.description],
                  ["Id", <code key="id">{found.id}</code>],
                ]}
              />
            );
          }}
        </Loaded>
      </Card>
      <Card title="The same tools as for Azure DevOps">
        <CodeBlock
          language="shell"
          text={`penstock az devops configure --defaults organization=${here} ${quoted(`project=${scope.project}`)}\npenstock az pipelines list`}
        />
      </Card>
    </>
  );
}

function People({ scope, mayManage }: { scope: Scope; mayManage: boolean }) {
  const query = useResource(members(scope));
  const { act, error, isBusy } = useAction(["members"]);
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      <p className={styles.note}>
        Administrators of the server may do everything in every project.
      </p>
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="Nobody has a role here">
              An administrator of the project adds people; each is a reader, a contributor or an
              administrator.
            </EmptyState>
          ) : (
            <Table
              label="People"
              rows={value}
              rowKey={({ account }) => account.id}
              columns={[
                {
                  name: "Name",
                  cell: ({ account }) => (
                    <TwoLines first={account.displayName} second={account.userName} />
                  ),
                },
                {
                  name: "Role",
                  width: "200px",
                  cell: (member) => (
                    <RoleField
                      member={member}
                      isDisabled={!mayManage || isBusy}
                      onChange={(role) => void act(() => setRole(scope, member.account.id, role))}
                    />
                  ),
                },
                {
                  name: "Actions",
                  isSilent: true,
                  width: "110px",
                  cell: ({ account }) =>
                    mayManage ? (
                      <Button
                        size="small"
                        aria-label={`Remove ${account.displayName}`}
                        disabled={isBusy}
                        onClick={() => void act(() => removeMember(scope, account.id))}
                      >
                        Remove
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Loaded>
    </>
  );
}

function RoleField({
  member,
  isDisabled,
  onChange,
}: {
  member: Member;
  isDisabled: boolean;
  onChange: (role: Role) => void;
}) {
  return (
    <Select
      aria-label={`Role of ${member.account.displayName}`}
      value={member.role}
      disabled={isDisabled}
      onChange={(_, data) => onChange(data.value as Role)}
    >
      {ROLES.map(([role, name]) => (
        <option key={role} value={role}>
          {name}
        </option>
      ))}
    </Select>
  );
}

function AddMember({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const everyone = useResource(accounts(scope.organization));
  const here = useResource(members(scope));
  const [chosen, setChosen] = useState("");
  const [role, setChosenRole] = useState<Role>("contributor");
  const { act, error, isBusy } = useAction(["members"]);
  const known = new Set(here.data?.value.map(({ account }) => account.id));
  const free = (everyone.data?.value ?? []).filter((account) => !known.has(account.id));
  const id = chosen || (free[0]?.id ?? "");
  const add = async () => {
    if (await act(() => setRole(scope, id, role))) onClose();
  };
  return (
    <FormPanel
      title="Add to the project"
      submit="Add"
      onSubmit={() => void add()}
      onClose={onClose}
      error={error ?? everyone.error ?? here.error ?? undefined}
      isDisabled={isBusy || id === ""}
    >
      <Field label="Person" hint={free.length === 0 ? "Everyone with an account is in" : undefined}>
        <Select value={id} onChange={(_, data) => setChosen(data.value)}>
          {free.map((account) => (
            <option key={account.id} value={account.id}>
              {account.displayName} ({account.userName})
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Role">
        <Select value={role} onChange={(_, data) => setChosenRole(data.value as Role)}>
          {ROLES.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
    </FormPanel>
  );
}
