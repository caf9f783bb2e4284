import { Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";
import {
  createServiceEndpoint,
  deleteServiceEndpoint,
  serviceEndpoints,
} from "../../api/library.ts";
import { useResource } from "../../api/resource.ts";
import type { Scope } from "../../api/scope.ts";
import type { ServiceEndpoint } from "../../api/wire.ts";
import { useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { PermissionsCard } from "./PermissionsCard.tsx";

const TYPES: [type: string, name: string][] = [
  ["azurerm", "Azure Resource Manager (this server's machine learning)"],
  ["generic", "Generic"],
  ["git", "Git"],
  ["dockerregistry", "Docker registry"],
];

export function Connections({ scope }: { scope: Scope }) {
  const query = useResource(serviceEndpoints(scope));
  const mayEdit = useMay(scope, "contributor");
  const [open, setOpen] = useState<ServiceEndpoint>();
  const { act } = useAction(["serviceEndpoints"]);
  return (
    <>
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No service connection yet" command="penstock connections add local">
              <code>azureSubscription: local</code> in a step names a connection. One to this
              server's machine learning is enough for <code>az ml</code>.
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
                  cell: ({ type }) => TYPES.find(([id]) => id === type.toLowerCase())?.[1] ?? type,
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
                    <Menu
                      label={`Actions for ${connection.name}`}
                      items={[
                        { name: "Pipeline permissions", onChoose: () => setOpen(connection) },
                        {
                          name: "Delete",
                          isDisabled: !mayEdit,
                          onChoose: () =>
                            void act(() => deleteServiceEndpoint(scope, connection.id)),
                        },
                      ]}
                    />
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {open ? (
        <SidePanel title={open.name} onClose={() => setOpen(undefined)}>
          <PermissionsCard scope={scope} type="endpoint" id={open.id} />
        </SidePanel>
      ) : null}
    </>
  );
}

export function NewConnection({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const [type, setType] = useState("azurerm");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [url, setUrl] = useState("");
  const { act, error, isBusy } = useAction(["serviceEndpoints"]);
  const create = async () => {
    const wanted = {
      type,
      name,
      description,
      url: type === "azurerm" ? window.location.origin : url,
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
        <Select value={type} onChange={(_, data) => setType(data.value)}>
          {TYPES.map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Service connection name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      {type === "azurerm" ? null : (
        <Field label="Server address">
          <Input value={url} onChange={(_, data) => setUrl(data.value)} />
        </Field>
      )}
      <Field label="Description">
        <Input value={description} onChange={(_, data) => setDescription(data.value)} />
      </Field>
    </FormPanel>
  );
}
