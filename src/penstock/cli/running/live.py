"""The live tree of a terminal: stages, jobs, steps and ML jobs, drawn anew while they run."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from threading import Event as Signal
from threading import Thread

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from penstock.cli.explaining.summary import MlJob, run_tree
from penstock.cli.explaining.tree import draw
from penstock.cli.hosting.host import Host
from penstock.cli.running.progress import EnvironmentNews
from penstock.cli.terminal import printable
from penstock.engine.events import Event

DRAWS_PER_SECOND = 4
LINES_SHOWN = 6


class LiveProgress:
    """Draws the tree of a run and the last lines it printed, until `end`."""

    def __init__(self, host: Host, run: str) -> None:
        self._host = host
        self._run = run
        self._recent: deque[str] = deque(maxlen=LINES_SHOWN)
        self._news = EnvironmentNews()
        self._ended = Signal()
        self._console = Console()
        self._thread: Thread | None = None

    def event(self, event: Event) -> None:
        """Begin to draw with the first event."""
        if self._thread is None:
            self._thread = Thread(target=self._draw, name="live", daemon=True)
            self._thread.start()

    def job_event(self, job: str, node: str, event: Event) -> None:
        """Nothing: the next drawing shows it."""

    def lines(self, node: str, step: str, lines: Sequence[str]) -> None:
        """Keep the last lines."""
        self._recent.extend(line for line in lines if not line.startswith("##["))

    def job_lines(self, job: str, node: str, log: str, lines: Sequence[str]) -> None:
        """Keep the last lines of the user's code, and of how its environment is made."""
        self._recent.extend(f"{node}: {line}" for line in self._news.of(log, lines))

    def end(self, summary: str, jobs: Sequence[MlJob]) -> None:
        """Take the drawing away and print the summary."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._console.print(Text.from_ansi(printable(summary)), soft_wrap=True)

    def _draw(self) -> None:
        with Live(console=self._console, transient=True, auto_refresh=False) as live:
            while not self._ended.wait(1 / DRAWS_PER_SECOND):
                live.update(self._picture(), refresh=True)

    def _picture(self) -> Group:
        jobs = self._host.ml.jobs_of(self._run) if self._host.has_ml else []
        title = f"run {self._run}"
        tree = self._host.scheduler.read(
            self._run, lambda state: run_tree(state, title, time.time(), jobs)
        )
        width = self._console.width
        recent = [_recent(line, width) for line in self._recent]
        return Group(Text.from_ansi(draw(tree, color=True)), Text(""), *recent)


def _recent(line: str, width: int) -> Text:
    text = Text.from_ansi(printable(line), style="dim")
    text.truncate(width)
    return text
