import { Field, Input, Radio, RadioGroup } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";

/** What a commit is to say and which branch it goes to, with the fields that ask for both. */
export function useCommitFields(
  branch: string,
  proposed: { message: string; newBranch: string },
): { message: string; target: string; fields: ReactNode } {
  const [message, setMessage] = useState(proposed.message);
  const [place, setPlace] = useState("same");
  const [newBranch, setNewBranch] = useState(proposed.newBranch);
  const fields = (
    <>
      <Field label="Commit message" required>
        <Input value={message} onChange={(_, data) => setMessage(data.value)} />
      </Field>
      <RadioGroup value={place} onChange={(_, data) => setPlace(data.value)} aria-label="Branch">
        <Radio value="same" label={`Commit directly to the ${branch} branch`} />
        <Radio value="new" label="Create a new branch for this commit" />
      </RadioGroup>
      {place === "new" ? (
        <Field label="Branch name" required>
          <Input value={newBranch} onChange={(_, data) => setNewBranch(data.value)} />
        </Field>
      ) : null}
    </>
  );
  return { message, target: place === "same" ? branch : newBranch, fields };
}
