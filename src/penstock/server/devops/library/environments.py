"""Environments: `distributedtask/environments`, and what was deployed to them."""

from __future__ import annotations

from dataclasses import replace

from penstock.devops.resources import Kept, ResourceType
from penstock.server.devops.bodies import text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.changes import add_resource, change_resource, delete_resource
from penstock.server.devops.library.context import (
    LibraryHttp,
    check_administers,
    identity,
    kept_of,
    name_of,
)
from penstock.server.devops.locations import Location
from penstock.server.devops.paging import page_of
from penstock.server.devops.queries import is_named, page_before, page_size
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.runs.deployments import Deployment

LOCATIONS = (
    Location(
        id="8572b1fc-2482-47fa-8f74-7e3ed53ee54b",
        area="distributedtask",
        resource="environments",
        template="{project}/_apis/{area}/{resource}/{environmentId}",
    ),
    Location(
        id="51bb5d21-4305-4ea6-9dbb-b7488af73334",
        area="distributedtask",
        resource="environmentdeploymentrecords",
        template="{project}/_apis/{area}/environments/{environmentId}/{resource}",
    ),
)
_ENVIRONMENT = ResourceType.ENVIRONMENT
_NOT_IN_NAMES = frozenset('"/:<>\\|@#?*$')
_MOST = 1000


def environment_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of environments."""
    base = "/{organization}/{project}/_apis/distributedtask/environments"
    return routes_of(
        http,
        ("GET", base, Permission.LIBRARY_READ, _list),
        ("GET", base + "/{id}", Permission.LIBRARY_READ, _get),
        ("POST", base, Permission.LIBRARY_MANAGE, _add),
        ("PATCH", base + "/{id}", Permission.LIBRARY_MANAGE, _change),
        ("DELETE", base + "/{id}", Permission.LIBRARY_MANAGE, _delete),
        ("GET", base + "/{id}/environmentdeploymentrecords", Permission.RUN_READ, _records),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    wanted = call.query("name", "*")
    found = [
        kept
        for kept in http.resources.of_type(call.project, _ENVIRONMENT)
        if is_named(kept.name, wanted)
    ]
    return page_of(call, found, lambda kept: environment_json(http, kept))


def _get(http: LibraryHttp, call: Call) -> Reply:
    return environment_json(http, _found(http, call))


def _found(http: LibraryHttp, call: Call) -> Kept:
    return kept_of(http, call.project, _ENVIRONMENT, call.parameters["id"])


def _add(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    name = _name(body)
    description = text_of(body, "description")
    kept = add_resource(http, call, _ENVIRONMENT, name, description=description)
    return environment_json(http, kept)


def _change(http: LibraryHttp, call: Call) -> Reply:
    body, known = call.json(), _found(http, call)
    name = _name(body) if body.get("name") is not None else known.name
    if name != known.name:
        # Checks and history go by the name that pipelines use.
        check_administers(call, call.project, known)
    description = text_of(body, "description", known.description)
    changed = replace(known, name=name, description=description)
    return environment_json(http, change_resource(http, call, changed, before=known.name))


def _name(body: dict[str, object]) -> str:
    name = name_of(body, "environment")
    if not _NOT_IN_NAMES.isdisjoint(name):
        raise bad_request(f"the name of an environment has none of {' '.join(_NOT_IN_NAMES)}")
    return name


def _delete(http: LibraryHttp, call: Call) -> Reply:
    delete_resource(http, call, _found(http, call))
    return Answer(status=204)


def _records(http: LibraryHttp, call: Call) -> Reply:
    kept, before = _found(http, call), page_before(call)
    limit = page_size(call, "top", page_size(call, "$top", 25, _MOST), _MOST)
    found = http.deployments.history(kept.name, project=call.project, before=before, limit=limit)
    headers = {"x-ms-continuationtoken": str(found[-1].id)} if len(found) == limit else {}
    body = listed([record_json(http, kept, deployment) for deployment in found])
    return Answer(body=body, headers=headers)


def environment_json(http: LibraryHttp, kept: Kept) -> dict[str, object]:
    """An environment as the wire has it, with its last deployment beside."""
    last = http.deployments.history(kept.name, project=kept.project, limit=1)
    return {
        "id": int(kept.id),
        "name": kept.name,
        "description": kept.description,
        "createdBy": identity(kept.created_by),
        "createdOn": moment(kept.created),
        "lastModifiedBy": identity(kept.modified_by),
        "lastModifiedOn": moment(kept.modified),
        "resources": [],
        "project": {"id": kept.project},
        "lastDeployment": record_json(http, kept, last[0]) if last else None,
    }


def record_json(http: LibraryHttp, kept: Kept, deployment: Deployment) -> dict[str, object]:
    """A deployment as the wire has it."""
    return {
        "id": deployment.id,
        "environmentId": int(kept.id),
        "planType": "Build",
        "stageName": deployment.stage,
        "jobName": deployment.job,
        "stageAttempt": 1,
        "jobAttempt": 1,
        "definition": {"id": deployment.pipeline, "name": deployment.definition},
        "owner": {"id": deployment.run, "name": http.run_number(str(deployment.run))},
        "result": deployment.result,
        "queueTime": moment(deployment.started),
        "startTime": moment(deployment.started),
        "finishTime": moment(deployment.finished),
    }
