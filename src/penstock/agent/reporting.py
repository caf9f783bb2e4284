"""Numbers what a job says of itself, so that its server takes each thing in once and in order."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.agent.server import JobServer
from penstock.engine.events import Event
from penstock.engine.reports import Report
from penstock.engine.requests import JobRequest


class Reporter:
    """Says what happens to one job. Belongs to one thread."""

    def __init__(self, server: JobServer, request: JobRequest) -> None:
        self._server = server
        self._request = request
        self._number = 0

    def say(self, events: Sequence[Event]) -> None:
        """Report events, behind all that was said before; nothing where there are none."""
        if not events:
            return
        self._number += 1
        self._server.report(
            Report(
                run=self._request.run,
                node=self._request.node,
                attempt=self._request.attempt,
                number=self._number,
                events=tuple(events),
            )
        )
