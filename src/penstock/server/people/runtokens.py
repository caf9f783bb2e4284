"""The tokens of the runs that go on in this process: one for each, made with its first job."""

from __future__ import annotations

import threading
from collections.abc import Callable

from penstock.engine.events import Event, RunFinished
from penstock.store.people.jobtokens import JobTokens


class RunTokens:
    """Remembers tokens while their runs go on, since only their hashes are kept.

    `project_of` answers the id of a run's project, empty for none. Any thread may call every
    method.
    """

    def __init__(self, tokens: JobTokens, project_of: Callable[[str], str]) -> None:
        self._tokens = tokens
        self._project_of = project_of
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def token_of(self, run: str) -> str:
        """The token of a run, the same for all its jobs."""
        with self._lock:
            if run not in self._known:
                self._known[run] = self._tokens.issue(run, self._project_of(run))
            return self._known[run]

    def on_event(self, run: str, event: Event) -> None:
        """Forget the token of a run that ended; it is dead already."""
        if isinstance(event, RunFinished):
            with self._lock:
                self._known.pop(run, None)
