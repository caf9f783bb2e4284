"""Pull requests in the wire format of Azure DevOps REST 7.1."""

from __future__ import annotations

from penstock.server.git.context import Found
from penstock.server.git.views import Json, moment, person_view, repository_view
from penstock.store.pullrequests.records import (
    Iteration,
    MergeStatus,
    PullRequest,
    Reviewer,
    Thread,
)


def pull_request_view(found: Found, pull_request: PullRequest) -> Json:
    """A `GitPullRequest`. `conflicts`, the files in conflict, is ours."""
    content = pull_request.content
    view: Json = {
        "repository": repository_view(found.address, found.project, found.repository, ""),
        "pullRequestId": pull_request.id,
        "codeReviewId": pull_request.id,
        "status": str(pull_request.state),
        "createdBy": person_view(found.address, pull_request.author),
        "creationDate": moment(pull_request.created),
        "title": content.title,
        "description": content.description,
        "sourceRefName": pull_request.source,
        "targetRefName": pull_request.target,
        "mergeStatus": str(content.merge_status),
        "isDraft": content.is_draft,
        "mergeId": f"{found.repository.id}-{pull_request.id}",
        "reviewers": [reviewer_view(found, one) for one in content.reviewers],
        "url": _url(found, pull_request),
        "remoteUrl": f"{found.address.web(found.project, found.repository)}"
        f"/pullrequest/{pull_request.id}",
        "supportsIterations": True,
    }
    for name, commit in (
        ("lastMergeSourceCommit", content.source),
        ("lastMergeTargetCommit", content.target),
        ("lastMergeCommit", content.merge),
    ):
        if commit:
            view[name] = {"commitId": commit, "url": f"{found.url}/commits/{commit}"}
    if pull_request.closed is not None:
        view["closedDate"] = moment(pull_request.closed)
    if content.closed_by is not None and pull_request.closed is not None:
        view["closedBy"] = person_view(found.address, content.closed_by)
    if content.strategy:
        view["completionOptions"] = {"mergeStrategy": content.strategy}
    if content.merge_status is MergeStatus.CONFLICTS:
        view["mergeFailureMessage"] = f"conflicts in {', '.join(content.conflicts)}"
        view["conflicts"] = [f"/{path}" for path in content.conflicts]
    return view


def reviewer_view(found: Found, reviewer: Reviewer) -> Json:
    """An `IdentityRefWithVote`."""
    return {
        "id": reviewer.id,
        "displayName": reviewer.name,
        "uniqueName": reviewer.name,
        "url": f"{found.address.root}/_apis/Identities/{reviewer.id}",
        "vote": reviewer.vote,
        "isRequired": reviewer.is_required,
        "hasDeclined": False,
    }


def iteration_view(
    found: Found, pull_request: PullRequest, number: int, iteration: Iteration
) -> Json:
    """A `GitPullRequestIteration`."""
    return {
        "id": number,
        "createdDate": moment(iteration.at),
        "updatedDate": moment(iteration.at),
        "author": person_view(found.address, pull_request.author),
        "sourceRefCommit": {"commitId": iteration.source},
        "targetRefCommit": {"commitId": iteration.target},
        "commonRefCommit": {"commitId": iteration.base},
        "reason": "create" if number == 1 else "push",
    }


def thread_view(found: Found, number: int, thread: Thread) -> Json:
    """A `GitPullRequestCommentThread`."""
    view: Json = {
        "id": number,
        "status": thread.status,
        "publishedDate": moment(thread.at),
        "lastUpdatedDate": moment(max([thread.at, *(one.at for one in thread.comments)])),
        "isDeleted": False,
        "comments": [
            {
                "id": place,
                "parentCommentId": comment.parent,
                "author": person_view(found.address, comment.author),
                "content": comment.content,
                "publishedDate": moment(comment.at),
                "lastUpdatedDate": moment(comment.at),
                "commentType": "text",
                "isDeleted": comment.is_deleted,
            }
            for place, comment in enumerate(thread.comments, start=1)
        ],
    }
    if thread.path:
        position = {"line": thread.line, "offset": 1}
        view["threadContext"] = {
            "filePath": thread.path,
            "rightFileStart": position,
            "rightFileEnd": position,
        }
    return view


def _url(found: Found, pull_request: PullRequest) -> str:
    return f"{found.url}/pullRequests/{pull_request.id}"
