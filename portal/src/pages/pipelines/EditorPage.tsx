import { Button, Select } from "@fluentui/react-components";
import { useState } from "react";
import { useLocation } from "wouter";
import { file, pushFile, refs } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { type PipelineDefinition, pipeline, shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { useDraft } from "../../app/useDraft.ts";
import { useRepositoryName } from "../../app/useRepositoryName.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { WarningIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { type Crumb, Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { useCommitFields } from "./commitFields.tsx";
import styles from "./EditorPage.module.css";
import { countOf } from "./problems.ts";
import { useReview } from "./useReview.ts";
import { YamlReview } from "./YamlReview.tsx";

/** The YAML of a pipeline on a branch: edit, see what the server makes of it, commit. */
export default function EditorPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const [state] = useQueryState();
  const id = Number(state.get("definitionId"));
  const query = useResource(pipeline(scope, id));
  if (query.data) return <Editor scope={scope} definition={query.data} />;
  return (
    <Page title={`Edit pipeline ${id}`} crumbs={crumbsTo(scope)}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

function crumbsTo(scope: Scope): Crumb[] {
  return [
    { name: scope.project, href: links.project(scope) },
    { name: "Pipelines", href: links.pipelines(scope) },
  ];
}

function Editor({ scope, definition }: { scope: Scope; definition: PipelineDefinition }) {
  const [state, change] = useQueryState();
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  const repository = definition.configuration?.repository;
  const repo = repository?.name ?? repository?.id ?? "";
  const repoName = useRepositoryName(scope, repo);
  const path = `/${(definition.configuration?.path ?? "").replace(/^\//, "")}`;
  const heads = useResource(refs(scope, repo));
  const names = (heads.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const branch = state.get("branch") || (names.includes("main") ? "main" : (names[0] ?? ""));
  const source = useResource(file(scope, repo, branch ? { path, branch } : undefined));
  const [draft, setDraft] = useDraft([scope.project, repo, branch, path].join(":"));
  const [isSaving, setSaving] = useState(false);
  const original = source.data?.content ?? "";
  const text = draft?.text ?? original;
  const isChanged = text !== original;
  const edit = (changed: string) => {
    const base = draft?.base ?? original;
    setDraft(changed === base ? undefined : { text: changed, base });
  };
  const review = useReview(
    scope,
    source.data ? { definitionId: definition.id, branch, path, yaml: text } : undefined,
  );
  return (
    <Page
      title={`Edit ${definition.name}`}
      crumbs={[
        ...crumbsTo(scope),
        { name: definition.name, href: links.pipeline(scope, definition.id) },
      ]}
      isFixed
      facts={
        <>
          <span>{repoName ? `${repoName} / ${path.slice(1)}` : path.slice(1)}</span>
          {isChanged ? <span>not saved</span> : null}
        </>
      }
      actions={
        <>
          <Select
            aria-label="Branch"
            value={branch}
            disabled={isChanged}
            title={isChanged ? "Save your changes first" : undefined}
            onChange={(_, data) => change({ branch: data.value })}
          >
            {[...new Set([branch, ...names])].filter(Boolean).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
          {isChanged ? (
            <Button appearance="subtle" onClick={() => setDraft(undefined)}>
              Discard changes
            </Button>
          ) : null}
          {mayEdit ? (
            <Button disabled={!isChanged} onClick={() => setSaving(true)}>
              Save
            </Button>
          ) : null}
          {mayEdit ? (
            <Button
              appearance="primary"
              disabled={isChanged}
              title={isChanged ? "Save your changes first" : undefined}
              onClick={() => navigate(links.runPanel(scope, definition.id, branch))}
            >
              Run
            </Button>
          ) : null}
        </>
      }
    >
      <div className={styles.content}>
        {heads.error ? <ErrorBox error={heads.error} /> : null}
        <Loaded query={source}>
          {() => (
            <YamlReview
              file={{ scope, repo: repoName ?? repo, branch, path }}
              branches={names}
              text={text}
              onChange={mayEdit ? edit : undefined}
              onSave={() => setSaving(mayEdit && isChanged)}
              review={review}
            />
          )}
        </Loaded>
      </div>
      {isSaving ? (
        <Save
          scope={scope}
          repo={repo}
          branch={branch}
          head={heads.data?.value.find((ref) => shortBranch(ref.name) === branch)?.objectId}
          path={path}
          text={text}
          isOverwriting={draft !== undefined && draft.base !== original}
          faults={countOf(review.diagnostics.filter((one) => one.severity === "error"))}
          onClose={() => setSaving(false)}
          onSaved={(target) => {
            setSaving(false);
            setDraft(undefined);
            change({ branch: target });
          }}
        />
      ) : null}
    </Page>
  );
}

function Save({
  scope,
  repo,
  branch,
  head,
  path,
  text,
  faults,
  isOverwriting,
  onClose,
  onSaved,
}: {
  scope: Scope;
  repo: string;
  branch: string;
  head: string | undefined;
  path: string;
  text: string;
  /** How many errors the text has, in words. */
  faults: string;
  /** The file is another by now than the one that was edited. */
  isOverwriting: boolean;
  onClose: () => void;
  onSaved: (branch: string) => void;
}) {
  const { act, error, isBusy } = useAction(["refs", "file"]);
  const { message, target, fields } = useCommitFields(branch, {
    message: `Update ${path.slice(1)}`,
    newBranch: `${branch}-pipeline`,
  });
  const save = async () => {
    const change = {
      branch: target,
      base: head,
      isNewBranch: target !== branch,
      path,
      content: text,
      comment: message,
      isNew: false,
    };
    if (await act(() => pushFile(scope, repo, change))) onSaved(target);
  };
  return (
    <FormPanel
      title="Save"
      submit="Save"
      onSubmit={() => void save()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy}
    >
      {faults ? (
        <p className={styles.faults}>
          <WarningIcon aria-hidden /> The pipeline has {faults}: no run of it would start.
        </p>
      ) : null}
      {isOverwriting ? (
        <p className={styles.faults}>
          <WarningIcon aria-hidden /> {path.slice(1)} has changed on {branch} since you began: to
          save here undoes that.
        </p>
      ) : null}
      {fields}
    </FormPanel>
  );
}
