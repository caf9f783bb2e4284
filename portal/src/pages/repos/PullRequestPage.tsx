import { Button } from "@fluentui/react-components";
import { difference, pullRequest, updatePullRequest } from "../../api/repositories.ts";
import { useResource } from "../../api/resource.ts";
import { shortBranch } from "../../api/runs.ts";
import type { Scope } from "../../api/scope.ts";
import type { PullRequest } from "../../api/wire.ts";
import { links } from "../../app/links.ts";
import type { PageProps } from "../../app/routes.ts";
import { scopeOf, useMay } from "../../app/session.ts";
import { useAction } from "../../app/useAction.ts";
import { Card, Chip } from "../../components/Card/Card.tsx";
import { CodeBlock } from "../../components/CodeBlock/CodeBlock.tsx";
import { Age } from "../../components/Duration/Duration.tsx";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import { Loaded } from "../../components/Loading/Loading.tsx";
import { LazyMarkdown } from "../../components/Markdown/LazyMarkdown.tsx";
import { Page } from "../../components/Page/Page.tsx";
import { BranchChip } from "../../components/RunRow/RunRow.tsx";
import { quoted } from "../../text/parameters.ts";
import { Changes } from "./Changes.tsx";
import { repoCrumbs } from "./crumbs.ts";
import { RunsCard } from "./RunsCard.tsx";

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
            {request.status === "active" && request.mergeStatus === "conflicts" ? (
              <Conflicts repo={repo} request={request} />
            ) : null}
            {request.description ? (
              <Card title="Description">
                <LazyMarkdown text={request.description} />
              </Card>
            ) : null}
            <RunsCard scope={scope} filter={{ branch: `refs/pull/${id}/merge` }} />
            <Difference scope={scope} repo={repo} request={request} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ scope, repo, request }: { scope: Scope; repo: string; request: PullRequest }) {
  const mayEdit = useMay(scope, "contributor");
  const { act, error, isBusy } = useAction(["pullRequest", "pullRequests"]);
  if (!mayEdit || request.status === "completed") return null;
  const change = (what: Record<string, unknown>) =>
    void act(() => updatePullRequest(scope, repo, request.pullRequestId, what));
  const isActive = request.status === "active";
  const hasConflicts = request.mergeStatus === "conflicts";
  return (
    <>
      {error ? <ErrorBox error={error} /> : null}
      <Button
        disabled={isBusy}
        onClick={() => change({ status: isActive ? "abandoned" : "active" })}
      >
        {isActive ? "Abandon" : "Reactivate"}
      </Button>
      {isActive ? (
        <Button
          appearance="primary"
          disabled={isBusy || hasConflicts}
          onClick={() =>
            change({
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

/** The branches cannot be merged by the server: what to do. */
function Conflicts({ repo, request }: { repo: string; request: PullRequest }) {
  const [source, target] = [shortBranch(request.sourceRefName), shortBranch(request.targetRefName)];
  return (
    <Card title="The branches have conflicts">
      <p>
        Merge {target} into {source} in your own {repo}, resolve them there, and push:
      </p>
      <CodeBlock
        language="shell"
        text={`git switch ${quoted(source)}\ngit pull penstock ${quoted(target)}\ngit push penstock ${quoted(source)}`}
      />
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
