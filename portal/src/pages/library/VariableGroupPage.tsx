import { Button, Checkbox, Field, Input, Textarea } from "@fluentui/react-components";
import { Fragment, useState } from "react";
import { useLocation } from "wouter";
import { deleteVariableGroup, saveVariableGroup, variableGroup } from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { VariableGroup } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Card } from "../../components/Card/Card.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { AddIcon, DeleteIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import styles from "./LibraryPage.module.css";
import { PermissionsCard } from "./PermissionsCard.tsx";

/** A variable group to read and to change; `new` is one that is not there yet. */
export function VariableGroupPage({ scope, id }: { scope: Scope; id: string }) {
  const isNew = id === "new";
  const query = useResource({ ...variableGroup(scope, Number(id)), enabled: !isNew });
  return isNew ? (
    <Editor scope={scope} group={{ name: "", description: "", variables: {} }} />
  ) : (
    <Loaded query={query}>
      {(group) => <Editor key={group.id} scope={scope} group={group} />}
    </Loaded>
  );
}

interface Row {
  key: number;
  name: string;
  value: string;
  isSecret: boolean;
  /** The server has a secret value; it stays while nothing is typed. */
  isKept: boolean;
}

function rowsOf(group: Pick<VariableGroup, "variables">): Row[] {
  return Object.entries(group.variables).map(([name, { value, isSecret }], key) => ({
    key,
    name,
    value: isSecret ? "" : (value ?? ""),
    isSecret: isSecret === true,
    isKept: isSecret === true,
  }));
}

function Editor({
  scope,
  group,
}: {
  scope: Scope;
  group: Omit<VariableGroup, "id"> & { id?: number };
}) {
  const [, navigate] = useLocation();
  const mayEdit = useMay(scope, "contributor");
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? "");
  const [rows, setRows] = useState(() => rowsOf(group));
  const [isAsking, setAsking] = useState(false);
  const { act, error, isBusy } = useAction(["variableGroups", "variableGroup"]);
  const change = (key: number, what: Partial<Row>) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...what } : row)));
  const add = () =>
    setRows([
      ...rows,
      {
        key: Math.max(0, ...rows.map((row) => row.key)) + 1,
        name: "",
        value: "",
        isSecret: false,
        isKept: false,
      },
    ]);
  const names = rows.map((row) => row.name.trim().toLowerCase());
  const isWrong = name.trim() === "" || names.includes("") || new Set(names).size < names.length;
  const save = () =>
    act(async () => {
      const saved = await saveVariableGroup(scope, {
        ...group,
        name: name.trim(),
        description,
        variables: Object.fromEntries(
          rows.map((row) => [
            row.name.trim(),
            {
              value: row.isKept && row.value === "" ? null : row.value,
              ...(row.isSecret ? { isSecret: true } : {}),
            },
          ]),
        ),
      });
      navigate(links.variableGroup(scope, saved.id));
    });
  const remove = async () => {
    const { id } = group;
    if (id !== undefined && (await act(() => deleteVariableGroup(scope, id)))) {
      navigate(links.library(scope));
    }
  };
  return (
    <Page
      title={group.name || "New variable group"}
      crumbs={[
        { name: scope.project, href: links.project(scope) },
        { name: "Library", href: links.library(scope) },
      ]}
      actions={
        mayEdit ? (
          <>
            {group.id === undefined ? null : (
              <Button icon={<DeleteIcon />} onClick={() => setAsking(true)}>
                Delete
              </Button>
            )}
            <Button appearance="primary" disabled={isWrong || isBusy} onClick={() => void save()}>
              Save
            </Button>
          </>
        ) : null
      }
    >
      {error ? <ErrorBox error={error} /> : null}
      <div className={styles.form}>
        <Card title="Properties">
          <div className={styles.form}>
            <Field label="Variable group name" required>
              <Input value={name} disabled={!mayEdit} onChange={(_, data) => setName(data.value)} />
            </Field>
            <Field label="Description">
              <Textarea
                value={description}
                disabled={!mayEdit}
                onChange={(_, data) => setDescription(data.value)}
              />
            </Field>
          </div>
        </Card>
        <Card title="Variables">
          <div className={styles.variables}>
            <span>Name</span>
            <span>Value</span>
            <span>Secret</span>
            <span />
            {rows.map((row) => (
              <Fragment key={row.key}>
                <Input
                  aria-label="Name"
                  value={row.name}
                  disabled={!mayEdit}
                  onChange={(_, data) => change(row.key, { name: data.value })}
                />
                <Input
                  aria-label={`Value of ${row.name}`}
                  type={row.isSecret ? "password" : "text"}
                  autoComplete="off"
                  value={row.value}
                  placeholder={row.isKept ? "•••••••• kept; type to replace" : ""}
                  disabled={!mayEdit}
                  onChange={(_, data) => change(row.key, { value: data.value })}
                />
                <Checkbox
                  aria-label={`${row.name} is secret`}
                  checked={row.isSecret}
                  disabled={!mayEdit}
                  onChange={(_, data) =>
                    change(row.key, {
                      isSecret: data.checked === true,
                      isKept: row.isKept && data.checked === true,
                    })
                  }
                />
                <Button
                  appearance="subtle"
                  icon={<DeleteIcon />}
                  aria-label={`Remove ${row.name}`}
                  disabled={!mayEdit}
                  onClick={() => setRows(rows.filter((other) => other.key !== row.key))}
                />
              </Fragment>
            ))}
          </div>
          <Button appearance="transparent" icon={<AddIcon />} disabled={!mayEdit} onClick={add}>
            Add
          </Button>
        </Card>
        {group.id === undefined ? null : (
          <PermissionsCard scope={scope} type="variablegroup" id={group.id} />
        )}
      </div>
      {isAsking ? (
        <FormPanel
          place="centre"
          title={`Delete ${group.name}?`}
          submit="Delete"
          onSubmit={() => void remove()}
          onClose={() => setAsking(false)}
          error={error}
        >
          <p>Pipelines that name it can no longer start. Its secrets cannot be brought back.</p>
        </FormPanel>
      ) : null}
    </Page>
  );
}
