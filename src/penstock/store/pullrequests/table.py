"""The table of pull requests: rows in and out, and changes that hold only in the right state."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from penstock.engine import codec
from penstock.store.database import Database
from penstock.store.hosting.pushes import Pusher
from penstock.store.pullrequests.records import (
    WRONG_STATE,
    Content,
    Proposal,
    PullRequest,
    PullRequestMissing,
    PullRequestRefused,
    Search,
    State,
)


class PullRequestTable:
    """Reads and writes rows. Every method may be called from any thread."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def get(self, id: int) -> PullRequest:
        """The pull request of that number. Raises PullRequestMissing."""
        rows = self._database.query("SELECT * FROM pull_requests WHERE id = ?", id)
        if not rows:
            raise PullRequestMissing(f"there is no pull request {id}")
        return _read(rows[0])

    def find(self, search: Search) -> list[PullRequest]:
        """The pull requests that a search means, newest first."""
        places = ", ".join("?" * len(search.repositories))
        filters = {
            "state": "" if search.state == "all" else search.state,
            "source": search.source,
            "target": search.target,
            "author": search.author,
        }
        named = {column: value for column, value in filters.items() if value}
        conditions = [f"repository IN ({places})", *(f"{column} = ?" for column in named)]
        rows = self._database.query(
            f"SELECT * FROM pull_requests WHERE {' AND '.join(conditions)}"
            " ORDER BY id DESC LIMIT ? OFFSET ?",
            *search.repositories,
            *named.values(),
            search.top,
            search.skip,
        )
        return [_read(row) for row in rows]

    def add(self, repository: str, proposal: Proposal, content: Content, by: Pusher) -> PullRequest:
        """Keep a new one of a repository (its id). Raises PullRequestRefused for a second active
        one of the same two branches."""
        with self._database.transaction() as connection:
            if _is_active(connection, repository, proposal.source, proposal.target):
                raise PullRequestRefused(
                    "TF401179: An active pull request for the source and target branch already"
                    " exists."
                )
            row = connection.execute(
                "INSERT INTO pull_requests (repository, source, target, state, author, author_name,"
                " created, closed, body) VALUES (?, ?, ?, 'active', ?, ?, ?, NULL, ?) RETURNING *",
                (
                    repository,
                    proposal.source,
                    proposal.target,
                    by.id,
                    by.name,
                    self._clock(),
                    codec.to_json(content),
                ),
            ).fetchone()
        return _read(row)

    def edit(self, id: int, edit: Callable[[Content], Content]) -> PullRequest:
        """Change the content as a function says, in one transaction. Raises PullRequestMissing."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT * FROM pull_requests WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise PullRequestMissing(f"there is no pull request {id}")
            content = edit(_read(row).content)
            connection.execute(
                "UPDATE pull_requests SET body = ? WHERE id = ?", (codec.to_json(content), id)
            )
        return self.get(id)

    def close(
        self, found: PullRequest, state: State, edit: Callable[[Content], Content]
    ) -> PullRequest:
        """Close an active one, and change its content. Raises PullRequestRefused."""
        _check_active(found)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pull_requests SET state = ?, closed = ? WHERE id = ? AND state = 'active'",
                (str(state), self._clock(), found.id),
            )
        return self.edit(found.id, edit)

    def reopen(self, found: PullRequest) -> PullRequest:
        """Make an abandoned one active again. Raises PullRequestRefused."""
        with self._database.transaction() as connection:
            if _is_active(connection, found.repository, found.source, found.target):
                raise PullRequestRefused("an active pull request of the two branches is there")
            connection.execute(
                "UPDATE pull_requests SET state = 'active', closed = NULL WHERE id = ?", (found.id,)
            )
        return self.get(found.id)

    def retarget(self, found: PullRequest, target: str) -> None:
        """Have an active one go to another branch. Raises PullRequestRefused."""
        _check_active(found)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pull_requests SET target = ? WHERE id = ?", (target, found.id)
            )


def _check_active(found: PullRequest) -> None:
    if found.state is not State.ACTIVE:
        raise PullRequestRefused(WRONG_STATE)


def _is_active(connection: sqlite3.Connection, repository: str, source: str, target: str) -> bool:
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
