"""What is new in a build: its commits, against the run before it of the same branch.

Source: Azure DevOps REST API reference 7.1, Build (Builds, Get Build Changes).
"""

from __future__ import annotations

from typing import Any

from penstock.devops.sources import CommitFacts, SourceMissing
from penstock.server.devops.context import DevopsHttp, api, project_name, run_of
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs import Run
from penstock.store.runs.lists import RunQuery

LOCATIONS = (
    Location(
        id="54572c7b-bbd3-45d4-80dc-28be08941620",
        area="build",
        resource="changes",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}",
        version=2,
    ),
)


def change_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The route of changes."""
    path = "/{organization}/{project}/_apis/build/builds/{runId}/changes"
    return routes_of(http, ("GET", path, Permission.RUN_READ, _list))


def _list(http: DevopsHttp, call: Call) -> Reply:
    return listed(changes_of(http, call, run_of(http, call)))


def changes_of(http: DevopsHttp, call: Call, run: Run) -> list[dict[str, Any]]:
    """The commits that are new in the run, as changes of builds have them."""
    name, repository = project_name(http, run.project), run.extra.get("repository", "")
    return [
        {
            "id": commit.id,
            "message": commit.title,
            "messageTruncated": commit.title != commit.message,
            "type": "TfsGit",
            "author": {"id": commit.email, "displayName": commit.author},
            "timestamp": moment(commit.at),
            "location": api(
                http, call, name, "git", "repositories", repository, "commits", commit.id
            ),
        }
        for commit in commits_of(http, run)
    ]


def commits_of(http: DevopsHttp, run: Run) -> list[CommitFacts]:
    """The commits that are new in the run, against the run before it of the same branch."""
    repository = run.extra.get("repository")
    if not repository or not run.commit:
        return []
    before = http.lists.find(
        RunQuery(
            project=run.project,
            pipelines=(run.pipeline or 0,),
            branch=run.branch,
            before=run.id,
            top=1,
        )
    )
    old = before[0].commit if before else ""
    if old == run.commit:
        return []
    try:
        source = http.sources.repository(repository, run.project)
        return http.sources.changes(source, old, run.commit)
    except SourceMissing:
        return []
