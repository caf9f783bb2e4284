import { useState } from "react";
import { repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { SearchField } from "../../components/FilterBar/FilterBar.tsx";
import { CodeIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Choice } from "./Choice.tsx";
import { Configure } from "./Configure.tsx";
import styles from "./NewPipelinePage.module.css";
import { ReviewStep } from "./ReviewStep.tsx";

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
        <ReviewStep
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
