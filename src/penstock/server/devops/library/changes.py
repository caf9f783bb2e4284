"""Changes of what a library keeps: a name that is taken is refused, and the audit log has them all.

Who may make them is asked before: `check_administers`, and each route's own permission.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from penstock.devops.resources import NOUNS, Kept, NameTaken, ResourceType
from penstock.server.devops.library.context import (
    EXCEPTIONS,
    LibraryHttp,
    caller,
    check_administers,
    note,
)
from penstock.server.errors import Refused
from penstock.server.routes import Call


def add_resource(
    http: LibraryHttp,
    call: Call,
    type: ResourceType,
    name: str,
    *,
    project: str = "",
    description: str = "",
    body: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Kept:
    """Keep a new resource in a project (its id; empty: the one that the path names).

    Raises `Refused` (409) for a name that is taken.
    """
    project = project or call.project
    try:
        kept = http.resources.create(
            project,
            type,
            name,
            caller(call),
            description=description,
            body=body,
            secrets=secrets,
            content=content,
        )
    except NameTaken:
        raise _taken(type, name) from None
    note(http, call, f"{type}.add", name, project, **_names(secrets))
    return kept


def change_resource(
    http: LibraryHttp,
    call: Call,
    changed: Kept,
    *,
    secrets: Mapping[str, str] | None = None,
    dropped: Collection[str] = (),
    **details: str,
) -> Kept:
    """Keep `changed` in place of what is there; `secrets` are new values, `dropped` the names of
    those to forget, `details` what the audit log is told beside. Raises `Refused` (409)."""
    try:
        kept = http.resources.change(changed, caller(call), secrets=secrets, dropped=dropped)
    except NameTaken:
        raise _taken(changed.type, changed.name) from None
    action = f"{changed.type}.change"
    note(http, call, action, changed.name, changed.project, **_names(secrets), **details)
    return kept


def delete_resource(http: LibraryHttp, call: Call, known: Kept) -> None:
    """Forget a resource. One that has checks is deleted by its administrators only, for its checks
    go with it."""
    if http.checks.on(known.project, [known.resource]):
        check_administers(call, known.project, known)
    http.resources.delete(known.project, known.type, known.id)
    note(http, call, f"{known.type}.delete", known.name, known.project)


def _names(secrets: Mapping[str, str] | None) -> dict[str, str]:
    return {} if secrets is None else {"secrets": ", ".join(secrets)}


def _taken(type: ResourceType, name: str) -> Refused:
    message = f'the project has a {NOUNS[type]} named "{name}" already'
    return Refused(409, f"{EXCEPTIONS[type]}ExistsException", message)
