"""Secure files: `distributedtask/securefiles`. Content goes in, and never out but to a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from penstock.devops.resources import Kept, ResourceType
from penstock.server.devops.bodies import table_of
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
from penstock.server.devops.queries import is_named
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Answer, Call, Permission, Reply, Route

LOCATIONS = (
    Location(
        id="adcfd8bc-b184-43ba-bd84-7c8c6a2ff421",
        area="distributedtask",
        resource="securefiles",
        template="{project}/_apis/{area}/{resource}/{secureFileId}",
    ),
)
LARGEST = 10 * 1024 * 1024
"""Bytes of a secure file, as on the service."""
_FILE = ResourceType.SECURE_FILE


def secure_file_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of secure files."""
    base = "/{organization}/{project}/_apis/distributedtask/securefiles"
    return routes_of(
        http,
        ("GET", base, Permission.LIBRARY_READ, _list),
        ("GET", base + "/{id}", Permission.LIBRARY_READ, _get),
        ("POST", base, Permission.LIBRARY_MANAGE, _add),
        ("PATCH", base + "/{id}", Permission.LIBRARY_MANAGE, _change),
        ("DELETE", base + "/{id}", Permission.LIBRARY_MANAGE, _delete),
        body_limit=LARGEST,
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    wanted = call.query("namePattern", "*")
    return listed(
        [
            file_json(kept)
            for kept in http.resources.of_type(call.project, _FILE)
            if is_named(kept.name, wanted)
        ]
    )


def _get(http: LibraryHttp, call: Call) -> Reply:
    if call.query("includeDownloadTicket").casefold() == "true":
        raise bad_request("the content of a secure file is given to runs only")
    return file_json(kept_of(http, call.project, _FILE, call.parameters["id"]))


def _add(http: LibraryHttp, call: Call) -> Reply:
    name = _name({"name": call.query("name")})
    body = {"size": len(call.body), "properties": {}}
    return file_json(add_resource(http, call, _FILE, name, body=body, content=call.body))


def _change(http: LibraryHttp, call: Call) -> Reply:
    body = call.json()
    known = kept_of(http, call.project, _FILE, call.parameters["id"])
    if http.checks.on(call.project, [known.resource]):
        check_administers(call, call.project, known)
    name = _name(body) if body.get("name") is not None else known.name
    properties = table_of(body, "properties") or known.body.get("properties", {})
    kept_body = {**known.body, "properties": {n: str(v) for n, v in properties.items()}}
    return file_json(change_resource(http, call, replace(known, name=name, body=kept_body)))


def _name(body: Mapping[str, object]) -> str:
    """The name that a body gives: jobs get the file under it."""
    name = name_of(body, "secure file")
    if "/" in name or "\\" in name or name in (".", ".."):
        raise bad_request("the name of a secure file is one of a file, without folders")
    return name


def _delete(http: LibraryHttp, call: Call) -> Reply:
    delete_resource(http, call, kept_of(http, call.project, _FILE, call.parameters["id"]))
    return Answer(status=204)


def file_json(kept: Kept) -> dict[str, object]:
    """A secure file as the wire has it, without its content."""
    return {
        "id": kept.id,
        "name": kept.name,
        "properties": dict(kept.body.get("properties", {})),
        "size": kept.body.get("size", 0),
        "createdBy": identity(kept.created_by),
        "createdOn": moment(kept.created),
        "modifiedBy": identity(kept.modified_by),
        "modifiedOn": moment(kept.modified),
    }
