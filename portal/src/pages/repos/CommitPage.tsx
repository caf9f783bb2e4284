import { changes, commit } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { CopyButton } from "../../components/CopyButton/CopyButton.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import styles from "./Changes.module.css";
import { Changes } from "./Changes.tsx";
import { repoCrumbs } from "./crumbs.ts";
import { RunsCard } from "./RunsCard.tsx";

/** One commit: its message, and what it changed. */
export default function CommitPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const id = params.commit ?? "";
  const query = useResource(commit(scope, repo, id));
  const changed = useResource(changes(scope, repo, id));
  const [title = "", ...rest] = (query.data?.comment ?? "").split("\n");
  return (
    <Page
      title={title || id.slice(0, 8)}
      crumbs={[...repoCrumbs(scope, repo), { name: "Commits", href: links.commits(scope, repo) }]}
      facts={
        query.data ? (
          <>
            <span>{query.data.author.name}</span>
            <Age time={query.data.author.date} />
            <span>
              <code>{id.slice(0, 8)}</code> <CopyButton text={id} label="Copy the commit's id" />
            </span>
          </>
        ) : null
      }
    >
      {rest.some((line) => line.trim() !== "") ? (
        <p className={styles.message}>{rest.join("\n").trim()}</p>
      ) : null}
      <RunsCard scope={scope} filter={{ q: id }} />
      <Loaded query={query}>
        {(found) => (
          <Loaded query={changed}>
            {(list) => (
              <Changes
                scope={scope}
                repo={repo}
                changes={list.changes}
                before={found.parents?.[0]}
                after={id}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}
