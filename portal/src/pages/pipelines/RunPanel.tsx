import {
  Button,
  Checkbox,
  Field,
  Input,
  Select,
  Switch,
  Textarea,
} from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { refs } from "../../api/repositories.ts";
import type { ApiError } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { type PipelineDefinition, previewOf, queueRun, shortBranch } from "../../api/runs.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { PreviewParameter } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loading } from "../../components/Loading/Loading.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { commandOf, initialText, readValue } from "../../text/parameters.ts";
import styles from "./RunPanel.module.css";

/** Everything a run may be given, then the run. */
export function RunPanel({
  scope,
  pipeline,
  branch: wanted,
  onClose,
}: {
  scope: Scope;
  pipeline: PipelineDefinition;
  branch: string;
  onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const repository = pipeline.configuration?.repository;
  const repo = repository?.name ?? repository?.id ?? "";
  const branches = useResource(refs(scope, repo));
  const names = (branches.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const first = names.includes("main") ? "main" : (names[0] ?? "");
  const [chosen, setChosen] = useState(wanted);
  const branch = chosen || first;
  const [commit, setCommit] = useState("");
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [variables, setVariables] = useState<Record<string, string>>({});
  const [skipped, setSkipped] = useState<ReadonlySet<string>>(new Set());
  const [diagnostics, setDiagnostics] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const query = useResource(
    previewOf(
      scope,
      repository && branch
        ? { repositoryId: repository.id, branch, path: pipeline.configuration?.path ?? "" }
        : undefined,
    ),
  );
  const preview = query.data;
  const faults = (preview?.diagnostics ?? []).filter((one) => one.severity === "error");
  const parameters = preview?.parameters ?? [];
  const read = parameters.map((parameter) => ({
    parameter,
    value: readValue(parameter, texts[parameter.name] ?? initialText(parameter)),
  }));
  const changed = read.filter(
    ({ parameter }) =>
      texts[parameter.name] !== undefined && texts[parameter.name] !== initialText(parameter),
  );
  const isUnreadable = read.some(({ value }) => value.problem !== undefined);
  const request = {
    branch,
    commit: commit.trim(),
    templateParameters: Object.fromEntries(
      changed.map(({ parameter, value }) => [parameter.name, value.value]),
    ),
    variables,
    stagesToSkip: [...skipped],
    diagnostics,
  };
  const submit = async () => {
    setBusy(true);
    try {
      const run = await queueRun(scope, pipeline.id, request);
      navigate(links.run(scope, run.id));
    } catch (refusal) {
      setError(refusal as ApiError);
      setBusy(false);
    }
  };
  return (
    <SidePanel
      title="Run pipeline"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            appearance="primary"
            type="submit"
            disabled={isBusy || isUnreadable || branch === ""}
          >
            Run
          </Button>
        </>
      }
    >
      <p className={styles.hint}>Select parameters below and manually run the pipeline</p>
      {error ? <ErrorBox error={error} /> : null}
      {branches.error ? <ErrorBox error={branches.error} /> : null}
      <Field label="Branch/tag">
        <Select value={branch} onChange={(_, data) => setChosen(data.value)}>
          {[...new Set([branch, ...names])].filter(Boolean).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      </Field>
      <Field label="Commit" hint="Empty: the newest of the branch">
        <Input value={commit} onChange={(_, data) => setCommit(data.value)} />
      </Field>
      {query.error ? <ErrorBox error={query.error} /> : null}
      {query.isPending && query.fetchStatus === "fetching" ? <Loading rows={3} /> : null}
      {faults.map((fault) => (
        <CodeBlock key={fault.text} text={fault.text} label={fault.message} />
      ))}
      {read.map(({ parameter, value }) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          text={texts[parameter.name] ?? initialText(parameter)}
          problem={value.problem}
          onChange={(text) => setTexts({ ...texts, [parameter.name]: text })}
        />
      ))}
      <Switch
        label="Enable system diagnostics"
        checked={diagnostics}
        onChange={(_, data) => setDiagnostics(data.checked)}
      />
      <details className={styles.advanced}>
        <summary>Variables ({preview?.variables.length ?? 0})</summary>
        {preview?.variables.map((variable) => (
          <Field
            key={variable.name}
            label={variable.name}
            hint={variable.allowOverride ? undefined : "Not settable at queue time"}
          >
            <Input
              value={variables[variable.name] ?? variable.value ?? ""}
              disabled={!variable.allowOverride}
              onChange={(_, data) => setVariables({ ...variables, [variable.name]: data.value })}
            />
          </Field>
        ))}
        <AddVariable onAdd={(name) => setVariables({ ...variables, [name]: "" })} />
        {Object.keys(variables)
          .filter((name) => !preview?.variables.some((known) => known.name === name))
          .map((name) => (
            <Field key={name} label={name}>
              <Input
                value={variables[name] ?? ""}
                onChange={(_, data) => setVariables({ ...variables, [name]: data.value })}
              />
            </Field>
          ))}
      </details>
      {(preview?.stages.length ?? 0) > 1 ? (
        <details className={styles.advanced}>
          <summary>
            Stages to run ({(preview?.stages.length ?? 0) - skipped.size} of{" "}
            {preview?.stages.length})
          </summary>
          {preview?.stages.map((stage) => (
            <Checkbox
              key={stage.name}
              label={stage.displayName || stage.name}
              checked={!skipped.has(stage.name)}
              disabled={stage.skippable === false}
              onChange={(_, data) => {
                const next = new Set(skipped);
                if (data.checked) next.delete(stage.name);
                else next.add(stage.name);
                setSkipped(next);
              }}
            />
          ))}
        </details>
      ) : null}
      <details className={styles.advanced}>
        <summary>As a command</summary>
        <CodeBlock
          language="shell"
          text={commandOf({
            organization: organizationUrl(scope.organization),
            project: scope.project,
            pipeline: pipeline.id,
            ...request,
          })}
        />
      </details>
    </SidePanel>
  );
}

function AddVariable({ onAdd }: { onAdd: (name: string) => void }) {
  const [name, setName] = useState("");
  const isName = /^[A-Za-z][\w.]*$/.test(name);
  return (
    <div className={styles.add}>
      <Input
        size="small"
        placeholder="Name of another variable"
        aria-label="Name of another variable"
        value={name}
        onChange={(_, data) => setName(data.value)}
      />
      <Button
        size="small"
        disabled={!isName}
        onClick={() => {
          onAdd(name);
          setName("");
        }}
      >
        Add
      </Button>
    </div>
  );
}

/** The control for a parameter's type. */
function ParameterField({
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
