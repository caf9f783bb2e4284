import { Field, Input, Textarea } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";

/** What something new is called and is for, with the fields that ask for both. */
export function useNameFields(label: string): {
  name: string;
  description: string;
  fields: ReactNode;
} {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const fields = (
    <>
      <Field label={label} required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Description">
        <Textarea value={description} onChange={(_, data) => setDescription(data.value)} />
      </Field>
    </>
  );
  return { name: name.trim(), description, fields };
}
