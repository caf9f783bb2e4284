import type { ReactNode } from "react";
import { useAction } from "../../app/useAction.ts";
import { FormPanel } from "./FormPanel.tsx";

/** A question before something that cannot be taken back; a refusal is shown where it was asked. */
export function ConfirmPanel({
  title,
  submit,
  keep,
  changed,
  action,
  onClose,
  onDone = onClose,
  children,
}: {
  title: string;
  /** What the button does: "Delete". */
  submit: string;
  keep?: string;
  /** The keys of what is to be fetched again. */
  changed: string[];
  action: () => Promise<unknown>;
  onClose: () => void;
  /** In place of `onClose`, once it is done. */
  onDone?: () => void;
  /** What it means. */
  children: ReactNode;
}) {
  const { act, error, isBusy } = useAction(changed);
  const submitted = async () => {
    if (await act(action)) onDone();
  };
  return (
    <FormPanel
      place="centre"
      title={title}
      submit={submit}
      {...(keep === undefined ? {} : { keep })}
      onSubmit={() => void submitted()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy}
    >
      {children}
    </FormPanel>
  );
}
