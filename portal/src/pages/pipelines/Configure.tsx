import { Button, Field, Input, Select } from "@fluentui/react-components";
import { useState } from "react";
import { allFiles, refs } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { BeakerIcon, DocumentIcon, RocketIcon } from "../../components/icons.ts";
import { Loading } from "../../components/Loading/Loading.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { likelyFirst, suggestFiles } from "../../text/templates.ts";
import { Choice } from "./Choice.tsx";
import styles from "./NewPipelinePage.module.css";

/** The file of a pipeline: one that is there, or one to be made of a template. */
export interface Chosen {
  branch: string;
  path: string;
  template?: string | undefined;
}

/** What the pipeline is to be: a beginning that fits the files, or a file that is there. */
export function Configure({
  scope,
  repo,
  onChoose,
}: {
  scope: Scope;
  repo: string;
  onChoose: (chosen: Chosen) => void;
}) {
  const [isChoosing, setChoosing] = useState(false);
  const branches = useResource(refs(scope, repo));
  const names = (branches.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const main = names.includes("main") ? "main" : (names[0] ?? "main");
  const files = useResource(allFiles(scope, repo, names.length > 0 ? main : ""));
  const paths = (files.data?.value ?? []).map((item) => item.path);
  // Before the files are known, a new file might get the name of one that is there.
  const isKnown = branches.data !== undefined && (names.length === 0 || files.data !== undefined);
  const fresh = freshPath(paths);
  return (
    <section className={styles.step}>
      <h2>Configure your pipeline</h2>
      {branches.error ? <ErrorBox error={branches.error} /> : null}
      {files.error ? <ErrorBox error={files.error} /> : null}
      {isKnown || branches.error || files.error ? null : <Loading rows={2} />}
      {(isKnown ? suggestFiles(paths) : []).map((suggestion) => (
        <Choice
          key={suggestion.id}
          icon={suggestion.id === "ml" ? <BeakerIcon /> : <RocketIcon />}
          title={suggestion.name}
          onChoose={() => onChoose({ branch: main, path: fresh, template: suggestion.id })}
        >
          {suggestion.description}
        </Choice>
      ))}
      <Choice
        icon={<DocumentIcon />}
        title="Existing Azure Pipelines YAML file"
        onChoose={() => setChoosing(true)}
      >
        Select an Azure Pipelines YAML file in any branch of the repository.
      </Choice>
      {isChoosing && branches.data ? (
        <ExistingFile
          scope={scope}
          repo={repo}
          branches={names}
          first={main}
          onClose={() => setChoosing(false)}
          onChoose={onChoose}
        />
      ) : null}
    </section>
  );
}

/** A name for a new pipeline that no file has. */
function freshPath(paths: readonly string[]): string {
  const taken = new Set(paths);
  const named = (at: number) => `/azure-pipelines${at === 0 ? "" : `-${at}`}.yml`;
  let at = 0;
  while (taken.has(named(at))) at += 1;
  return named(at);
}

function ExistingFile({
  scope,
  repo,
  branches,
  first,
  onClose,
  onChoose,
}: {
  scope: Scope;
  repo: string;
  branches: string[];
  first: string;
  onClose: () => void;
  onChoose: (chosen: Chosen) => void;
}) {
  const [branch, setBranch] = useState(first);
  const [typed, setTyped] = useState<string | undefined>();
  const files = useResource(allFiles(scope, repo, branch));
  const paths = likelyFirst((files.data?.value ?? []).map((item) => item.path));
  const path = typed ?? paths[0] ?? "";
  return (
    <FormPanel
      title="Select an existing YAML file"
      submit="Continue"
      onSubmit={() => onChoose({ branch, path: path.startsWith("/") ? path : `/${path}` })}
      onClose={onClose}
      error={undefined}
      isDisabled={path === ""}
    >
      <Field label="Branch">
        <Select
          value={branch}
          onChange={(_, data) => {
            setBranch(data.value);
            setTyped(undefined);
          }}
        >
          {branches.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      </Field>
      <Field label="Path" hint="Select a file from the list or type in its path">
        <Input
          list="yaml-files"
          value={path}
          onChange={(_, data) => setTyped(data.value)}
          placeholder="/azure-pipelines.yml"
        />
      </Field>
      <datalist id="yaml-files">
        {paths.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {files.data && paths.length === 0 ? (
        <p className={styles.soft}>This branch has no YAML file.</p>
      ) : (
        <ul className={styles.files}>
          {paths.slice(0, 50).map((name) => (
            <li key={name}>
              <Button
                appearance={name === path ? "secondary" : "subtle"}
                icon={<DocumentIcon />}
                onClick={() => setTyped(name)}
              >
                {name}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {files.error ? <ErrorBox error={files.error} /> : null}
    </FormPanel>
  );
}
