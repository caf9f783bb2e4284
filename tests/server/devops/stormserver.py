"""A whole server in a process of its own, which dies by SIGKILL at one of its pushes.

python stormserver.py HOME PORT POINT COUNT    serves until the COUNTth push (0: none) is at POINT

`written`: the push is in the outbox, nothing was decided about it.
`begun`: after that many pushes the next run that begins.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from penstock.cli.hosting.host import Host
from penstock.engine.events import Event, NodeQueued
from penstock.store.home import Home
from penstock.store.hosting.pushes import PushRecord


def main(home: Path, port: int, point: str, count: int) -> None:
    host = Host(Home(home, home.parent / "cache"), port=port, is_server=True)
    services = host.serve_devops()
    pushes: list[int] = []

    def on_push(push: PushRecord) -> list[str]:
        pushes.append(push.id)
        if point == "written" and len(pushes) == count:
            die()
        return []

    def on_event(run: str, event: Event) -> None:
        if point == "begun" and len(pushes) >= count and isinstance(event, NodeQueued):
            die()

    # Before those who start runs.
    services.pushes.subscribe(on_push)
    host.scheduler.subscribe(on_event)
    host.recover()
    services.start()
    host.answer()
    print("serves", flush=True)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    stopping.wait()
    host.close()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
