"""How `penstock run` tells what happens while it happens: plain lines, JSON lines, or nothing.

The live tree of a terminal is in `live.py`. All are called from several threads, one at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from penstock.cli.explaining.summary import MlJob, shown_path
from penstock.cli.terminal import one_line
from penstock.engine.events import Event, NodeFinished, NodePhase, Result, StepFinished
from penstock.language.pipeline import UNNAMED_STAGE

Write = Callable[[str], None]
_STARTING = "##[section]Starting: "
_MARKS = ("##[section]", "##[group]", "##[endgroup]", "##[debug]", "==========")
_HEADER = re.compile(r"^(Task|Description|Version|Author|Help) {1,}: ")
_ENVIRONMENT_LOGS = "azureml-logs/"


class Progress(Protocol):
    """Is told what happens in a run and in the ML jobs that it started."""

    def event(self, event: Event) -> None:
        """Something happened in the run."""

    def job_event(self, job: str, node: str, event: Event) -> None:
        """Something happened in a node (by its key) of an ML job."""

    def lines(self, node: str, step: str, lines: Sequence[str]) -> None:
        """A step printed lines, without their timestamps."""

    def job_lines(self, job: str, node: str, log: str, lines: Sequence[str]) -> None:
        """A node of an ML job printed lines, or the agent did for it."""

    def end(self, summary: str, jobs: Sequence[MlJob]) -> None:
        """The run has ended; `summary` is the text for people."""


class PlainProgress:
    """Prefixed lines, for logs and pipes. `write` gets whole lines without their end."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._told: set[str] = set()
        self._news = EnvironmentNews()

    def event(self, event: Event) -> None:
        """A line when a step fails or is skipped, and when a job ends."""
        match event:
            case StepFinished() if event.result is not Result.SUCCEEDED:
                self._write(f"{shown_path(event.node)} | {one_line(event.name)} {_because(event)}")
                self._told.add(f"{event.name}: {event.message}")
            case NodeFinished() if event.node != UNNAMED_STAGE:
                told = event.message in self._told
                said = str(event.result) if told else _because(event)
                self._write(f"{shown_path(event.node)} | {said}")

    def job_event(self, job: str, node: str, event: Event) -> None:
        """A line for each phase of each node, in Azure ML's words."""
        match event:
            case NodePhase():
                self._write(f"{_ml(job, node)} | {event.phase}")
            case NodeFinished():
                from penstock.ml.statuses import final_status

                said = f": {event.message}" if event.message else ""
                self._write(f"{_ml(job, node)} | {final_status(event.result)}{said}")

    def lines(self, node: str, step: str, lines: Sequence[str]) -> None:
        """The lines but for the marks that only a log viewer needs."""
        for line in lines:
            if line.startswith(_STARTING):
                self._write(f"{shown_path(node)} | > {line.removeprefix(_STARTING)}")
            elif not is_frame(line):
                self._write(f"{shown_path(node)} | {line}")

    def job_lines(self, job: str, node: str, log: str, lines: Sequence[str]) -> None:
        """What the user's code printed, and how its environment was made."""
        for line in self._news.of(log, lines):
            self._write(f"{_ml(job, node)} | {line}")

    def end(self, summary: str, jobs: Sequence[MlJob]) -> None:
        """The summary after an empty line."""
        self._write("")
        self._write(summary)


class EnvironmentNews:
    """What is shown of the logs of ML nodes: all that the user's code printed and, once in a run,
    how an environment was made and how it differs from what was asked for."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def of(self, log: str, lines: Sequence[str]) -> list[str]:
        """The lines to show; the agent's other logs are left to `penstock logs`."""
        if log.startswith("user_logs/"):
            return list(lines)
        if not log.startswith(_ENVIRONMENT_LOGS):
            return []
        fresh = [line for line in map(without_time, lines) if line not in self._told]
        self._told.update(fresh)
        return fresh


class JsonProgress:
    """One JSON object a line, version 1: every event, every log line, each ML job at the end."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def event(self, event: Event) -> None:
        """The event as the store keeps it."""
        self._put(event_fields(event))

    def job_event(self, job: str, node: str, event: Event) -> None:
        """The event with the ML job it belongs to."""
        self._put({**event_fields(event), "mlJob": job, "node": node})

    def lines(self, node: str, step: str, lines: Sequence[str]) -> None:
        """One object a line."""
        for line in lines:
            self._put({"type": "log", "node": node, "step": step, "text": line})

    def job_lines(self, job: str, node: str, log: str, lines: Sequence[str]) -> None:
        """One object a line, with the ML job and node it belongs to."""
        for line in lines:
            self._put({"type": "log", "mlJob": job, "job": node, "log": log, "text": line})

    def end(self, summary: str, jobs: Sequence[MlJob]) -> None:
        """Each ML job and child, then the summary."""
        for job in jobs:
            for one in (job, *job.children):
                self._put(
                    {
                        "type": "job",
                        "name": one.title,
                        "id": one.name,
                        "status": one.status,
                        "metrics": dict(one.metrics),
                        "error": one.error,
                    }
                )
        for line in summary.splitlines():
            self._put({"type": "summary", "text": line})

    def _put(self, fields: dict[str, Any]) -> None:
        self._write(json.dumps({**fields, "v": 1}, ensure_ascii=False))


class QuietProgress:
    """Only the summary."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def event(self, event: Event) -> None:
        """Nothing."""

    def job_event(self, job: str, node: str, event: Event) -> None:
        """Nothing."""

    def lines(self, node: str, step: str, lines: Sequence[str]) -> None:
        """Nothing."""

    def job_lines(self, job: str, node: str, log: str, lines: Sequence[str]) -> None:
        """Nothing."""

    def end(self, summary: str, jobs: Sequence[MlJob]) -> None:
        """The summary."""
        self._write(summary)


def event_fields(event: Event) -> dict[str, Any]:
    """An event as a JSON object, its `type` first; secret outputs without their value."""
    from penstock.engine.codec import envelope
    from penstock.engine.redaction import event_without_secrets

    return envelope(event_without_secrets(event))


def without_time(line: str) -> str:
    """A log line without the time that the agent put before it."""
    stamp, separator, rest = line.partition(" ")
    return rest if separator and stamp.endswith("Z") and stamp[:2] == "20" else line


def is_frame(line: str) -> bool:
    """Whether a line of a step's log is the agent's, around what the step's program printed."""
    return line.startswith(_MARKS) or _HEADER.match(line) is not None


def _because(event: StepFinished | NodeFinished) -> str:
    return f"{event.result}: {event.message}" if event.message else str(event.result)


def _ml(job: str, node: str) -> str:
    return f"ml {job}/{node}" if node != job else f"ml {job}"
