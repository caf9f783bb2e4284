"""Routes whose changes are written into the audit log when they were made.

For handlers that keep no log of their own: what is written down is the kind of thing, what was done
to it, and what the path or the body calls it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from penstock.server.actors import actor_of
from penstock.server.routes import Answer, Call, Permission, Route
from penstock.store.people.audit import Audit

if TYPE_CHECKING:
    from starlette.responses import Response

    from penstock.server.routes import Reply

CHANGES = frozenset(
    {
        Permission.PROJECT_MANAGE,
        Permission.PIPELINE_EDIT,
        Permission.SERVER_MANAGE,
        # The project is in the body, and the handler asks for the permission in it.
        Permission.SIGNED_IN,
    }
)
_VERBS = {"POST": "create", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
_LONGEST = 200


def audited(routes: Iterable[Route], audit: Audit) -> tuple[Route, ...]:
    """The same routes; those that change something with one of `CHANGES` write it down."""
    return tuple(
        _watched(route, audit)
        if route.permission in CHANGES and route.method in _VERBS and not route.streams
        else route
        for route in routes
    )


def _watched(route: Route, audit: Audit) -> Route:
    noun, parameter = _subject_of(route.path)
    action = f"{noun}.{_VERBS[route.method]}"

    async def handle(call: Call) -> Reply | Response:
        answer: Reply | Response
        if inspect.iscoroutinefunction(route.handler):
            answer = await route.handler(call)
        else:
            answer = await run_in_threadpool(route.handler, call)  # type: ignore[arg-type]
        # What was refused was raised.
        subject = call.parameters.get(parameter) or _name(call.body)
        project = call.project or _project_of(answer)
        await run_in_threadpool(_note, audit, action, call, subject, project)
        return answer

    return replace(route, handler=handle, quick=False)


def _note(audit: Audit, action: str, call: Call, subject: str, project: str) -> None:
    details = {"name": name} if (name := _name(call.body)) not in ("", subject) else {}
    audit.note(action, actor_of(call), project=project, subject=subject[:_LONGEST], details=details)


def _project_of(answer: Reply | Response) -> str:
    """The id of the project that an answer says its thing is in."""
    body = answer.body if isinstance(answer, Answer) else answer
    project = body.get("project") if isinstance(body, Mapping) else None
    return str(project["id"]) if isinstance(project, Mapping) else ""


def _subject_of(path: str) -> tuple[str, str]:
    """The last word of a path, in the singular, and the parameter after it, if any."""
    words = [part for part in path.split("/") if part and not part.startswith("{")]
    last = path.rstrip("/").rpartition("/")[2]
    noun = words[-1].lower()
    singular = f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")
    return singular, last[1:-1].partition(":")[0] if last.startswith("{") else ""


def _name(body: bytes) -> str:
    """What a body calls the thing."""
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return ""
    name = found.get("name") if isinstance(found, dict) else None
    return name[:_LONGEST] if isinstance(name, str) else ""
