import { Button, Field, Input, Select } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { allFiles, file, pushFile, refs, repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { createPipeline, queueRun, shortBranch } from "../../api/runs.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { Repository } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { BeakerIcon, CodeIcon, DocumentIcon, RocketIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { FormPanel } from "../../components/SidePanel/FormPanel.tsx";
import { createCommandOf } from "../../text/parameters.ts";
import { likelyFirst, suggestFiles, templateFor } from "../../text/templates.ts";
import { useCommitFields } from "./commitFields.tsx";
import styles from "./NewPipelinePage.module.css";
import { useReview, YamlReview } from "./YamlReview.tsx";

const STEPS = ["Connect", "Select", "Configure", "Review"] as const;
type Step = (typeof STEPS)[number];

/** Connect, Select, Configure, Review: a pipeline of a repository, in the words of the service. */
export default function NewPipelinePage({ params }: PageProps) {
  const scope = scopeOf(params);
  const [state, change] = useQueryState();
  const repo = state.get("repo") ?? "";
  const path = state.get("path") ?? "";
  const branch = state.get("branch") ?? "";
  const isConnected = state.get("source") === "azureRepos" || repo !== "";
  const step: Step = path ? "Review" : repo ? "Configure" : isConnected ? "Select" : "Connect";
  const back: Record<Step, Record<string, string | undefined>> = {
    Connect: { source: undefined, repo: undefined, path: undefined, template: undefined },
    Select: { source: "azureRepos", repo: undefined, path: undefined, template: undefined },
    Configure: { path: undefined, template: undefined },
    Review: {},
  };
  const go = (changes: Record<string, string | undefined>) => change(changes, { replace: false });
  return (
    <Page
      title="New pipeline"
      crumbs={[
        { name: scope.project, href: links.project(scope) },
        { name: "Pipelines", href: links.pipelines(scope) },
      ]}
    >
      <ol className={styles.steps} aria-label="Steps">
        {STEPS.map((name) => {
          const isPast = STEPS.indexOf(name) < STEPS.indexOf(step);
          return (
            <li key={name} aria-current={name === step ? "step" : undefined}>
              {isPast ? (
                <button type="button" onClick={() => go(back[name])}>
                  {name}
                </button>
              ) : (
                name
              )}
            </li>
          );
        })}
      </ol>
      {step === "Connect" ? <Connect onConnect={() => go({ source: "azureRepos" })} /> : null}
      {step === "Select" ? (
        <SelectRepository scope={scope} onSelect={(name) => go({ repo: name })} />
      ) : null}
      {step === "Configure" ? (
        <Configure
          scope={scope}
          repo={repo}
          onChoose={(chosen) =>
            go({ branch: chosen.branch, path: chosen.path, template: chosen.template })
          }
        />
      ) : null}
      {step === "Review" ? (
        <Review
          scope={scope}
          repo={repo}
          branch={branch}
          path={path}
          template={state.get("template") ?? ""}
        />
      ) : null}
    </Page>
  );
}

function Choice({
  icon,
  title,
  children,
  onChoose,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  onChoose: () => void;
}) {
  return (
    <button type="button" className={styles.choice} onClick={onChoose}>
      {icon}
      <span>
        <strong>{title}</strong>
        <span>{children}</span>
      </span>
    </button>
  );
}

function Connect({ onConnect }: { onConnect: () => void }) {
  return (
    <section className={styles.step}>
      <h2>Where is your code?</h2>
      <Choice icon={<CodeIcon />} title="Azure Repos Git" onChoose={onConnect}>
        Git repositories on this server
      </Choice>
      <p className={styles.soft}>
        Code that is elsewhere comes here by <code>penstock push</code>; its pipelines then run on
        every push.
      </p>
    </section>
  );
}

function SelectRepository({ scope, onSelect }: { scope: Scope; onSelect: (name: string) => void }) {
  const query = useResource(repositories(scope));
  const [text, setText] = useState("");
  return (
    <section className={styles.step}>
      <h2>Select a repository</h2>
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No repository yet" command="penstock push">
              In your repository, this makes one here and pushes its branches.
            </EmptyState>
          ) : (
            <>
              {value.length > 6 ? (
                <SearchField value={text} onChange={setText} placeholder="Filter by keywords" />
              ) : null}
              {value
                .filter((repo) => repo.name.toLowerCase().includes(text.toLowerCase()))
                .map((repo) => (
                  <Choice
                    key={repo.id}
                    icon={<CodeIcon />}
                    title={repo.name}
                    onChoose={() => onSelect(repo.name)}
                  >
                    {repo.defaultBranch ? shortBranch(repo.defaultBranch) : "empty"}
                  </Choice>
                ))}
            </>
          )
        }
      </Loaded>
    </section>
  );
}

interface Chosen {
  branch: string;
  path: string;
  template?: string | undefined;
}

function Configure({
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
  const fresh = paths.includes("/azure-pipelines.yml")
    ? "/azure-pipelines-1.yml"
    : "/azure-pipelines.yml";
  return (
    <section className={styles.step}>
      <h2>Configure your pipeline</h2>
      {branches.error ? <ErrorBox error={branches.error} /> : null}
      {suggestFiles(paths).map((suggestion) => (
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
      {isChoosing ? (
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

function Review({
  scope,
  repo,
  branch,
  path,
  template,
}: {
  scope: Scope;
  repo: string;
  branch: string;
  path: string;
  template: string;
}) {
  const repositoryList = useResource(repositories(scope));
  const repository = repositoryList.data?.value.find((one) => one.name === repo);
  const existing = useResource(file(scope, repo, template ? undefined : { path, branch }));
  const [edited, setEdited] = useState<string | undefined>();
  const original = template ? templateFor(template, branch) : (existing.data?.content ?? "");
  const text = edited ?? original;
  const [isSaving, setSaving] = useState<"save" | "run" | undefined>();
  const review = useReview(
    scope,
    repository && (template || existing.data)
      ? { repositoryId: repository.id, branch, path, yaml: text }
      : undefined,
  );
  if (!template && existing.error) return <ErrorBox error={existing.error} />;
  if (repository === undefined || (!template && existing.data === undefined)) {
    return <Loaded query={repositoryList}>{() => null}</Loaded>;
  }
  const isChanged = template !== "" || text !== original;
  return (
    <section className={styles.review}>
      <header className={styles.reviewHead}>
        <h2>Review your pipeline YAML</h2>
        <div className={styles.buttons}>
          <Button onClick={() => setSaving("save")} disabled={review.isWrong && !isChanged}>
            Save
          </Button>
          <Button appearance="primary" onClick={() => setSaving("run")}>
            Save and run
          </Button>
        </div>
      </header>
      <p className={styles.soft}>
        <DocumentIcon aria-hidden /> {repo} / {path.replace(/^\//, "")} on {branch}
        {isChanged ? " (changed)" : ""}
      </p>
      <YamlReview path={path} text={text} onChange={setEdited} review={review} />
      <details>
        <summary>As a command</summary>
        <CodeBlock
          language="shell"
          text={createCommandOf({
            organization: organizationUrl(scope.organization),
            project: scope.project,
            name: repo,
            repository: repo,
            branch,
            path,
          })}
        />
      </details>
      {isSaving ? (
        <SaveAndRun
          scope={scope}
          repository={repository}
          branch={branch}
          path={path}
          text={isChanged ? text : undefined}
          isNew={template !== ""}
          withRun={isSaving === "run"}
          onClose={() => setSaving(undefined)}
        />
      ) : null}
    </section>
  );
}

/** Commit the file if it changed, make the pipeline, and queue its first run. */
function SaveAndRun({
  scope,
  repository,
  branch,
  path,
  text,
  isNew,
  withRun,
  onClose,
}: {
  scope: Scope;
  repository: Repository;
  branch: string;
  path: string;
  text: string | undefined;
  isNew: boolean;
  withRun: boolean;
  onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const heads = useResource(refs(scope, repository.name));
  const [name, setName] = useState(repository.name);
  const { message, target, fields } = useCommitFields(branch, {
    message: "Set up CI with Azure Pipelines",
    newBranch: "azure-pipelines",
  });
  const { act, error, isBusy } = useAction(["pipelines"]);
  const save = () =>
    act(async () => {
      if (text !== undefined) {
        const head = heads.data?.value.find((ref) => ref.name === `refs/heads/${branch}`);
        await pushFile(scope, repository.name, {
          branch: target,
          oldObjectId: head?.objectId ?? "0".repeat(40),
          path,
          content: text,
          comment: message,
          isNew,
        });
      }
      const made = await createPipeline(scope, {
        name,
        path,
        repository: { id: repository.id, name: repository.name },
      });
      if (withRun) {
        const run = await queueRun(scope, made.id, { branch: target });
        navigate(links.run(scope, run.id));
      } else navigate(links.pipeline(scope, made.id));
    });
  const title = withRun ? "Save and run" : "Save";
  return (
    <FormPanel
      title={title}
      submit={title}
      onSubmit={() => void save()}
      onClose={onClose}
      error={error}
      isDisabled={isBusy || name === "" || heads.isPending}
    >
      {text === undefined ? (
        <p>
          The file is in the repository already
          {withRun ? "; saving makes the pipeline and starts its first run" : ""}.
        </p>
      ) : (
        <p>
          Saving will commit {path} to the repository
          {withRun ? ", and start a run" : ""}.
        </p>
      )}
      <Field label="Pipeline name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      {text === undefined ? null : fields}
    </FormPanel>
  );
}
