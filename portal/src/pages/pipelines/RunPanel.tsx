import { Button, Field, Input, Select, Switch } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { refs } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { type PipelineDefinition, previewOf, queueRun, shortBranch } from "../../api/runs.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { PreviewParameter } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useAction } from "../../app/useAction.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loading } from "../../components/Loading/Loading.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { commandOf, initialText, isNeeded, readValue } from "../../text/parameters.ts";
import { ParameterField, StageFields, VariableFields } from "./RunFields.tsx";
import styles from "./RunPanel.module.css";
import { withoutAwaited } from "./supposed.ts";

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
  const versions = useVersions(scope, repository?.name ?? repository?.id ?? "");
  const [chosen, setChosen] = useState(wanted);
  const branch = chosen || versions.first;
  const [commit, setCommit] = useState("");
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [variables, setVariables] = useState<Record<string, string>>({});
  const [skipped, setSkipped] = useState<ReadonlySet<string>>(new Set());
  const [diagnostics, setDiagnostics] = useState(false);
  const { act, error, isBusy } = useAction(["runs"]);
  const query = useResource(
    previewOf(
      scope,
      branch
        ? { definitionId: pipeline.id, branch, path: pipeline.configuration?.path ?? "" }
        : undefined,
    ),
  );
  const preview = query.data;
  const stages = preview?.stages ?? [];
  const faults = withoutAwaited(preview?.diagnostics ?? []).filter(
    (one) => one.severity === "error",
  );
  const read = (preview?.parameters ?? []).map((parameter) => readParameter(parameter, texts));
  const request = {
    branch,
    commit: commit.trim(),
    templateParameters: Object.fromEntries(
      read
        .filter((one) => one.isChanged || isNeeded(one.parameter))
        .map((one) => [one.parameter.name, one.value]),
    ),
    variables,
    stagesToSkip: stages.map(({ name }) => name).filter((name) => skipped.has(name)),
    diagnostics,
  };
  const submit = () =>
    act(async () => {
      const run = await queueRun(scope, pipeline.id, request);
      navigate(links.run(scope, run.id));
    });
  const isUnreadable = read.some(({ problem }) => problem !== undefined);
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
      {versions.error ? <ErrorBox error={versions.error} /> : null}
      <Field label="Branch/tag">
        <Select value={branch} onChange={(_, data) => setChosen(data.value)}>
          {[...new Set([branch, ...versions.names])].filter(Boolean).map((name) => (
            <option key={name} value={name}>
              {name.startsWith("refs/tags/") ? `tag ${shortBranch(name)}` : name}
            </option>
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
      {read.map(({ parameter, text, problem }) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          text={text}
          problem={problem}
          onChange={(changed) => setTexts({ ...texts, [parameter.name]: changed })}
        />
      ))}
      <Switch
        label="Enable system diagnostics"
        checked={diagnostics}
        onChange={(_, data) => setDiagnostics(data.checked)}
      />
      <VariableFields known={preview?.variables ?? []} values={variables} onChange={setVariables} />
      {stages.length > 1 ? (
        <StageFields stages={stages} skipped={skipped} onChange={setSkipped} />
      ) : null}
      <details className={styles.advanced}>
        <summary>As a command</summary>
        <CodeBlock
          language="shell"
          text={commandOf({
            ...request,
            organization: organizationUrl(scope.organization),
            project: scope.project,
            pipeline: pipeline.id,
            variables: { ...variables, ...(diagnostics ? { "system.debug": "true" } : {}) },
          })}
        />
        {request.stagesToSkip.length > 0 ? (
          <p className={styles.hint}>The command runs all stages: it has no word for some.</p>
        ) : null}
      </details>
    </SidePanel>
  );
}

/** What of a repository can run: branches by their names, then tags as Git names them. */
function useVersions(scope: Scope, repo: string) {
  const branches = useResource(refs(scope, repo));
  const tags = useResource(refs(scope, repo, "tags/"));
  const heads = (branches.data?.value ?? []).map((ref) => shortBranch(ref.name));
  return {
    names: [...heads, ...(tags.data?.value ?? []).map((ref) => ref.name)],
    first: heads.includes("main") ? "main" : (heads[0] ?? ""),
    error: branches.error ?? tags.error,
  };
}

/** A parameter with what its field shows, and that as a value, or what is wrong with it. */
function readParameter(parameter: PreviewParameter, texts: Record<string, string>) {
  const initial = initialText(parameter);
  const text = texts[parameter.name] ?? initial;
  return { parameter, text, isChanged: text !== initial, ...readValue(parameter, text) };
}
