import { Button, Field, Input, Select } from "@fluentui/react-components";
import { useId } from "react";
import type { PreviewParameter } from "../../api/wire.ts";
import { ParameterField } from "./RunFields.tsx";
import {
  awaitedOf,
  NOTHING,
  REASONS,
  type Supposed,
  supposedText,
  withText,
  wordsOf,
} from "./supposed.ts";
import styles from "./YamlReview.module.css";

/** The run that full YAML and plan are of: why it starts, its branch, its parameters. */
export function Supposing({
  supposed,
  parameters,
  branch,
  branches,
  onChange,
}: {
  supposed: Supposed;
  parameters: readonly PreviewParameter[];
  /** The one of the files. */
  branch: string;
  branches: readonly string[];
  onChange: (supposed: Supposed) => void;
}) {
  const listId = useId();
  const words = wordsOf(supposed, parameters);
  const isAwaiting = awaitedOf(supposed, parameters).length > 0;
  return (
    <details className={styles.supposing} open={isAwaiting || undefined}>
      <summary>
        <strong>Suppose a run</strong>{" "}
        <span className={styles.soft}>
          {words.length > 0 ? words.join(", ") : `started by hand on ${branch}`}
        </span>
      </summary>
      <div className={styles.fields}>
        <Field label="Reason">
          <Select
            value={supposed.reason}
            onChange={(_, data) => onChange({ ...supposed, reason: data.value })}
          >
            {REASONS.map(([reason, name]) => (
              <option key={reason} value={reason}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Branch of the run">
          <Input
            value={supposed.branch}
            placeholder={branch}
            input={{ list: listId }}
            onChange={(_, data) => onChange({ ...supposed, branch: data.value.trim() })}
          />
        </Field>
        <datalist id={listId}>
          {branches.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        {parameters.map((parameter) => {
          const { text, problem } = supposedText(supposed, parameter);
          return (
            <ParameterField
              key={parameter.name}
              parameter={parameter}
              text={text}
              problem={problem}
              onChange={(changed) => onChange(withText(supposed, parameter, changed))}
            />
          );
        })}
      </div>
      {words.length > 0 ? (
        <Button size="small" onClick={() => onChange(NOTHING)}>
          Suppose nothing
        </Button>
      ) : null}
    </details>
  );
}
