"""Pull requests as data: a branch that asks to come into another one of the same repository."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from penstock.records import record
from penstock.store.git.merging import Strategy
from penstock.store.git.repository import HEADS
from penstock.store.hosting.pushes import Pusher

WRONG_STATE = "TF401181: The pull request cannot be edited due to its state."


class State(StrEnum):
    """Where a pull request stands, in the service's words."""

    ACTIVE = "active"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


class MergeStatus(StrEnum):
    """Whether the branches can be merged, in the service's words."""

    NOT_SET = "notSet"
    SUCCEEDED = "succeeded"
    CONFLICTS = "conflicts"


@record
class Reviewer:
    """Someone asked for an opinion. `vote` is 10 approved, 5 with suggestions, 0 none, -5 waits for
    the author, -10 rejected."""

    id: str
    name: str
    vote: int = 0
    is_required: bool = False


@record
class Iteration:
    """A state of the source branch that was pushed; iterations count from 1."""

    source: str
    target: str
    base: str
    at: float


@record
class Comment:
    """A comment of a thread; they count from 1. `parent` 0: it begins the thread."""

    author: Pusher
    content: str
    at: float
    parent: int = 0
    is_deleted: bool = False


@record
class Thread:
    """Comments about one thing; threads count from 1. `path` and `line` are where, if anywhere."""

    comments: tuple[Comment, ...]
    at: float
    status: str = "active"
    path: str = ""
    line: int = 0


@record
class Content:
    """All of a pull request that lists are not made by.

    `source` and `target` are the commits last merged, `merge` the commit of the merge; after
    completion the commit that the target moved to. `announced` is what listeners were last told,
    `completing` the commit that a completion under way moves the target to.
    """

    title: str
    description: str = ""
    is_draft: bool = False
    reviewers: tuple[Reviewer, ...] = ()
    iterations: tuple[Iteration, ...] = ()
    threads: tuple[Thread, ...] = ()
    source: str = ""
    target: str = ""
    merge: str = ""
    merge_status: MergeStatus = MergeStatus.NOT_SET
    conflicts: tuple[str, ...] = ()
    strategy: str = ""
    closed_by: Pusher | None = None
    announced: str = ""
    completing: str = ""


@record
class PullRequest:
    """A pull request. `repository` is an id, `source` and `target` are full names of branches."""

    id: int
    repository: str
    source: str
    target: str
    state: State
    author: Pusher
    created: float
    closed: float | None
    content: Content

    @property
    def merge_ref(self) -> str:
        """The ref of the merge of both branches."""
        return f"refs/pull/{self.id}/merge"


class PullRequestRefused(Exception):
    """the pull request cannot be made or changed so"""


class PullRequestMissing(Exception):
    """there is no such pull request"""


@record
class Proposal:
    """A pull request to be made."""

    source: str
    target: str
    title: str
    description: str = ""
    is_draft: bool = False
    reviewers: tuple[Reviewer, ...] = ()


@record
class Search:
    """Which pull requests are meant: those of `repositories` (ids), as far as they have what is not
    empty. `state` may be `all`; `author` is an account's id."""

    repositories: Sequence[str]
    state: str = "active"
    source: str = ""
    target: str = ""
    author: str = ""
    skip: int = 0
    top: int = 100


@record
class Completion:
    """How to complete one. `source` is the commit that the caller saw; empty: whichever it is."""

    by: Pusher
    strategy: Strategy = Strategy.MERGE
    message: str = ""
    delete_source: bool = False
    source: str = ""


def merge_message(found: PullRequest, strategy: Strategy = Strategy.MERGE) -> str:
    """What the commit of a merge says where nobody said otherwise."""
    source, target = (ref.removeprefix(HEADS) for ref in (found.source, found.target))
    if strategy is Strategy.SQUASH:
        return f"Merged PR {found.id}: {found.content.title}"
    return f"Merge pull request {found.id} from {source} into {target}"
