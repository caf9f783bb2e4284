import { Link, useLocation } from "wouter";
import { branchStats } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Chip } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Menu } from "../../components/Menu/Menu.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { repoCrumbs, repoTabs } from "./crumbs.ts";

export default function BranchesPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const query = useResource(branchStats(scope, repo));
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  return (
    <Page
      title={`Branches of ${repo}`}
      heading={repo}
      crumbs={repoCrumbs(scope, repo)}
      tabs={<Tabs label={repo} tabs={repoTabs(scope, repo, "Branches")} />}
    >
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState title="No branch yet" command="penstock push" />
          ) : (
            <Table
              label="Branches"
              rows={value}
              rowKey={(branch) => branch.name}
              columns={[
                {
                  name: "Branch",
                  width: "28%",
                  cell: (branch) => (
                    <TwoLines
                      first={
                        <Link href={links.files(scope, repo, { branch: branch.name })}>
                          {branch.name}
                        </Link>
                      }
                      second={branch.isBaseVersion ? <Chip>default</Chip> : null}
                    />
                  ),
                },
                {
                  name: "Newest commit",
                  cell: ({ commit }) => (
                    <Link href={links.commit(scope, repo, commit.commitId)}>
                      {commit.comment?.split("\n")[0] ?? commit.commitId.slice(0, 8)}
                    </Link>
                  ),
                },
                { name: "Author", width: "16%", cell: ({ commit }) => commit.author?.name },
                {
                  name: "Date",
                  width: "110px",
                  cell: ({ commit }) => <Age time={commit.author?.date} />,
                },
                {
                  name: "Behind | ahead",
                  width: "120px",
                  align: "end",
                  cell: (branch) =>
                    branch.isBaseVersion ? "" : `${branch.behindCount} | ${branch.aheadCount}`,
                },
                {
                  name: "Actions",
                  isSilent: true,
                  width: "48px",
                  cell: (branch) => (
                    <Menu
                      label={`Actions for ${branch.name}`}
                      items={[
                        {
                          name: "New pull request",
                          isDisabled: !mayEdit || branch.isBaseVersion,
                          onChoose: () => navigate(links.newPullRequest(scope, repo, branch.name)),
                        },
                        {
                          name: "View commits",
                          onChoose: () => navigate(links.commits(scope, repo, branch.name)),
                        },
                      ]}
                    />
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
