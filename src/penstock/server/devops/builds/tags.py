"""Tags of builds, and all those of a project.

Source: Azure DevOps REST API reference 7.1, Build (Tags).
"""

from __future__ import annotations

from penstock.server.devops.bodies import body_texts, texts_of
from penstock.server.devops.context import DevopsHttp, run_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs import Run

LOCATIONS = (
    Location(
        id="6e6114b2-8161-44c8-8f6c-c5505782427f",
        area="build",
        resource="tags",
        template="{project}/_apis/{area}/builds/{buildId}/{resource}/{*tag}",
        version=3,
    ),
    Location(
        id="d84ac5c6-edc7-43d5-adc9-1b34be5dea09",
        area="build",
        resource="tags",
        template="{project}/_apis/{area}/{resource}/{*tag}",
        version=3,
    ),
)
_LONGEST = 256


def tag_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of tags."""
    project = "/{organization}/{project}/_apis/build/tags"
    build = "/{organization}/{project}/_apis/build/builds/{runId}/tags"
    return routes_of(
        http,
        ("GET", project, Permission.RUN_READ, _of_project),
        ("GET", build, Permission.RUN_READ, _list),
        ("POST", build, Permission.RUN_QUEUE, _add_several),
        ("PATCH", build, Permission.RUN_QUEUE, _change),
        ("PUT", f"{build}/{{tag:path}}", Permission.RUN_QUEUE, _add),
        ("DELETE", f"{build}/{{tag:path}}", Permission.RUN_QUEUE, _remove),
    )


def _of_project(http: DevopsHttp, call: Call) -> Reply:
    return listed(http.lists.project_tags(call.project))


def _list(http: DevopsHttp, call: Call) -> Reply:
    return _tags(http, run_of(http, call))


def _add(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    http.runs.tag(str(run.id), _checked(call.parameters["tag"]))
    return _tags(http, run)


def _add_several(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    http.runs.tag(str(run.id), *map(_checked, body_texts(call)))
    return _tags(http, run)


def _change(http: DevopsHttp, call: Call) -> Reply:
    run, body = run_of(http, call), call.json()
    added = [_checked(tag) for tag in texts_of(body, "tagsToAdd")]
    for tag in texts_of(body, "tagsToRemove"):
        http.runs.untag(str(run.id), tag)
    http.runs.tag(str(run.id), *added)
    return _tags(http, run)


def _remove(http: DevopsHttp, call: Call) -> Reply:
    run = run_of(http, call)
    http.runs.untag(str(run.id), call.parameters["tag"])
    return _tags(http, run)


def _tags(http: DevopsHttp, run: Run) -> Reply:
    return listed(http.lists.tags([run.id]).get(run.id, []))


def _checked(tag: str) -> str:
    if not tag.strip() or len(tag) > _LONGEST or "," in tag or not tag.isprintable():
        raise bad_request(f'"{tag[:100]}" is not a tag')
    return tag.strip()
