import { Button } from "@fluentui/react-components";
import { Link, useLocation } from "wouter";
import { pullRequests } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import { links } from "../../app/links.ts";
import { useQueryState } from "../../app/query.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Chip } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { EmptyState } from "../../components/EmptyState/EmptyState.tsx";
import { ChoiceField, FilterBar } from "../../components/FilterBar/FilterBar.tsx";
import { AddIcon } from "../../components/icons.ts";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { Table, TwoLines } from "../../components/Table/Table.tsx";
import { Tabs } from "../../components/Tabs/Tabs.tsx";
import { repoCrumbs, repoTabs } from "./crumbs.ts";

const STATES = ["active", "completed", "abandoned", "all"] as const;

export default function PullRequestsPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const [state, change] = useQueryState();
  const status = STATES.find((one) => one === state.get("_a")) ?? "active";
  const query = useResource(pullRequests(scope, repo, status));
  const mayEdit = useMay(scope, "contributor");
  const [, navigate] = useLocation();
  return (
    <Page
      title={`Pull requests of ${repo}`}
      heading={repo}
      crumbs={repoCrumbs(scope, repo)}
      actions={
        mayEdit ? (
          <Button
            appearance="primary"
            icon={<AddIcon />}
            onClick={() => navigate(links.newPullRequest(scope, repo))}
          >
            New pull request
          </Button>
        ) : null
      }
      tabs={<Tabs label={repo} tabs={repoTabs(scope, repo, "Pull requests")} />}
    >
      <FilterBar>
        <ChoiceField
          label="Active"
          value={status === "active" ? "" : status}
          choices={[
            ["completed", "Completed"],
            ["abandoned", "Abandoned"],
            ["all", "All"],
          ]}
          onChange={(chosen) => change({ _a: chosen })}
        />
      </FilterBar>
      <Loaded query={query}>
        {({ value }) =>
          value.length === 0 ? (
            <EmptyState
              title="No pull request here"
              command={"git switch -c my-change\ngit push penstock my-change"}
            >
              Push a branch, then make a pull request of it. Pipelines with <code>pr</code> run for
              it.
            </EmptyState>
          ) : (
            <Table
              label="Pull requests"
              rows={value}
              rowKey={(request) => request.pullRequestId}
              columns={[
                {
                  name: "Title",
                  cell: (request) => (
                    <TwoLines
                      first={
                        <Link href={links.pullRequest(scope, repo, request.pullRequestId)}>
                          {request.title}
                        </Link>
                      }
                      second={
                        <>
                          <span>
                            {request.createdBy.displayName} asked to merge{" "}
                            {shortBranch(request.sourceRefName)} into{" "}
                            {shortBranch(request.targetRefName)}
                          </span>
                          <span>!{request.pullRequestId}</span>
                        </>
                      }
                    />
                  ),
                },
                {
                  name: "Status",
                  width: "120px",
                  cell: (request) => <Chip>{request.status}</Chip>,
                },
                {
                  name: "Created",
                  width: "120px",
                  cell: (request) => <Age time={request.creationDate} />,
                },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
