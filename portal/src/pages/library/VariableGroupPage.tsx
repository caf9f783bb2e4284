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
import { type Crumb, Page } from "../../components/Page/Page.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import styles from "./LibraryPage.module.css";
import { PermissionsCard } from "./PermissionsCard.tsx";

/** A variable group to read and to change; `new` is one that is not there yet. */
export function VariableGroupPage({ scope, id }: { scope: Scope; id: string }) {
  const isNew = id === "new";
  const query = useResource({ ...variableGroup(scope, Number(id)), enabled: !isNew });
  if (isNew) return <Editor scope={scope} group={{ name: "", description: "", variables: {} }} />;
  if (query.data) return <Editor key={query.data.id} scope={scope} group={query.data} />;
  return (
    <Page title={`Variable group ${id}`} crumbs={crumbsTo(scope)}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

function crumbsTo(scope: Scope): Crumb[] {
  return [
    { name: scope.project, href: links.project(scope) },
    { name: "Library", href: links.library(scope) },
  ];
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

/** Why a group cannot be saved as it stands; empty when it can. */
function problemOf(name: string, rows: Row[]): string {
  const names = rows.map((row) => row.name.trim().toLowerCase());
  if (name.trim() === "") return "The group needs a name.";
  if (names.includes("")) return "Each variable needs a name.";
  const twice = rows.find((row, at) => names.indexOf(row.name.trim().toLowerCase()) < at);
  return twice ? `There are two variables named ${twice.name.trim()}.` : "";
}

function Editor({
  scope,
  group,
}: {
  scope: Scope;
  group: Omit<VariableGroup, "id"> & { id?: number };
}) {
  const { id } = group;
  const [, navigate] = useLocation();
  const mayEdit = useMay(scope, "contributor");
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? "");
  const [rows, setRows] = useState(() => rowsOf(group));
  const [isAsking, setAsking] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const { act, error, isBusy } = useAction(["variableGroups", "variableGroup"]);
  const edit = (next: Row[]) => {
    setSaved(false);
    setRows(next);
  };
  const change = (key: number, what: Partial<Row>) =>
    edit(rows.map((row) => (row.key === key ? { ...row, ...what } : row)));
  const add = () =>
    edit([
      ...rows,
      {
        key: Math.max(0, ...rows.map((row) => row.key)) + 1,
        name: "",
        value: "",
        isSecret: false,
        isKept: false,
      },
    ]);
  const problem = problemOf(name, rows);
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
      // What was typed as a secret is kept now, and not to be sent again.
      setRows(rowsOf(saved));
      setSaved(true);
      navigate(links.variableGroup(scope, saved.id), { replace: true });
    });
  return (
    <Page
      title={group.name || "New variable group"}
      crumbs={crumbsTo(scope)}
      actions={
        mayEdit ? (
          <>
            {id === undefined ? null : (
              <Button icon={<DeleteIcon />} onClick={() => setAsking(true)}>
                Delete
              </Button>
            )}
            <Button
              appearance="primary"
              disabled={problem !== "" || isBusy}
              onClick={() => void save()}
            >
              Save
            </Button>
          </>
        ) : null
      }
    >
      {error ? <ErrorBox error={error} /> : null}
      <p role="status" className={styles.said}>
        {isSaved ? "Saved." : mayEdit ? problem : ""}
      </p>
      <div className={styles.form}>
        <Card title="Properties">
          <div className={styles.form}>
            <Field label="Variable group name" required>
              <Input
                value={name}
                disabled={!mayEdit}
                onChange={(_, data) => {
                  setSaved(false);
                  setName(data.value);
                }}
              />
            </Field>
            <Field label="Description">
              <Textarea
                value={description}
                disabled={!mayEdit}
                onChange={(_, data) => {
                  setSaved(false);
                  setDescription(data.value);
                }}
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
                  aria-label={row.name ? `Name of ${row.name}` : "Name of a new variable"}
                  value={row.name}
                  disabled={!mayEdit}
                  onChange={(_, data) => change(row.key, { name: data.value })}
                />
                <Input
                  aria-label={`Value of ${row.name || "a new variable"}`}
                  type={row.isSecret ? "password" : "text"}
                  autoComplete="off"
                  value={row.value}
                  placeholder={row.isKept ? "•••••••• kept; type to replace" : ""}
                  disabled={!mayEdit}
                  onChange={(_, data) => change(row.key, { value: data.value })}
                />
                <Checkbox
                  aria-label={`${row.name || "A new variable"} is secret`}
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
                  aria-label={`Remove ${row.name || "a new variable"}`}
                  disabled={!mayEdit}
                  onClick={() => edit(rows.filter((other) => other.key !== row.key))}
                />
              </Fragment>
            ))}
          </div>
          <Button appearance="transparent" icon={<AddIcon />} disabled={!mayEdit} onClick={add}>
            Add
          </Button>
        </Card>
        {id === undefined ? null : <PermissionsCard scope={scope} type="variablegroup" id={id} />}
      </div>
      {isAsking && id !== undefined ? (
        <ConfirmPanel
          title={`Delete ${group.name}?`}
          submit="Delete"
          changed={["variableGroups"]}
          action={() => deleteVariableGroup(scope, id)}
          onClose={() => setAsking(false)}
          onDone={() => navigate(links.library(scope))}
        >
          <p>Pipelines that name it can no longer start. Its secrets cannot be brought back.</p>
        </ConfirmPanel>
      ) : null}
    </Page>
  );
}
