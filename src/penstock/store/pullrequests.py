"""Pull requests: a branch that asks to come into another one of the same repository.

Each active one has a merge of both branches, kept up to date under `refs/pull/N/merge`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from penstock.engine import codec
from penstock.store.database import Database
from penstock.store.git.merging import Conflicts, Merge, Strategy, merge
from penstock.store.git.names import ZERO
from penstock.store.git.records import Signature
from penstock.store.git.repository import HEADS, BareRepository
from penstock.store.git.writing import RefMoved, move_refs
from penstock.store.pushes import Pusher, Pushes, PushRecord, RefUpdate
from penstock.store.repositories import Repositories, Repository

_ATTEMPTS = 3


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Someone asked for an opinion. `vote` is 10 approved, 5 with suggestions, 0 none, -5 waits for
    the author, -10 rejected."""

    id: str
    name: str
    vote: int = 0
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """A state of the source branch that was pushed; iterations count from 1."""

    source: str
    target: str
    base: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment of a thread; they count from 1. `parent` 0: it begins the thread."""

    author: Pusher
    content: str
    at: float
    parent: int = 0
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Comments about one thing; threads count from 1. `path` and `line` are where, if anywhere."""

    comments: tuple[Comment, ...]
    at: float
    status: str = "active"
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pull request to be made."""

    source: str
    target: str
    title: str
    description: str = ""
    is_draft: bool = False
    reviewers: tuple[Reviewer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How to complete one. `source` is the commit that the caller saw; empty: whichever it is."""

    by: Pusher
    strategy: Strategy = Strategy.MERGE
    message: str = ""
    delete_source: bool = False
    source: str = ""


Listener = Callable[[PullRequest], None]
"""Told of a pull request that was made, whose source moved, or that was closed."""


class PullRequests:
    """Keeps pull requests. Every method may be called from any thread.

    Whoever puts a server together subscribes `on_push` to the pushes, and calls `recover` at the
    start.
    """

    def __init__(
        self,
        database: Database,
        repositories: Repositories,
        pushes: Pushes,
        clock: Callable[[], float] = time.time,
        on_failure: Callable[[PullRequest, Exception], None] | None = None,
    ) -> None:
        self._on_failure = on_failure
        self._database = database
        self._repositories = repositories
        self._pushes = pushes
        self._clock = clock
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """From now on, tell the listener. It may be told twice of the same after a crash."""
        self._listeners.append(listener)

    def now(self) -> float:
        """The time, as this store keeps it."""
        return self._clock()

    # Reading

    def get(self, id: int) -> PullRequest:
        """The pull request of that number. Raises PullRequestMissing."""
        rows = self._database.query("SELECT * FROM pull_requests WHERE id = ?", id)
        if not rows:
            raise PullRequestMissing(f"there is no pull request {id}")
        return _read(rows[0])

    def find(
        self,
        repositories: Iterable[str],
        *,
        state: str = "active",
        source: str = "",
        target: str = "",
        author: str = "",
        skip: int = 0,
        top: int = 100,
    ) -> list[PullRequest]:
        """The pull requests of repositories (ids), newest first; `state` may be `all`."""
        wanted = list(repositories)
        places = ", ".join("?" * len(wanted))
        conditions = [f"repository IN ({places})"]
        filters = {"state": "" if state == "all" else state, "source": source, "target": target}
        filters["author"] = author
        named = {column: value for column, value in filters.items() if value}
        conditions += [f"{column} = ?" for column in named]
        rows = self._database.query(
            f"SELECT * FROM pull_requests WHERE {' AND '.join(conditions)}"
            " ORDER BY id DESC LIMIT ? OFFSET ?",
            *wanted,
            *named.values(),
            top,
            skip,
        )
        return [_read(row) for row in rows]

    # Changing

    def create(self, repository: Repository, proposal: Proposal, author: Pusher) -> PullRequest:
        """Make a pull request. Raises PullRequestRefused."""
        self._check_branches(repository, proposal.source, proposal.target)
        content = Content(
            title=_checked_title(proposal.title),
            description=proposal.description,
            is_draft=proposal.is_draft,
            reviewers=proposal.reviewers,
        )
        with self._database.transaction() as connection:
            if _active(connection, repository.id, proposal.source, proposal.target):
                raise PullRequestRefused(
                    "TF401179: An active pull request for the source and target branch already"
                    " exists."
                )
            row = connection.execute(
                "INSERT INTO pull_requests (repository, source, target, state, author, author_name,"
                " created, closed, body) VALUES (?, ?, ?, 'active', ?, ?, ?, NULL, ?) RETURNING *",
                (
                    repository.id,
                    proposal.source,
                    proposal.target,
                    author.id,
                    author.name,
                    self._clock(),
                    codec.to_json(content),
                ),
            ).fetchone()
        return self._announced(self.refresh(_read(row)))

    def change(
        self,
        id: int,
        *,
        title: str | None = None,
        description: str | None = None,
        is_draft: bool | None = None,
        target: str | None = None,
    ) -> PullRequest:
        """Change what a pull request says or where it goes. Raises PullRequestRefused."""
        found = self.get(id)
        if target is not None and target != found.target:
            self._check_branches(self._repository(found), found.source, target)
            self._retarget(found, target)
        given = {"title": title, "description": description, "is_draft": is_draft}
        if title is not None:
            _checked_title(title)
        named = {name: value for name, value in given.items() if value is not None}
        changed = self.edit(id, lambda content: replace(content, **named))  # type: ignore[arg-type]
        return self._announced(self.refresh(changed))

    def edit(self, id: int, edit: Callable[[Content], Content]) -> PullRequest:
        """Change the content of a pull request as a function says, in one transaction."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT * FROM pull_requests WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise PullRequestMissing(f"there is no pull request {id}")
            content = edit(_read(row).content)
            connection.execute(
                "UPDATE pull_requests SET body = ? WHERE id = ?", (codec.to_json(content), id)
            )
        return self.get(id)

    def abandon(self, id: int, by: Pusher) -> PullRequest:
        """Close a pull request without its changes. Raises PullRequestRefused."""
        self._close(self.get(id), State.ABANDONED, _closed_by(by))
        return self._announced(self.get(id))

    def reactivate(self, id: int) -> PullRequest:
        """Open an abandoned pull request again. Raises PullRequestRefused."""
        found = self.get(id)
        if found.state is not State.ABANDONED:
            raise PullRequestRefused(_WRONG_STATE)
        self._check_branches(self._repository(found), found.source, found.target)
        with self._database.transaction() as connection:
            if _active(connection, found.repository, found.source, found.target):
                raise PullRequestRefused("an active pull request of the two branches is there")
            connection.execute(
                "UPDATE pull_requests SET state = 'active', closed = NULL WHERE id = ?", (id,)
            )
        return self._announced(self.refresh(self.get(id)))

    def complete(self, id: int, how: Completion) -> PullRequest:
        """Bring the source into the target. Raises PullRequestRefused, Conflicts, CannotRebase."""
        for attempt in range(_ATTEMPTS):
            found = self.refresh(self.get(id))
            self._check_completable(found, how)
            try:
                push, made = self._moved(found, how)
                break
            except RefMoved:
                if attempt == _ATTEMPTS - 1:
                    raise
        self._close(found, State.COMPLETED, _merged_to(made))
        if push is not None:
            self._pushes.announce(push)
        return self._announced(self.get(id))

    # Keeping the merge up to date

    def on_push(self, push: PushRecord) -> list[str]:
        """After a push: merge again where a branch of an active pull request moved."""
        refs = {update.ref for update in push.updates}
        lines = []
        for found in self.find([push.repository], top=1000):
            if refs & {found.source, found.target}:
                self._announced(self.refresh(found))
                if found.source in refs:
                    lines.append(f"Pull request {found.id} has what was pushed")
        return lines

    def recover(self) -> None:
        """At the start of a server: catch up with what moved unseen, and tell of it."""
        for repository in self._repositories.list():
            git = self._repositories.git(repository)
            for found in self.find([repository.id], top=1000):
                made, target = found.content.completing, git.ref(found.target)
                if made and target and git.is_ancestor(made, target):
                    self._close(found, State.COMPLETED, _merged_to(made))
                    found = self.get(found.id)
                self._announced(self.refresh(found))

    def refresh(self, found: PullRequest) -> PullRequest:
        """Merge the branches of an active pull request again, if one of them moved."""
        if found.state is not State.ACTIVE:
            return found
        repository = self._repository(found)
        git = self._repositories.git(repository)
        source, target = git.ref(found.source), git.ref(found.target)
        if source is None or target is None:
            return found
        seen = found.content
        if (seen.source, seen.target) == (source, target) and seen.merge_status != "notSet":
            return found
        made, conflicts = self._merged(found, git, source, target)
        if made:
            with self._pushes.turn(repository):
                move_refs(git, [(found.merge_ref, git.ref(found.merge_ref) or ZERO, made)])
        iteration = Iteration(
            source=source,
            target=target,
            base=git.merge_base(source, target) or "",
            at=self._clock(),
        )

        def updated(content: Content) -> Content:
            moved = content.source != source
            return replace(
                content,
                source=source,
                target=target,
                merge=made or content.merge,
                merge_status=MergeStatus.SUCCEEDED if made else MergeStatus.CONFLICTS,
                conflicts=conflicts,
                iterations=(*content.iterations, iteration) if moved else content.iterations,
            )

        return self.edit(found.id, updated)

    def _merged(
        self, found: PullRequest, git: BareRepository, source: str, target: str
    ) -> tuple[str, tuple[str, ...]]:
        """The merge of the two commits, or the paths in conflict."""
        message = merge_message(found)
        try:
            return merge(
                git, self._merge(message, found.author, source, target), Strategy.MERGE
            ), ()
        except Conflicts as conflicts:
            return "", conflicts.paths

    def _merge(self, message: str, by: Pusher, source: str, target: str) -> Merge:
        who = Signature(name=by.name or "penstock", email=email_of(by), at=self._clock())
        return Merge(target=target, source=source, message=message, author=who, committer=who)

    # Completing

    def _check_completable(self, found: PullRequest, how: Completion) -> None:
        content = found.content
        if found.state is not State.ACTIVE:
            raise PullRequestRefused(_WRONG_STATE)
        if content.is_draft:
            raise PullRequestRefused("a draft cannot be completed; publish it first")
        if how.source and how.source != content.source:
            raise PullRequestRefused(
                "TF401192: The source branch has been modified since the last merge attempt."
            )
        if any(reviewer.vote == -10 for reviewer in content.reviewers):
            raise PullRequestRefused("a reviewer has rejected it")

    def _moved(self, found: PullRequest, how: Completion) -> tuple[PushRecord | None, str]:
        """Move the target, and remove the source where wanted: the push, and the new commit."""
        content, repository = found.content, self._repository(found)
        git = self._repositories.git(repository)
        message = how.message or merge_message(found, how.strategy)
        asked = self._merge(message, how.by, content.source, content.target)
        made = merge(git, asked, how.strategy)
        noted = {"completing": made, "closed_by": how.by, "strategy": str(how.strategy)}
        self.edit(found.id, lambda content: replace(content, **noted))  # type: ignore[arg-type]
        updates = [RefUpdate(ref=found.target, old=content.target, new=made)]
        if how.delete_source and found.source != git.default_branch():
            updates.append(RefUpdate(ref=found.source, old=content.source, new=ZERO))
        return self._pushes.move(repository, how.by, updates), made

    def _close(self, found: PullRequest, state: State, edit: Callable[[Content], Content]) -> None:
        if found.state is not State.ACTIVE:
            raise PullRequestRefused(_WRONG_STATE)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pull_requests SET state = ?, closed = ? WHERE id = ? AND state = 'active'",
                (str(state), self._clock(), found.id),
            )
        self.edit(found.id, edit)

    def _retarget(self, found: PullRequest, target: str) -> None:
        if found.state is not State.ACTIVE:
            raise PullRequestRefused(_WRONG_STATE)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pull_requests SET target = ? WHERE id = ?", (target, found.id)
            )

    def _announced(self, found: PullRequest) -> PullRequest:
        """Tell the listeners of what they have not been told of yet."""
        draft = ":draft" if found.content.is_draft else ""
        news = f"{found.state}:{found.content.source}{draft}"
        if found.content.announced == news:
            return found
        try:
            for listener in self._listeners:
                listener(found)
        except Exception as error:
            # It is told again when a branch moves next, or at the next start.
            if self._on_failure is None:
                raise
            self._on_failure(found, error)
            return found
        return self.edit(found.id, lambda content: replace(content, announced=news))

    def _check_branches(self, repository: Repository, source: str, target: str) -> None:
        if source == target:
            raise PullRequestRefused("the source and the target branch must differ")
        git = self._repositories.git(repository)
        for branch in (source, target):
            if not branch.startswith(HEADS) or git.ref(branch) is None:
                raise PullRequestRefused(f'there is no branch "{branch[:200]}"')

    def _repository(self, found: PullRequest) -> Repository:
        return self._repositories.get(found.repository)


_WRONG_STATE = "TF401181: The pull request cannot be edited due to its state."


def merge_message(found: PullRequest, strategy: Strategy = Strategy.MERGE) -> str:
    """What the commit of a merge says where nobody said otherwise."""
    source, target = (ref.removeprefix(HEADS) for ref in (found.source, found.target))
    if strategy is Strategy.SQUASH:
        return f"Merged PR {found.id}: {found.content.title}"
    return f"Merge pull request {found.id} from {source} into {target}"


def email_of(who: Pusher) -> str:
    """The address under which someone's commits made here stand."""
    name = who.name or "penstock"
    return name if "@" in name else f"{name.replace(' ', '.').lower()}@penstock.local"


def _closed_by(by: Pusher) -> Callable[[Content], Content]:
    return lambda content: replace(content, closed_by=by)


def _merged_to(commit: str) -> Callable[[Content], Content]:
    return lambda content: replace(content, merge=commit)


def _checked_title(title: str) -> str:
    if not title.strip() or len(title) > 400:
        raise PullRequestRefused("a pull request needs a title of at most 400 characters")
    return title


def _active(connection: sqlite3.Connection, repository: str, source: str, target: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pull_requests WHERE repository = ? AND source = ? AND target = ?"
        " AND state = 'active'",
        (repository, source, target),
    ).fetchone()
    return row is not None


def _read(row: Mapping[str, object] | sqlite3.Row) -> PullRequest:
    fields = dict(row)
    content: Content = codec.from_json(Content, str(fields["body"]))
    return PullRequest(
        id=int(str(fields["id"])),
        repository=str(fields["repository"]),
        source=str(fields["source"]),
        target=str(fields["target"]),
        state=State(str(fields["state"])),
        author=Pusher(id=str(fields["author"]), name=str(fields["author_name"])),
        created=float(str(fields["created"])),
        closed=None if fields["closed"] is None else float(str(fields["closed"])),
        content=content,
    )
