import { Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";
import {
  createServiceEndpoint,
  deleteServiceEndpoint,
  serviceEndpoints,
} from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import { useAction } from "../../app/useAction.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { ResourceMenu } from "./ResourceMenu.tsx";

interface Kind {
  type: string;
  name: string;
  scheme: string;
  /** The names of its credentials on the wire, with their labels. */
  fields: [parameter: string, label: string][];
}

const USER: Kind["fields"] = [
  ["username", "User name"],
  ["password", "Password"],
];
const KINDS: Kind[] = [
  {
    type: "azurerm",
    name: "Azure Resource Manager (this server's machine learning)",
    scheme: "PenstockLocal",
    fields: [],
  },
  { type: "generic", name: "Generic", scheme: "UsernamePassword", fields: USER },
  { type: "dockerregistry", name: "Docker registry", scheme: "UsernamePassword", fields: USER },
  {
    type: "github",
    name: "GitHub",
    scheme: "PersonalAccessToken",
    fields: [["accessToken", "Personal access token"]],
  },
  {
    type: "externalpythondownloadfeed",
    name: "Python package download",
    scheme: "UsernamePassword",
    fields: USER,
  },
];
const SECRET = /password|token/i;

export function Connections({ scope }: { scope: Scope }) {
  const query = useResource(serviceEndpoints(scope));
  return (
    <Loaded query={query}>
      {({ value }) =>
        value.length === 0 ? (
          <EmptyState title="No service connection yet" command="penstock connections add local">
            <code>azureSubscription: local</code> in a step names a connection. One to this server's
            machine learning is enough for <code>az ml</code>.
          </EmptyState>
        ) : (
          <Table
            label="Service connections"
            rows={value}
            rowKey={(connection) => connection.id}
            columns={[
              {
                name: "Name",
                cell: (connection) => (
                  <TwoLines first={connection.name} second={connection.description} />
                ),
              },
              {
                name: "Type",
                width: "30%",
                cell: ({ type }) =>
                  KINDS.find((kind) => kind.type === type.toLowerCase())?.name ?? type,
              },
              {
                name: "Ready",
                width: "80px",
                cell: ({ isReady }) => (
                  <StateIcon result={isReady === false ? "failed" : "succeeded"} />
                ),
              },
              {
                name: "Actions",
                isSilent: true,
                width: "48px",
                cell: (connection) => (
                  <ResourceMenu
                    scope={scope}
                    type="endpoint"
                    id={connection.id}
                    name={connection.name}
                    changed="serviceEndpoints"
                    remove={() => deleteServiceEndpoint(scope, connection.id)}
                    loss="Its credentials cannot be brought back."
                  />
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}

/** A connection to this server's machine learning, or to something outside with its credentials. */
export function NewConnection({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const [type, setType] = useState("azurerm");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [url, setUrl] = useState("");
  const [parameters, setParameters] = useState<Record<string, string>>({});
  const { act, error, isBusy } = useAction(["serviceEndpoints"]);
  const kind = KINDS.find((one) => one.type === type);
  if (kind === undefined) return null;
  const isLocal = kind.fields.length === 0;
  const create = async () => {
    const wanted = {
      type,
      name,
      description,
      url: isLocal ? window.location.origin : url,
      authorization: { scheme: kind.scheme, parameters },
    };
    if (await act(() => createServiceEndpoint(scope, wanted))) onClose();
  };
  return (
    <FormPanel
      title="New service connection"
      submit="Save"
      onSubmit={() => void create()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name.trim() === ""}
    >
      <Field label="Type">
        <Select
          value={type}
          onChange={(_, data) => {
            setType(data.value);
            setParameters({});
          }}
        >
          {KINDS.map((one) => (
            <option key={one.type} value={one.type}>
              {one.name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Service connection name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      {isLocal ? null : (
        <Field label="Server address">
          <Input value={url} onChange={(_, data) => setUrl(data.value)} />
        </Field>
      )}
      {kind.fields.map(([parameter, label]) => (
        <Field
          key={parameter}
          label={label}
          hint={SECRET.test(parameter) ? "Kept encrypted; never shown again" : undefined}
        >
          <Input
            type={SECRET.test(parameter) ? "password" : "text"}
            autoComplete="off"
            value={parameters[parameter] ?? ""}
            onChange={(_, data) => setParameters({ ...parameters, [parameter]: data.value })}
          />
        </Field>
      ))}
      <Field label="Description">
        <Input value={description} onChange={(_, data) => setDescription(data.value)} />
      </Field>
    </FormPanel>
  );
}
