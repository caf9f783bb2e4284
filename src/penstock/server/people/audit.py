"""The audit log over HTTP, for administrators of the server."""

from __future__ import annotations

from penstock.server.devops.errors import devops_error
from penstock.server.devops.wire import moment
from penstock.server.people.bodies import number
from penstock.server.people.house import House
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.people.audit import Entry

PATH = "/{organization}/_apis/penstock/audit"


def audit_routes(house: House) -> tuple[Route, ...]:
    """The entries, newest first."""
    audit = house.people.audit

    def list_some(call: Call) -> Reply:
        top = number(call.query("$top"), "$top", default=100, most=1000)
        after = call.query("continuationToken")
        before = number(after, "continuationToken", default=0, most=2**31) or None
        project = call.query("project")
        entries = audit.entries(before=before, limit=top, project=project)
        following = str(entries[-1].id) if len(entries) == top else None
        return {
            "count": len(entries),
            "value": [_view(entry) for entry in entries],
            "continuationToken": following,
        }

    return (
        Route(
            method="GET",
            path=PATH,
            permission=Permission.SERVER_MANAGE,
            handler=list_some,
            on_error=devops_error,
        ),
    )


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
