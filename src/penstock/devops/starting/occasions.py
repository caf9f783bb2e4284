"""What may start runs: pushes, pull requests, the ends of other runs."""

from __future__ import annotations

from penstock.devops.queueing.requests import Person
from penstock.records import record


@record
class Moved:
    """A branch or tag that a push moved: full ref, old and new commit (zeros for none)."""

    ref: str
    old: str
    new: str


@record
class Pushed:
    """An accepted push. `repository` and `project` are ids."""

    id: int
    project: str
    repository: str
    by: Person
    at: float
    moves: tuple[Moved, ...]


@record
class Proposed:
    """A pull request that was opened, or whose source moved. `repository` and `project` are ids,
    `source` and `target` full refs; `head` is the commit of the source, `base` where it left the
    target, `merge` the commit of both merged, which runs."""

    number: int
    project: str
    repository: str
    source: str
    target: str
    head: str
    base: str
    merge: str
    title: str
    is_draft: bool
    by: Person
    at: float


@record
class Ended:
    """A run that ended: ids of run and pipeline, what the run is called, full ref, the service's
    words for results."""

    run: int
    number: str = ""
    pipeline: int
    ref: str
    commit: str
    result: str
    tags: tuple[str, ...]
    stages: tuple[tuple[str, str], ...]
    by: Person
    at: float
