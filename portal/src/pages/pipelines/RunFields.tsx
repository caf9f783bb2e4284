import { Button, Checkbox, Field, Input, Select, Textarea } from "@fluentui/react-components";
import { useState } from "react";
import type { Preview, PreviewParameter } from "../../api/wire.ts";
import styles from "./RunPanel.module.css";

/** The control for a parameter's type. */
export function ParameterField({
  parameter,
  text,
  problem,
  onChange,
}: {
  parameter: PreviewParameter;
  text: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}) {
  const label = parameter.displayName || parameter.name;
  if (parameter.type === "boolean") {
    return (
      <Checkbox
        label={label}
        checked={text === "true"}
        onChange={(_, data) => onChange(String(data.checked === true))}
      />
    );
  }
  const invalid = problem ? { validationMessage: problem, validationState: "error" as const } : {};
  if (parameter.values && parameter.values.length > 0) {
    return (
      <Field label={label} {...invalid}>
        <Select value={text} onChange={(_, data) => onChange(data.value)}>
          {parameter.values.map((value) => (
            <option key={String(value)}>{String(value)}</option>
          ))}
        </Select>
      </Field>
    );
  }
  const isLong = !["string", "number"].includes(parameter.type);
  return (
    <Field label={label} hint={isLong ? `${parameter.type}, as JSON` : undefined} {...invalid}>
      {isLong ? (
        <Textarea
          className={styles.long}
          rows={5}
          value={text}
          onChange={(_, data) => onChange(data.value)}
        />
      ) : (
        <Input value={text} onChange={(_, data) => onChange(data.value)} />
      )}
    </Field>
  );
}

/** The variables of a pipeline that may be set for a run, and others that are added. */
export function VariableFields({
  known,
  values,
  onChange,
}: {
  known: Preview["variables"];
  /** Those that were set. */
  values: Record<string, string>;
  onChange: (values: Record<string, string>) => void;
}) {
  const names = known.map(({ name }) => name);
  const added = Object.keys(values).filter((name) => !names.includes(name));
  const set = (name: string, value: string) => onChange({ ...values, [name]: value });
  return (
    <details className={styles.advanced}>
      <summary>Variables ({known.length + added.length})</summary>
      {known.map(({ name, value, allowOverride }) => (
        <Field
          key={name}
          label={name}
          hint={allowOverride ? undefined : "Not settable at queue time"}
        >
          <Input
            value={values[name] ?? value ?? ""}
            disabled={!allowOverride}
            onChange={(_, data) => set(name, data.value)}
          />
        </Field>
      ))}
      {added.map((name) => (
        <Field key={name} label={name}>
          <Input value={values[name] ?? ""} onChange={(_, data) => set(name, data.value)} />
        </Field>
      ))}
      <AddVariable taken={[...names, ...added]} onAdd={(name) => set(name, "")} />
    </details>
  );
}

function AddVariable({ taken, onAdd }: { taken: string[]; onAdd: (name: string) => void }) {
  const [name, setName] = useState("");
  const isTaken = taken.some((one) => one.toLowerCase() === name.toLowerCase());
  const isName = /^[A-Za-z][\w.]*$/.test(name);
  const add = () => {
    onAdd(name);
    setName("");
  };
  return (
    <div className={styles.add}>
      <Input
        size="small"
        placeholder="Name of another variable"
        aria-label="Name of another variable"
        value={name}
        onChange={(_, data) => setName(data.value)}
      />
      <Button size="small" disabled={!isName || isTaken} onClick={add}>
        Add
      </Button>
    </div>
  );
}

/** The stages of a pipeline, of which some may be left out. */
export function StageFields({
  stages,
  skipped,
  onChange,
}: {
  stages: Preview["stages"];
  skipped: ReadonlySet<string>;
  onChange: (skipped: ReadonlySet<string>) => void;
}) {
  return (
    <details className={styles.advanced}>
      <summary>
        Stages to run ({stages.length - skipped.size} of {stages.length})
      </summary>
      {stages.map((stage) => (
        <Checkbox
          key={stage.name}
          label={stage.displayName || stage.name}
          checked={!skipped.has(stage.name)}
          disabled={stage.skippable === false}
          onChange={(_, data) => {
            const next = new Set(skipped);
            if (data.checked) next.delete(stage.name);
            else next.add(stage.name);
            onChange(next);
          }}
        />
      ))}
    </details>
  );
}
