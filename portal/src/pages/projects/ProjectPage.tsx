import { Link } from "wouter";
import { pendingApprovals } from "../../api/library.ts";
import { repositories } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { runs, shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useSession } from "../../app/session.ts";
import { Card } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { CodeIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { RunTable } from "../../components/RunRow/RunRow.tsx";
import styles from "./ProjectPage.module.css";

/** A project at one look: what runs, what waits for somebody, where the code is. */
export default function ProjectPage({ params }: PageProps) {
  const scope = scopeOf(params);
  return (
    <Page
      title={scope.project}
      crumbs={[{ name: scope.organization, href: links.organization(scope.organization) }]}
    >
      <div className={styles.columns}>
        <div>
          <Recent scope={scope} />
        </div>
        <div>
          <Waiting scope={scope} />
          <Repositories scope={scope} />
        </div>
      </div>
    </Page>
  );
}

function Recent({ scope }: { scope: Scope }) {
  const query = useResource(runs(scope, { top: 10 }));
  return (
    <Card
      title="Recent runs"
      action={<Link href={links.pipelines(scope, "runs")}>All runs</Link>}
      isFlush
    >
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="Nothing has run yet">
              <Link href={links.newPipeline(scope)}>Create a pipeline</Link> from a YAML file of a
              repository; each push then starts it.
            </EmptyState>
          ) : (
            <RunTable scope={scope} runs={value} withPipeline />
          )
        }
      </Loaded>
    </Card>
  );
}

function Waiting({ scope }: { scope: Scope }) {
  const query = useResource(pendingApprovals(scope));
  if (query.error) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  const waiting = query.data?.value ?? [];
  if (waiting.length === 0) return null;
  return (
    <Card title="Waiting for approval">
      <ul className={styles.list}>
        {waiting.map((approval) => (
          <li key={approval.id}>
            {approval.pipeline?.owner ? (
              <Link href={links.run(scope, approval.pipeline.owner.id)}>
                {approval.pipeline.name} #{approval.pipeline.owner.name}
              </Link>
            ) : (
              (approval.stage ?? approval.resource?.name ?? approval.id)
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Repositories({ scope }: { scope: Scope }) {
  const query = useResource(repositories(scope));
  const { organization } = useSession();
  return (
    <Card title="Repositories" action={<Link href={links.repositories(scope)}>All</Link>}>
      <Loaded query={query} rows={2}>
        {({ value }) =>
          value.length === 0 ? (
            <div className={styles.teach}>
              <p>Put a repository here from its folder:</p>
              <CodeBlock text="penstock push" language="shell" />
              <p>
                Git asks for a <Link href={links.tokens(organization)}>personal access token</Link>.
              </p>
            </div>
          ) : (
            <ul className={styles.list}>
              {value.slice(0, 8).map((repo) => (
                <li key={repo.id}>
                  <CodeIcon aria-hidden />
                  <Link href={links.files(scope, repo.name)}>{repo.name}</Link>
                  <span className={styles.soft}>
                    {repo.defaultBranch ? shortBranch(repo.defaultBranch) : "empty"}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
