import { Field, Input } from "@fluentui/react-components";

/** A password that is asked for; `isNew` keeps the browser from filling in an old one. */
export function PasswordField({
  label,
  hint,
  isNew = false,
  value,
  onChange,
}: {
  label: string;
  hint?: string;
  isNew?: boolean;
  value: string;
  onChange: (password: string) => void;
}) {
  return (
    <Field label={label} required hint={hint}>
      <Input
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        value={value}
        onChange={(_, data) => onChange(data.value)}
      />
    </Field>
  );
}
