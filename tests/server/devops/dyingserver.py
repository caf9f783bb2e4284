"""A whole server in a process of its own, which dies by SIGKILL at a named point of a run.

python dyingserver.py FOLDER PIPELINE POINT    starts a run of it, and dies
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from devopsserver import devops_server

from penstock.engine.events import (
    Event,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    StepFinished,
    StepStarted,
)


def point_of(event: Event) -> str:
    """What the point behind an event is called."""
    match event:
        case NodeQueued():
            return f"{event.node} queued"
        case NodeStarted():
            return f"{event.node} started"
        case NodeFinished():
            return f"{event.node} finished"
        case StepStarted():
            return f"{event.name} started"
        case StepFinished():
            return f"{event.name} finished"
    return ""


def main(folder: Path, pipeline: str, point: str) -> None:
    with devops_server(folder, folder / "home") as server:

        def on_event(run: str, event: Event) -> None:
            if point_of(event) == point:
                die()

        def on_log(run: str, node: str, log: str, text: str) -> None:
            if f"says {point.removeprefix('said ')}\n" in text:
                die()

        server.host.scheduler.subscribe(on_event)
        server.host.log_listeners.append(on_log)
        server.post(f"pipelines/{pipeline}/runs", {})
        threading.Event().wait(60)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
