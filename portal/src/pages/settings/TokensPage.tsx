import { Button, Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";
import { changeAccount, createToken, revokeToken, tokens } from "../../api/people.ts";
import { useResource } from "../../api/resource.ts";
import type { PersonalToken } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { useAction } from "../../app/useAction.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { Table } from "../../components/Table/Table.tsx";
import { PasswordField } from "./PasswordField.tsx";
import styles from "./Settings.module.css";

const SCOPES: [scope: string, name: string][] = [
  ["vso.code", "Code: read"],
  ["vso.code_write", "Code: read and write"],
  ["vso.build", "Build: read"],
  ["vso.build_execute", "Build: read and start"],
  ["vso.variablegroups_manage", "Variable groups: manage"],
  ["vso.environment_manage", "Environments: manage"],
];
const DAY = 24 * 3600 * 1000;

/** One's own personal access tokens. */
export default function TokensPage({ params }: PageProps) {
  const organization = params.organization ?? "";
  const query = useResource(tokens(organization));
  const [open, setOpen] = useState<"token" | "password" | PersonalToken>();
  const [made, setMade] = useState<PersonalToken>();
  const close = () => setOpen(undefined);
  return (
    <Page
      title="Personal access tokens"
      crumbs={[{ name: organization, href: links.organization(organization) }]}
      facts="For Git and the API, in place of your password."
      actions={
        <>
          <Button onClick={() => setOpen("password")}>Change password</Button>
          <Button appearance="primary" icon={<AddIcon />} onClick={() => setOpen("token")}>
            New token
          </Button>
        </>
      }
    >
      {made?.token ? (
        <section className={styles.once} role="status">
          <strong>Copy {made.displayName} now: it is not shown again.</strong>
          <CodeBlock text={made.token} />
        </section>
      ) : null}
      <Loaded query={query}>
        {({ patTokens }) =>
          patTokens.length === 0 ? (
            <EmptyState title="No token yet" command="penstock tokens create laptop" />
          ) : (
            <Table
              label="Personal access tokens"
              rows={patTokens}
              rowKey={(token) => token.authorizationId}
              columns={[
                { name: "Name", cell: (token) => <strong>{token.displayName}</strong> },
                {
                  name: "Scope",
                  width: "34%",
                  cell: (token) => (token.scope === "app_token" ? "Full access" : token.scope),
                },
                { name: "Made", width: "110px", cell: (token) => <Age time={token.validFrom} /> },
                {
                  name: "Expires",
                  width: "130px",
                  cell: (token) => new Date(token.validTo).toLocaleDateString(),
                },
                {
                  name: "Actions",
                  isSilent: true,
                  width: "110px",
                  cell: (token) => (
                    <Button
                      size="small"
                      aria-label={`Revoke ${token.displayName}`}
                      onClick={() => setOpen(token)}
                    >
                      Revoke
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {open === "token" ? (
        <NewToken
          organization={organization}
          onClose={close}
          onMade={(token) => {
            setMade(token);
            close();
          }}
        />
      ) : open === "password" ? (
        <NewPassword organization={organization} onClose={close} />
      ) : open ? (
        <ConfirmPanel
          title={`Revoke ${open.displayName}?`}
          submit="Revoke"
          changed={["tokens"]}
          action={() => revokeToken(organization, open.authorizationId)}
          onClose={close}
        >
          <p>Who uses it is refused from now on. It cannot be brought back.</p>
        </ConfirmPanel>
      ) : null}
    </Page>
  );
}

function NewToken({
  organization,
  onClose,
  onMade,
}: {
  organization: string;
  onClose: () => void;
  onMade: (token: PersonalToken) => void;
}) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("30");
  const [isFull, setFull] = useState(false);
  const [scopes, setScopes] = useState<ReadonlySet<string>>(new Set(["vso.code_write"]));
  const { act, error, isBusy } = useAction(["tokens"]);
  const create = () =>
    act(async () => {
      onMade(
        await createToken(organization, {
          displayName: name,
          scope: isFull ? "app_token" : [...scopes].join(" "),
          validTo: new Date(Date.now() + Number(days) * DAY).toISOString(),
        }),
      );
    });
  return (
    <FormPanel
      title="New personal access token"
      submit="Create"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name.trim() === "" || (!isFull && scopes.size === 0)}
    >
      <Field label="Name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Expires in">
        <Select value={days} onChange={(_, data) => setDays(data.value)}>
          {["7", "30", "90", "180", "365"].map((count) => (
            <option key={count} value={count}>
              {count} days
            </option>
          ))}
        </Select>
      </Field>
      <div className={styles.scopes} role="group" aria-label="Scopes">
        <Checkbox
          label="Full access"
          checked={isFull}
          onChange={(_, data) => setFull(data.checked === true)}
        />
        {SCOPES.map(([scope, title]) => (
          <Checkbox
            key={scope}
            label={title}
            disabled={isFull}
            checked={isFull || scopes.has(scope)}
            onChange={(_, data) => {
              const next = new Set(scopes);
              if (data.checked) next.add(scope);
              else next.delete(scope);
              setScopes(next);
            }}
          />
        ))}
      </div>
    </FormPanel>
  );
}

function NewPassword({ organization, onClose }: { organization: string; onClose: () => void }) {
  const [currentPassword, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const { act, error, isBusy } = useAction([]);
  const change = async () => {
    const what = { currentPassword, password };
    if (await act(() => changeAccount(organization, "me", what))) onClose();
  };
  return (
    <FormPanel
      title="Change password"
      submit="Change"
      onSubmit={() => void change()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || currentPassword === "" || password === ""}
    >
      <PasswordField label="Current password" value={currentPassword} onChange={setCurrent} />
      <PasswordField
        label="New password"
        hint="12 characters or more. Other sessions end"
        isNew
        value={password}
        onChange={setPassword}
      />
    </FormPanel>
  );
}
