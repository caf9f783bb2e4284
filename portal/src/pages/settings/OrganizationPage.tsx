import { Button, Checkbox, Field, Input } from "@fluentui/react-components";
import { useState } from "react";
import { accounts, changeAccount, createAccount } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import type { Account } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { useAction } from "../../app/useAction.ts";
import { Chip } from "../../components/Card/Card.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { AuditList } from "./AuditList.tsx";
import { PasswordField } from "./PasswordField.tsx";

/** The people of the whole server, and its audit log. */
export default function OrganizationPage({ params }: PageProps) {
  const organization = params.organization ?? "";
  const isAudit = params.page === "audit";
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Organization settings"
      crumbs={[{ name: organization, href: links.organization(organization) }]}
      actions={
        isAudit ? null : (
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setCreating(true)}>
            New account
          </Button>
        )
      }
      tabs={
        <Tabs
          label="Organization settings"
          tabs={[
            {
              name: "People",
              href: links.organizationSettings(organization, "users"),
              isHere: !isAudit,
            },
            {
              name: "Audit log",
              href: links.organizationSettings(organization, "audit"),
              isHere: isAudit,
            },
          ]}
        />
      }
    >
      {isAudit ? <AuditList organization={organization} /> : <People organization={organization} />}
      {isCreating ? (
        <NewAccount organization={organization} onClose={() => setCreating(false)} />
      ) : null}
    </Page>
  );
}

function People({ organization }: { organization: string }) {
  const query = useResource(accounts(organization));
  const { act, error } = useAction(["accounts"]);
  const change = (account: Account, what: Parameters<typeof changeAccount>[2]) =>
    void act(() => changeAccount(organization, account.id, what));
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      <Loaded query={query}>
        {({ value }) => (
          <Table
            label="People"
            rows={value}
            rowKey={(account) => account.id}
            columns={[
              {
                name: "Name",
                cell: (account) => (
                  <TwoLines first={account.displayName} second={account.userName} />
                ),
              },
              {
                name: "Rights",
                width: "220px",
                cell: (account) => (
                  <>
                    {account.isAdministrator ? <Chip>administrator</Chip> : "by project"}{" "}
                    {account.isDisabled ? <Chip>disabled</Chip> : null}
                  </>
                ),
              },
              {
                name: "Actions",
                isSilent: true,
                width: "48px",
                cell: (account) => (
                  <Menu
                    label={`Actions for ${account.displayName}`}
                    items={[
                      {
                        name: account.isDisabled ? "Enable" : "Disable",
                        onChoose: () => change(account, { isDisabled: !account.isDisabled }),
                      },
                      {
                        name: account.isAdministrator
                          ? "Make no administrator"
                          : "Make an administrator",
                        onChoose: () =>
                          change(account, { isAdministrator: !account.isAdministrator }),
                      },
                    ]}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}

function NewAccount({ organization, onClose }: { organization: string; onClose: () => void }) {
  const [userName, setUserName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [isAdministrator, setAdministrator] = useState(false);
  const { act, error, isBusy } = useAction(["accounts"]);
  const create = async () => {
    const wanted = { userName, displayName: displayName || userName, password, isAdministrator };
    if (await act(() => createAccount(organization, wanted))) onClose();
  };
  return (
    <FormPanel
      title="New account"
      submit="Create"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || userName.trim() === "" || password === ""}
    >
      <Field label="User name" required>
        <Input value={userName} onChange={(_, data) => setUserName(data.value)} />
      </Field>
      <Field label="Display name">
        <Input value={displayName} onChange={(_, data) => setDisplayName(data.value)} />
      </Field>
      <PasswordField
        label="Password"
        hint="12 characters or more. The person can change it, beside the tokens"
        isNew
        value={password}
        onChange={setPassword}
      />
      <Checkbox
        label="Administrator of this server"
        checked={isAdministrator}
        onChange={(_, data) => setAdministrator(data.checked === true)}
      />
    </FormPanel>
  );
}
