import { useState } from "react";
import type { Scope } from "../../api/scope.ts";
import { useMay } from "../../app/session.ts";
import { Menu } from "../../components/Menu/Menu.tsx";
import { ConfirmPanel } from "../../components/SidePanel/ConfirmPanel.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { PermissionsCard } from "./PermissionsCard.tsx";

/** What can be done with a thing of the library: see who may use it, and delete it. */
export function ResourceMenu({
  scope,
  type,
  id,
  name,
  changed,
  remove,
  loss,
}: {
  scope: Scope;
  type: "endpoint" | "securefile";
  id: string;
  name: string;
  /** The key of the list that it leaves. */
  changed: string;
  remove: () => Promise<unknown>;
  /** What cannot be brought back. */
  loss: string;
}) {
  const mayEdit = useMay(scope, "contributor");
  const [open, setOpen] = useState<"permissions" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label={`Actions for ${name}`}
        items={[
          { name: "Pipeline permissions", onChoose: () => setOpen("permissions") },
          { name: "Delete", isDisabled: !mayEdit, onChoose: () => setOpen("delete") },
        ]}
      />
      {open === "permissions" ? (
        <SidePanel title={name} onClose={close}>
          <PermissionsCard scope={scope} type={type} id={id} />
        </SidePanel>
      ) : null}
      {open === "delete" ? (
        <ConfirmPanel
          title={`Delete ${name}?`}
          submit="Delete"
          changed={[changed]}
          action={remove}
          onClose={close}
        >
          <p>Pipelines that name it can no longer start. {loss}</p>
        </ConfirmPanel>
      ) : null}
    </>
  );
}
