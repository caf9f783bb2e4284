"""What variable groups and service connections have in common: their project is in the body or the
query of a request, and a secret without a value keeps the one it has.

The routes are open to all who are signed in; the permission is asked for here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from penstock.devops.resources import NOUNS, Kept, ResourceType
from penstock.records import record
from penstock.server.devops.bodies import table_of, tables_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.changes import add_resource, change_resource, delete_resource
from penstock.server.devops.library.context import LibraryHttp, kept_of, name_of, project_for
from penstock.server.routes import Answer, Call, Permission, Reply
from penstock.store.projects import Project

Read = tuple[dict[str, Any], dict[str, str]]
"""What is kept of a resource, the names of its `secrets` among it, and new values of those."""


@record
class Kind:
    """A type of such resources. `references` is the field that names projects, `read` what a body
    says against what is known, `view` what the wire has; `check` refuses who may not change one."""

    type: ResourceType
    references: str
    read: Callable[[Mapping[str, Any], Kept | None], Read]
    view: Callable[[Kept, Project], dict[str, object]]
    check: Callable[[LibraryHttp, Call, Kept], None]


def add(kind: Kind, http: LibraryHttp, call: Call) -> Reply:
    """Make one in the project that the body names."""
    body = call.json()
    project, reference = _project(kind, http, call, body)
    found, secrets = kind.read(body, None)
    kept = add_resource(
        http,
        call,
        kind.type,
        _name(kind, body, reference),
        project=project.id,
        description=_description(body, reference),
        body=found,
        secrets=secrets,
    )
    return kind.view(kept, project)


def change(kind: Kind, http: LibraryHttp, call: Call) -> Reply:
    """Change the one of the path, in the project that the body names. What the body does not name
    is gone after."""
    body = call.json()
    project, reference = _project(kind, http, call, body)
    known = kept_of(http, project.id, kind.type, call.parameters["id"])
    kind.check(http, call, known)
    found, secrets = kind.read(body, known)
    changed = replace(
        known,
        name=_name(kind, body, reference),
        description=_description(body, reference),
        body=found,
    )
    left = {name.casefold() for name in found["secrets"]}
    dropped = [name for name in known.body.get("secrets", ()) if name.casefold() not in left]
    kept = change_resource(http, call, changed, secrets=secrets, dropped=dropped)
    return kind.view(kept, project)


def delete(kind: Kind, http: LibraryHttp, call: Call) -> Reply:
    """Forget the one of the path in each project that the query names (`projectIds`)."""
    named = [text.strip() for text in call.query("projectIds").split(",")]
    projects = [project_for(http, call, one, Permission.LIBRARY_MANAGE) for one in named]
    for project in projects:
        delete_resource(http, call, kept_of(http, project.id, kind.type, call.parameters["id"]))
    return Answer(status=204)


def secret_names(known: Kept | None) -> set[str]:
    """The names of the secrets that a resource has, without case."""
    return {name.casefold() for name in known.body.get("secrets", ())} if known else set()


def _project(
    kind: Kind, http: LibraryHttp, call: Call, body: Mapping[str, Any]
) -> tuple[Project, Mapping[str, Any]]:
    """The one project that a body's references name, and its reference. Sharing among several
    projects is refused."""
    references = tables_of(body, kind.references)
    if len(references) != 1:
        raise bad_request(f'"{kind.references}" must name one project: sharing is not supported')
    reference = table_of(references[0], "projectReference")
    named = text_of(reference, "id") or text_of(reference, "name")
    return project_for(http, call, named, Permission.LIBRARY_MANAGE), references[0]


def _name(kind: Kind, body: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    """The name that a body gives, or else its reference to a project."""
    return name_of({"name": text_of(body, "name") or reference.get("name")}, NOUNS[kind.type])


def _description(body: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    return text_of(reference, "description") or text_of(body, "description")
