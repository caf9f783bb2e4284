"""A hosting server in a process of its own, which dies by SIGKILL at a named point of a push.

python dyingserver.py HOME POINT    prints its port, then serves until it is killed
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from gitserver import TOKENS, GitServer, serving

from penstock.store.hosting.pushes import Pusher, Pushes, PushRecord, RefUpdate
from penstock.store.hosting.repositories import Repository


class DyingPushes(Pushes):
    """Pushes whose process is killed before or after a step."""

    point = ""

    def begin(self, repository: Repository, pusher: Pusher) -> int:
        self._die_at("before begin")
        found = super().begin(repository, pusher)
        self._die_at("after begin")
        return found

    def accept(
        self, push: int, repository: Repository, updates: Sequence[RefUpdate]
    ) -> PushRecord | None:
        self._die_at("before accept")
        found = super().accept(push, repository, updates)
        self._die_at("after accept")
        return found

    def _die_at(self, point: str) -> None:
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, point: str) -> None:
    server = GitServer(Path(home), pushes=DyingPushes)
    assert isinstance(server.pushes, DyingPushes)
    server.pushes.point = point
    with serving(server.routes(), TOKENS) as served:
        print(served.listener.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
