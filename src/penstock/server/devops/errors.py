"""Refusals as Azure DevOps words them on the wire."""

from __future__ import annotations

from penstock.server.errors import Refused
from penstock.server.routes import Answer, BadBody

_EVENT = 3000


def devops_error(error: Exception) -> Answer:
    """The answer to a failed request: a `WrappedException` whose `typeKey` is the refusal's code.

    What is not a refusal is our own failure: 500, without its text.
    """
    match error:
        case Refused():
            return _wrapped(error.status, error.code, error.message, dict(error.headers))
        case BadBody():
            return _wrapped(400, "InvalidRequestContent", str(error), {})
    return _wrapped(500, "InternalServerError", "the server failed; its log says why", {})


def not_found(code: str, message: str) -> Refused:
    """A refusal with status 404: `code` is the service's own exception (`BuildNotFound...`)."""
    return Refused(404, code, message)


def bad_request(message: str, code: str = "InvalidRequestContent") -> Refused:
    """A refusal with status 400."""
    return Refused(400, code, message)


def _wrapped(status: int, code: str, message: str, headers: dict[str, str]) -> Answer:
    body = {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{code}, Penstock",
        "typeKey": code,
        "errorCode": 0,
        "eventId": _EVENT,
    }
    return Answer(status=status, body=body, headers=headers)
