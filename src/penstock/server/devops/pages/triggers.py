"""What events did: each push and schedule with what it started, and why others did not start."""

from __future__ import annotations

from penstock.devops.starting.book import Decided, Happened
from penstock.server.devops.queries import page_before, page_size
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.pipelines.triggers import Triggers


def trigger_routes(book: Triggers) -> tuple[Route, ...]:
    """The route of the history."""
    path = "/{organization}/{project}/_apis/penstock/triggers"
    return routes_of(book, ("GET", path, Permission.RUN_READ, _history))


def _history(book: Triggers, call: Call) -> Reply:
    top = page_size(call, "top", 50)
    found = book.history(
        call.project,
        repository=call.query("repositoryId"),
        top=top + 1,
        before=page_before(call),
    )
    shown = found[:top]
    more = str(shown[-1][0].id) if len(found) > top else None
    return {**listed([_event(*one) for one in shown]), "continuationToken": more}


def _event(happened: Happened, decisions: list[Decided]) -> dict[str, object]:
    return {
        "id": happened.id,
        "at": moment(happened.at),
        "event": {
            "kind": happened.kind,
            "repositoryId": happened.repository,
            "ref": happened.ref,
            "oldCommit": happened.old,
            "commit": happened.new,
            "pusher": happened.who,
            "about": happened.about,
        },
        "decisions": [
            {
                "definition": {"id": one.pipeline, "name": one.name},
                "runs": one.run is not None,
                "runId": one.run,
                "outcome": one.outcome,
                "reason": one.reason or None,
                "why": one.why,
                "place": one.place or None,
            }
            for one in decisions
        ],
    }
