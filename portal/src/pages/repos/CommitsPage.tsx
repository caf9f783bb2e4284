import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { Link } from "wouter";
import { commits, refs, repository } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { runs, shortBranch } from "../../api/runs.ts";
import { branchOf, links, versionOf } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf } from "../../app/session.ts";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { StateIcon } from "../../components/StateIcon/StateIcon.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { repoCrumbs, repoTabs } from "./crumbs.ts";
import styles from "./FilesPage.module.css";
import { VersionSelect } from "./VersionSelect.tsx";

const PAGE = 50;

/** The commits of a branch, each with how its runs went. */
export default function CommitsPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const [state, change] = useQueryState();
  const home = useResource(repository(scope, repo));
  const heads = useResource(refs(scope, repo));
  const failure = home.error ?? heads.error;
  const names = (heads.data?.value ?? []).map((ref) => shortBranch(ref.name));
  const standard = home.data?.defaultBranch ? shortBranch(home.data.defaultBranch) : names[0];
  const branch = branchOf(state.get("itemVersion")) || standard || "";
  const [page, setPage] = useState({ branch, skip: 0 });
  const skip = page.branch === branch ? page.skip : 0;
  const setSkip = (to: number) => setPage({ branch, skip: to });
  const query = useResource({
    ...commits(scope, repo, { branch, top: PAGE, skip }),
    enabled: branch !== "",
  });
  const recent = useResource(runs(scope, { top: 200 }));
  const runsOf = (commit: string) =>
    (recent.data?.value ?? []).filter((run) => run.commit === commit).slice(0, 4);
  return (
    <Page
      title={`Commits of ${repo}`}
      heading={repo}
      crumbs={repoCrumbs(scope, repo)}
      tabs={<Tabs label={repo} tabs={repoTabs(scope, repo, "Commits", branch)} />}
    >
      <div className={styles.bar}>
        <VersionSelect
          value={branch}
          branches={names}
          onChange={(chosen) => change({ itemVersion: versionOf(chosen) })}
        />
      </div>
      {recent.error ? <ErrorBox error={recent.error} /> : null}
      {failure ? (
        <ErrorBox error={failure} />
      ) : heads.data && names.length === 0 ? (
        <EmptyState title="No commit yet" command="penstock push" />
      ) : (
        <Loaded query={query} rows={8}>
          {({ value }) => (
            <>
              <Table
                label="Commits"
                rows={value}
                rowKey={(commit) => commit.commitId}
                columns={[
                  {
                    name: "Commit",
                    cell: (commit) => (
                      <TwoLines
                        first={
                          <Link href={links.commit(scope, repo, commit.commitId)}>
                            {commit.comment.split("\n")[0]}
                          </Link>
                        }
                        second={<span>{commit.author.name}</span>}
                      />
                    ),
                  },
                  {
                    name: "Id",
                    width: "110px",
                    cell: (commit) => <code>{commit.commitId.slice(0, 8)}</code>,
                  },
                  {
                    name: "Runs",
                    width: "120px",
                    cell: (commit) =>
                      runsOf(commit.commitId).map((run) => (
                        <Link
                          key={run.id}
                          href={links.run(scope, run.id)}
                          title={`${run.definition.name} #${run.number}`}
                          aria-label={`${run.definition.name} #${run.number}`}
                        >
                          <StateIcon state={run.state} result={run.result} />
                        </Link>
                      )),
                  },
                  {
                    name: "Date",
                    width: "110px",
                    cell: (commit) => <Age time={commit.author.date} />,
                  },
                ]}
              />
              <div className={styles.bar}>
                {skip > 0 ? (
                  <Button onClick={() => setSkip(Math.max(0, skip - PAGE))}>Newer</Button>
                ) : null}
                {value.length === PAGE ? (
                  <Button onClick={() => setSkip(skip + PAGE)}>Older</Button>
                ) : null}
              </div>
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}
