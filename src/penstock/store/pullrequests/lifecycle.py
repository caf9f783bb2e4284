"""How pull requests live: proposed, merged again with every push, completed or abandoned.

Each active one has a merge of both branches, kept up to date under `refs/pull/N/merge`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from penstock.store.database import Database
from penstock.store.git.merging import Conflicts, Merge, Strategy, merge
from penstock.store.git.names import ZERO
from penstock.store.git.records import Signature
from penstock.store.git.repository import HEADS, BareRepository
from penstock.store.git.writing import RefMoved, move_refs
from penstock.store.hosting.pushes import Pusher, Pushes, PushRecord, RefUpdate, RepositoryFailed
from penstock.store.hosting.repositories import Repositories, Repository
from penstock.store.pullrequests.records import (
    WRONG_STATE,
    Completion,
    Content,
    Iteration,
    MergeStatus,
    Proposal,
    PullRequest,
    PullRequestRefused,
    Search,
    State,
    merge_message,
)
from penstock.store.pullrequests.table import PullRequestTable

_ATTEMPTS = 3
_LONGEST_TITLE = 400

Listener = Callable[[PullRequest], None]
"""Told of a pull request that was made, whose source moved, or that was closed."""


class PullRequests:
    """Keeps pull requests. Every method may be called from any thread.

    `on_failure` is told of what a listener raised; without it that is raised to the caller. Whoever
    puts a server together subscribes `on_push` to the pushes, and calls `recover` at the start.
    """

    def __init__(
        self,
        database: Database,
        repositories: Repositories,
        pushes: Pushes,
        clock: Callable[[], float] = time.time,
        on_failure: Callable[[PullRequest, Exception], None] | None = None,
    ) -> None:
        self._table = PullRequestTable(database, clock)
        self._repositories = repositories
        self._pushes = pushes
        self._clock = clock
        self._on_failure = on_failure
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
        return self._table.get(id)

    def find(self, search: Search) -> list[PullRequest]:
        """The pull requests that a search means, newest first."""
        return self._table.find(search)

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
        made = self._table.add(repository.id, proposal, content, author)
        return self._announced(self.refresh(made))

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
        if title is not None:
            _checked_title(title)
        if target is not None and target != found.target:
            self._check_branches(self._repository(found), found.source, target)
            self._table.retarget(id, target)
        given = {"title": title, "description": description, "is_draft": is_draft}
        named = {name: value for name, value in given.items() if value is not None}
        changed = self.edit(id, lambda content: replace(content, **named))  # type: ignore[arg-type]
        return self._announced(self.refresh(changed))

    def edit(self, id: int, edit: Callable[[Content], Content]) -> PullRequest:
        """Change the content as a function says, in one transaction. Raises PullRequestMissing."""
        return self._table.edit(id, edit)

    def abandon(self, id: int, by: Pusher) -> PullRequest:
        """Close a pull request without its changes. Raises PullRequestRefused."""
        return self._announced(
            self._table.close(id, State.ABANDONED, lambda c: replace(c, closed_by=by))
        )

    def reactivate(self, id: int) -> PullRequest:
        """Open an abandoned pull request again. Raises PullRequestRefused."""
        found = self.get(id)
        if found.state is not State.ABANDONED:
            raise PullRequestRefused(WRONG_STATE)
        self._check_branches(self._repository(found), found.source, found.target)
        return self._announced(self.refresh(self._table.reopen(id)))

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
        closed = self._table.close(found.id, State.COMPLETED, _merged_to(made, how.by))
        if push is not None:
            self._pushes.announce(push)
        return self._announced(closed)

    # Keeping the merge up to date

    def on_push(self, push: PushRecord) -> list[str]:
        """After a push: merge again where a branch of an active pull request moved."""
        refs = {update.ref for update in push.updates}
        lines = []
        for found in self.find(Search(repositories=[push.repository], top=1000)):
            if refs & {found.source, found.target}:
                self._announced(self.refresh(found))
                if found.source in refs:
                    lines.append(f"Pull request {found.id} has what was pushed")
        return lines

    def recover(self, failed: RepositoryFailed | None = None) -> None:
        """At the start of a server: catch up with what moved unseen, and tell of it. `failed` is
        told of a repository that cannot be read, as by `Pushes.recover`."""
        for repository in self._repositories.list():
            try:
                self._recover(repository)
            except Exception as error:
                if failed is None:
                    raise
                failed(repository, error)

    def _recover(self, repository: Repository) -> None:
        git = self._repositories.git(repository)
        for found in self.find(Search(repositories=[repository.id], top=1000)):
            made, target = found.content.completing, git.ref(found.target)
            if made and target and git.is_ancestor(made, target):
                merged = _merged_to(made, found.content.closed_by)
                found = self._table.close(found.id, State.COMPLETED, merged)
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
        if (seen.source, seen.target) == (
            source,
            target,
        ) and seen.merge_status is not MergeStatus.NOT_SET:
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
            raise PullRequestRefused(WRONG_STATE)
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


def email_of(who: Pusher) -> str:
    """The address under which someone's commits made here stand."""
    name = who.name or "penstock"
    return name if "@" in name else f"{name.replace(' ', '.').lower()}@penstock.local"


def _merged_to(commit: str, by: Pusher | None) -> Callable[[Content], Content]:
    return lambda content: replace(content, merge=commit, closed_by=by)


def _checked_title(title: str) -> str:
    if not title.strip() or len(title) > _LONGEST_TITLE:
        raise PullRequestRefused(
            f"a pull request needs a title of at most {_LONGEST_TITLE} characters"
        )
    return title
