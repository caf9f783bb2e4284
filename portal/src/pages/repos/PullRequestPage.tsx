import { Button } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { difference, pullRequest, updatePullRequest } from "../../api/repositories.ts";
import type { ApiError } from "../../api/request.ts";
import { useResource } from "../../api/resource.ts";
import { runs, shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { PullRequest } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { LazyMarkdown } from "../../components/Markdown/LazyMarkdown.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { BranchChip, RunTable } from "../../components/RunRow/RunRow.tsx";
import { Changes } from "./Changes.tsx";
import { repoCrumbs } from "./crumbs.ts";

/** A pull request: what it says, what it changes, what ran for it, and its end. */
export default function PullRequestPage({ params }: PageProps) {
  const scope = scopeOf(params);
  const repo = params.repo ?? "";
  const id = Number(params.id);
  const query = useResource(pullRequest(scope, repo, id));
  const data = query.data;
  return (
    <Page
      title={data ? `${data.title} (!${id})` : `Pull request ${id}`}
      crumbs={[
        ...repoCrumbs(scope, repo),
        { name: "Pull requests", href: links.pullRequests(scope, repo) },
      ]}
      facts={
        data ? (
          <>
            <Chip>{data.status}</Chip>
            <span>{data.createdBy.displayName}</span>
            <BranchChip name={data.sourceRefName} /> into <BranchChip name={data.targetRefName} />
            <Age time={data.creationDate} />
          </>
        ) : null
      }
      actions={data ? <Actions scope={scope} repo={repo} request={data} /> : null}
    >
      <Loaded query={query}>
        {(request) => (
          <>
            {request.description ? (
              <Card title="Description">
                <LazyMarkdown text={request.description} />
              </Card>
            ) : null}
            <Runs scope={scope} id={id} />
            <Difference scope={scope} repo={repo} request={request} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ scope, repo, request }: { scope: Scope; repo: string; request: PullRequest }) {
  const client = useQueryClient();
  const mayEdit = useMay(scope, "contributor");
  const [error, setError] = useState<ApiError>();
  if (!mayEdit || request.status === "completed") return null;
  const change = async (what: Record<string, unknown>) => {
    try {
      await updatePullRequest(scope, repo, request.pullRequestId, what);
      setError(undefined);
    } catch (refusal) {
      setError(refusal as ApiError);
    }
    await client.invalidateQueries({ queryKey: ["pullRequest"] });
    await client.invalidateQueries({ queryKey: ["pullRequests"] });
  };
  const isActive = request.status === "active";
  const hasConflicts = request.mergeStatus === "conflicts";
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      <Button onClick={() => void change({ status: isActive ? "abandoned" : "active" })}>
        {isActive ? "Abandon" : "Reactivate"}
      </Button>
      {isActive ? (
        <Button
          appearance="primary"
          disabled={hasConflicts}
          title={hasConflicts ? "The branches have conflicts" : undefined}
          onClick={() =>
            void change({
              status: "completed",
              lastMergeSourceCommit: request.lastMergeSourceCommit,
              completionOptions: { mergeStrategy: "noFastForward" },
            })
          }
        >
          Complete
        </Button>
      ) : null}
    </>
  );
}

function Runs({ scope, id }: { scope: Scope; id: number }) {
  const query = useResource(runs(scope, { branch: `refs/pull/${id}/merge`, top: 10 }));
  if (query.data === undefined || query.data.value.length === 0) return null;
  return (
    <Card title="Runs" isFlush>
      <RunTable scope={scope} runs={query.data.value} withPipeline />
    </Card>
  );
}

function Difference({
  scope,
  repo,
  request,
}: {
  scope: Scope;
  repo: string;
  request: PullRequest;
}) {
  const before = request.lastMergeTargetCommit?.commitId ?? shortBranch(request.targetRefName);
  const after = request.lastMergeSourceCommit?.commitId ?? shortBranch(request.sourceRefName);
  const query = useResource(difference(scope, repo, before, after));
  return (
    <Loaded query={query}>
      {(found) => (
        <Changes
          scope={scope}
          repo={repo}
          changes={found.changes}
          before={found.commonCommit ?? before}
          after={after}
        />
      )}
    </Loaded>
  );
}
