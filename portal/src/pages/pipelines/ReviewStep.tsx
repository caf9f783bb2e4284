import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { file, repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { organizationUrl, type Scope } from "../../api/scope.ts";
import type { Repository } from "../../api/wire.ts";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { DocumentIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { createCommandOf } from "../../text/parameters.ts";
import { templateFor } from "../../text/templates.ts";
import styles from "./NewPipelinePage.module.css";
import { type Committed, SaveAndRun } from "./SaveAndRun.tsx";
import { useReview } from "./useReview.ts";
import { YamlReview } from "./YamlReview.tsx";

interface Source {
  scope: Scope;
  branch: string;
  path: string;
  /** The beginning to take in place of a file; empty where there is a file. */
  template: string;
}

/** The last step: the text of the pipeline, what the server makes of it, and the way to save it. */
export function ReviewStep({ repo, ...source }: Source & { repo: string }) {
  const { scope, branch, path, template } = source;
  const query = useResource(repositories(scope));
  const existing = useResource(file(scope, repo, template ? undefined : { path, branch }));
  return (
    <Loaded query={query}>
      {({ value }) => {
        const repository = value.find((one) => one.name === repo);
        if (repository === undefined) {
          return <EmptyState title={`There is no repository ${repo} in this project`} />;
        }
        if (template) {
          return (
            <Review {...source} repository={repository} original={templateFor(template, branch)} />
          );
        }
        return (
          <Loaded query={existing}>
            {({ content = "" }) => (
              <Review {...source} repository={repository} original={content} />
            )}
          </Loaded>
        );
      }}
    </Loaded>
  );
}

function Review({
  scope,
  branch,
  path,
  template,
  repository,
  original,
}: Source & { repository: Repository; original: string }) {
  const [edited, setEdited] = useState<string | undefined>();
  const [isSaving, setSaving] = useState<"save" | "run" | undefined>();
  const [committed, setCommitted] = useState<Committed>();
  const text = edited ?? original;
  const review = useReview(scope, { repositoryId: repository.id, branch, path, yaml: text });
  const isChanged = template !== "" || text !== original;
  return (
    <section className={styles.review}>
      <header className={styles.reviewHead}>
        <h2>Review your pipeline YAML</h2>
        <div className={styles.buttons}>
          <Button onClick={() => setSaving("save")}>Save</Button>
          <Button appearance="primary" onClick={() => setSaving("run")}>
            Save and run
          </Button>
        </div>
      </header>
      <p className={styles.soft}>
        <DocumentIcon aria-hidden /> {repository.name} / {path.replace(/^\//, "")} on {branch}
        {isChanged ? " (changed)" : ""}
      </p>
      <div className={styles.reviewed}>
        <YamlReview
          file={{ scope, repo: repository.name, branch, path }}
          branches={[branch]}
          text={text}
          onChange={setEdited}
          review={review}
        />
      </div>
      <details>
        <summary>As a command</summary>
        <CodeBlock
          language="shell"
          text={createCommandOf({
            organization: organizationUrl(scope.organization),
            project: scope.project,
            name: repository.name,
            repository: repository.name,
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
          committed={committed}
          onCommitted={setCommitted}
          onClose={() => setSaving(undefined)}
        />
      ) : null}
    </section>
  );
}
