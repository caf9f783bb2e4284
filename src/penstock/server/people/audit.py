"""The audit log over HTTP, for administrators of the server."""

from __future__ import annotations

from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.people.bodies import number
from penstock.server.people.house import House
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.people.audit import Entry

PATH = "/{organization}/_apis/penstock/audit"


def audit_routes(house: House) -> tuple[Route, ...]:
    """The entries, newest first."""
    return routes_of(house, ("GET", PATH, Permission.SERVER_MANAGE, _list))


def _list(house: House, call: Call) -> Reply:
    top = number(call.query("$top"), "$top", default=100, most=1000)
    after = call.query("continuationToken")
    before = number(after, "continuationToken", default=0, most=2**31) or None
    entries = house.people.audit.entries(before=before, limit=top, project=call.query("project"))
    following = str(entries[-1].id) if len(entries) == top else None
    return {**listed([_view(entry) for entry in entries]), "continuationToken": following}


def _view(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": moment(entry.at),
        "actor": {"id": entry.actor.id, "userName": entry.actor.name},
        "address": entry.actor.address,
        "action": entry.action,
        "project": entry.project,
        "subject": entry.subject,
        "details": dict(entry.details),
        "hash": entry.hash,
    }
