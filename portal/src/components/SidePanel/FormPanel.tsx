import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { ErrorBox } from "../ErrorBox/ErrorBox.tsx";
import { SidePanel } from "./SidePanel.tsx";

/** A panel with fields, the refusal of the server above them, and two buttons. */
export function FormPanel({
  title,
  submit,
  keep = "Cancel",
  onSubmit,
  onClose,
  error,
  isDisabled,
  place = "right",
  children,
}: {
  title: string;
  /** What the button does: "Create". */
  submit: string;
  /** What the other button says, which leaves all as it is. */
  keep?: string;
  onSubmit: () => void;
  onClose: () => void;
  error: Error | undefined;
  isDisabled?: boolean;
  place?: "right" | "centre";
  children: ReactNode;
}) {
  return (
    <SidePanel
      title={title}
      place={place}
      onClose={onClose}
      onSubmit={onSubmit}
      footer={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button appearance="primary" type="submit" disabled={isDisabled}>
            {submit}
          </Button>
        </>
      }
    >
      {error ? <ErrorBox error={error} /> : null}
      {children}
    </SidePanel>
  );
}
