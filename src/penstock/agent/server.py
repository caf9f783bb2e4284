"""The agent's one way to its server: report, log, fetch, keep. In process today, HTTP later."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from penstock.engine.reports import Report


class JobServer(Protocol):
    """What an agent asks of its server while it does one job. Calls may come from several threads.

    Every text that arrives here is already masked. Paths given to `fetch` are the agent's own.
    """

    def report(self, report: Report) -> None:
        """Add what a report says to its run. The start of a leaf is kept when this returns: else
        a leaf could be handed over once more, after a crash of the server, that had begun. In
        process, all else is kept a moment later."""

    def write_log(self, run: str, node: str, log: str, text: str) -> None:
        """Append whole lines, each ended by a newline, to a log of the node.

        `log` is a step's id for a pipeline job, a path such as `user_logs/std_log.txt` for an
        ML job.
        """

    def fetch(self, uri: str, folder: Path | None, *, writable: bool = False) -> Path:
        """A local path that holds what `uri` names (a code snapshot, a data asset's place).

        With `folder` None the server may answer a path of its own store, to be read only; with a
        folder, the content is copied into it and that copy's path is returned.
        Raises `NotFound` naming the uri.
        """

    def output_path(self, uri: str, type: str) -> Path:
        """A local path whose content will be at `uri` once `keep` was called for it.

        A folder type exists and is empty; for a file type the parent exists.
        """

    def keep(self, uri: str, path: Path) -> None:
        """Store the file or folder at `path` as the content of `uri` (nothing, if it is there).

        Raises `NotFound` where the job put something in its place that leads elsewhere.
        """

    def attach(self, run: str, node: str, kind: str, name: str, path: Path) -> None:
        """Keep a file or folder with the node: an artifact, a summary, an ML job's outputs."""


class NotFound(Exception):
    """nothing is stored at that address"""


class ToolMissing(Exception):
    """a program this machine would need for the step is not installed"""
