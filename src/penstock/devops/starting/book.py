"""What happened and what was decided, as it is kept for whoever asks why something did not run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penstock.records import record


@record
class Happened:
    """Something that could start runs: `kind` is `push`, `schedule`, `completion` or
    `pullRequest`. `key` is its own; `old` and `new` are commits; `about` is a line for people."""

    id: int = 0
    key: str
    project: str
    repository: str
    kind: str
    ref: str
    old: str = ""
    new: str = ""
    who: str = ""
    about: str = ""
    at: float


@record
class Decided:
    """What became of one pipeline at an event: `outcome` is that of the decision, or `batched` for
    a push that was held back and has its run by now. `place` is the line of YAML that decided."""

    pipeline: int
    name: str
    outcome: str
    reason: str
    why: str
    place: str = ""
    run: int | None = None


@record
class Started:
    """A run that an event started, for whoever waits for the answer."""

    run: int
    pipeline: str


class TriggerBook(Protocol):
    """Keeps what happened and what was decided."""

    def is_decided(self, key: str) -> bool:
        """Whether an event of that key was decided about already."""

    def started(self, key: str) -> list[Started]:
        """The runs that an event of that key started."""

    def decide(self, happened: Happened, decisions: Sequence[Decided]) -> None:
        """Keep an event with its decisions, once."""

    def held(self, pipeline: int) -> list[Happened]:
        """The pushes that a run of the pipeline holds back, oldest first."""

    def release(self, pipeline: int, ref: str, run: int | None) -> None:
        """The pushes to a branch that were held back have their run now."""
