"""Where each resource of the REST area `git` lives, by the ids that clients have built in.

Source: the location ids and route values of the `azure-devops` client 7.1.0b4.
"""

from __future__ import annotations

from penstock.server.devops.locations import Location

_ONE = "{project}/_apis/git/repositories/{repositoryId}"

_PULL = f"{_ONE}/pullrequests/{{pullRequestId}}"
_ITERATION = f"{_PULL}/iterations/{{iterationId}}"


def _row(id: str, resource: str, template: str, version: int = 1) -> Location:
    return Location(id=id, area="git", resource=resource, template=template, version=version)


LOCATIONS = (
    _row("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "repositories", _ONE),
    _row("2d874a60-a811-4f62-9c9f-963a6ea0a55b", "refs", f"{_ONE}/refs"),
    _row("d5b216de-d8d5-4d32-ae76-51df755b16d3", "stats", f"{_ONE}/stats/branches"),
    _row("fb93c0db-47ed-4a31-8c20-47552878fb44", "items", f"{_ONE}/items"),
    _row("729f6437-6f92-44ec-8bee-273a7111063c", "trees", f"{_ONE}/trees/{{sha1}}"),
    _row("7b28e929-2c99-405d-9c5c-6167a06e6816", "blobs", f"{_ONE}/blobs/{{sha1}}"),
    _row("c2570c3b-5b3f-41b8-98bf-5407bfde8d58", "commits", f"{_ONE}/commits/{{commitId}}"),
    _row("5bf884f5-3e07-42e9-afb8-1b872267bf16", "changes", f"{_ONE}/commits/{{commitId}}/changes"),
    _row(
        "7cf2abb6-c964-4f7e-9872-f78c66e72e9c",
        "mergebases",
        "{project}/_apis/git/repositories/{repositoryNameOrId}/commits/{commitId}/mergebases",
    ),
    _row("615588d5-c0c7-4b88-88f8-e625306446e8", "commitdiffs", f"{_ONE}/diffs/commits"),
    _row("9946fd70-0d40-406e-b686-b4744cbbcc37", "pullRequests", _PULL),
    _row(
        "a5d28130-9cd2-40fa-9f08-902e7daa9efb",
        "pullRequests",
        "{project}/_apis/git/pullrequests",
    ),
    _row(
        "01a46dea-7d46-4d40-bc84-319e7c260d99",
        "pullRequests",
        "{project}/_apis/git/pullrequests/{pullRequestId}",
    ),
    _row("52823034-34a8-4576-922c-8d8b77e9e4c4", "commits", f"{_PULL}/commits"),
    _row("d43911ee-6958-46b0-a42b-8445b8a0d004", "iterations", _ITERATION, 2),
    _row("4216bdcf-b6b1-4d59-8b82-c34cc183fc8b", "changes", f"{_ITERATION}/changes"),
    _row("e7ea0883-095f-4926-b5fb-f24691c26fb9", "commits", f"{_ITERATION}/commits"),
    _row(
        "4b6702c7-aa35-4b89-9c96-b9abf6d3e540",
        "reviewers",
        f"{_PULL}/reviewers/{{reviewerId}}",
    ),
    _row("ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", "threads", f"{_PULL}/threads/{{threadId}}"),
    _row(
        "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b",
        "comments",
        f"{_PULL}/threads/{{threadId}}/comments/{{commentId}}",
    ),
    _row("ea98d07b-3c87-4971-8ede-a613694ffb55", "pushes", f"{_ONE}/pushes/{{pushId}}", 2),
)
