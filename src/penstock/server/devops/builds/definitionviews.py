"""Definitions as the area `build` 7.1 has them."""

from __future__ import annotations

from penstock.devops.definitions import Definition
from penstock.devops.sources import SourceMissing
from penstock.server.devops.builds.views import build_json
from penstock.server.devops.context import (
    DevopsHttp,
    api,
    last_ended,
    page,
    project_json,
    project_name,
)
from penstock.server.devops.wire import identity_json, moment
from penstock.server.routes import Call

YAML_PROCESS = 2
"""The type of process that a file of YAML is."""


def definition_json(
    http: DevopsHttp, call: Call, definition: Definition, *, latest: bool = False
) -> dict[str, object]:
    """A definition of the API `build` 7.1."""
    name = project_name(http, definition.project)
    own = api(http, call, name, "build", "definitions", str(definition.id))
    author = identity_json(definition.author, http.person_name(definition.author))
    body: dict[str, object] = {
        "_links": {
            "self": {"href": own},
            "web": {
                "href": page(http, call, name, f"_build/definition?definitionId={definition.id}")
            },
            "badge": {"href": api(http, call, name, "build", "status", str(definition.id))},
        },
        "id": definition.id,
        "name": definition.name,
        "path": definition.folder,
        "type": "build",
        "quality": "definition",
        "revision": definition.revision,
        "queueStatus": str(definition.settings.queue_status),
        "createdDate": moment(definition.created),
        "url": own,
        "uri": f"vstfs:///Build/Definition/{definition.id}",
        "project": project_json(http, call, definition.project),
        "authoredBy": author,
        "description": definition.settings.description,
        "badgeEnabled": definition.settings.badge,
        "variables": {
            variable.name: {"value": variable.value, "allowOverride": variable.settable}
            for variable in definition.settings.variables
        },
        "tags": list(definition.settings.tags),
        "process": {"type": YAML_PROCESS, "yamlFilename": definition.path.lstrip("/")},
        "repository": _repository_json(http, definition),
        "triggers": [],
        "queue": {"id": 1, "name": "Default", "pool": {"id": 1, "name": "Default"}},
    }
    if latest:
        newest = http.lists.newest([definition.id], 1)[definition.id]
        ended = last_ended(http, definition)
        body["latestBuild"] = build_json(http, call, newest[0]) if newest else None
        body["latestCompletedBuild"] = build_json(http, call, ended) if ended else None
    return body


def _repository_json(http: DevopsHttp, definition: Definition) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": definition.repository,
        "type": "TfsGit",
        "name": "",
        "defaultBranch": definition.branch,
        "clean": None,
        "checkoutSubmodules": False,
        "properties": {},
    }
    try:
        source = http.sources.repository(definition.repository, definition.project)
    except SourceMissing:
        return shown
    shown.update(
        name=source.name,
        url=source.address,
        defaultBranch=definition.branch or source.default_branch,
    )
    return shown
