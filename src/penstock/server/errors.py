"""Refusals and failures as the wire has them: one exception, and the JSON of ARM around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.records import record
from penstock.server.routes import Answer
from penstock.store.database import is_full_disk


@record
class Detail:
    """One fault of several in a request: `target` is a dotted path in the user's own terms."""

    code: str
    message: str
    target: str = ""


class Refused(Exception):
    """the request is refused

    `code` is the service's own word (`UserError`, `ResourceNotFound`), `status` its HTTP status.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str = "",
        details: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = tuple(details)
        self.headers = dict(headers or {})


def named_failure(error: Exception) -> Exception:
    """A failure of ours that its sender should know the reason of, as a `Refused`; others as they
    are."""
    if is_full_disk(error):
        return Refused(507, "InsufficientStorage", "the disk of the server is full")
    return error


def arm_error(error: Exception) -> Answer:
    """The answer to a failed request as ARM words it: `{"error": {code, message, details}}`.

    What is not a `Refused` is our own failure: 500, without its text.
    """
    if not isinstance(error, Refused):
        error = Refused(500, "InternalServerError", "the server failed; its log says why")
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if error.target:
        body["target"] = error.target
    body["details"] = [
        {"code": detail.code, "message": detail.message, "target": detail.target}
        for detail in error.details
    ]
    return Answer(status=error.status, body={"error": body}, headers=error.headers)
