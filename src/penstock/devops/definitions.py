"""Pipeline definitions: which YAML file of which repository is a pipeline, and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from penstock.records import record

ROOT_FOLDER = "\\"


class QueueStatus(StrEnum):
    """Whether new runs are started: a paused or disabled pipeline takes none."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


@record
class QueueVariable:
    """A variable of the pipeline itself; `settable` means whoever queues a run may change it."""

    name: str
    value: str
    settable: bool = False


@record
class Settings:
    """What is set of a pipeline outside of its YAML. `badge` lets anyone see its status badge."""

    variables: tuple[QueueVariable, ...] = ()
    queue_status: QueueStatus = QueueStatus.ENABLED
    badge: bool = False
    description: str = ""
    tags: tuple[str, ...] = ()


@record
class Definition:
    """A pipeline. `project`, `repository` and `author` are ids; `folder` is `\\` or `\\a\\b`;
    `path` runs from the root of the repository; `branch` is a full ref, empty for the repository's
    own default. Times are seconds since 1970."""

    id: int
    project: str
    name: str
    repository: str
    path: str
    folder: str = ROOT_FOLDER
    branch: str = ""
    settings: Settings = field(default_factory=Settings)
    revision: int = 1
    author: str = ""
    created: float = 0.0
    updated: float = 0.0


class NameTaken(Exception):
    """a pipeline of that name is in that folder already"""


class DefinitionMoved(Exception):
    """the pipeline was changed by someone else meanwhile; the message says its revision"""


class RunsRetained(Exception):
    """a run of the pipeline is to be kept"""


class Definitions(Protocol):
    """Keeps the definitions of all projects."""

    def create(self, definition: Definition) -> Definition:
        """Keep a new one; its number and times are given here. Raises NameTaken."""

    def update(self, definition: Definition) -> Definition:
        """Keep a changed one of the newest revision, which is one higher then. Raises NameTaken,
        DefinitionMoved, KeyError."""

    def get(self, id: int) -> Definition | None:
        """One, by its number."""

    def list(self, project: str = "", repository: str = "") -> list[Definition]:
        """Those of a project, or of a repository, by folder and name."""

    def delete(self, id: int) -> Sequence[int]:
        """Forget one with its runs; the numbers of these, which also have files. Raises
        RunsRetained."""


def normal_folder(folder: str) -> str:
    """A folder as definitions have it: `\\a\\b`, whatever slashes it was written with."""
    parts = [part for part in folder.replace("/", "\\").split("\\") if part.strip()]
    return ROOT_FOLDER + ROOT_FOLDER.join(parts)
