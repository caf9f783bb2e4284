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
            _refuse_second(connection, repository, proposal.source, proposal.target)
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
            return _changed(connection, _held(connection, id), content=edit)

    def close(self, id: int, state: State, edit: Callable[[Content], Content]) -> PullRequest:
        """Close an active one, and change its content, in one transaction. One that somebody
        abandons meanwhile can be completed too: what it brings is in the target already.

        Raises PullRequestRefused.
        """
        closable = (State.ACTIVE, *([State.ABANDONED] if state is State.COMPLETED else []))
        with self._database.transaction() as connection:
            found = _held(connection, id, *closable)
            return _changed(connection, found, content=edit, state=str(state), closed=self._clock())

    def reopen(self, id: int) -> PullRequest:
        """Make an abandoned one active again. Raises PullRequestRefused."""
        with self._database.transaction() as connection:
            found = _held(connection, id, State.ABANDONED)
            _refuse_second(connection, found.repository, found.source, found.target)
            return _changed(connection, found, state=str(State.ACTIVE), closed=None)

    def retarget(self, id: int, target: str) -> PullRequest:
        """Have an active one go to another branch. Raises PullRequestRefused."""
        with self._database.transaction() as connection:
            found = _held(connection, id, State.ACTIVE)
            _refuse_second(connection, found.repository, found.source, target)
            return _changed(connection, found, target=target)


def _held(connection: sqlite3.Connection, id: int, *states: State) -> PullRequest:
    """The one of that number, in one of the states (without any: in whichever)."""
    row = connection.execute("SELECT * FROM pull_requests WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise PullRequestMissing(f"there is no pull request {id}")
    found = _read(row)
    if states and found.state not in states:
        raise PullRequestRefused(WRONG_STATE)
    return found


def _changed(
    connection: sqlite3.Connection,
    found: PullRequest,
    content: Callable[[Content], Content] | None = None,
    **columns: object,
) -> PullRequest:
    if content is not None:
        columns["body"] = codec.to_json(content(found.content))
    names = ", ".join(f"{column} = ?" for column in columns)
    row = connection.execute(
        f"UPDATE pull_requests SET {names} WHERE id = ? RETURNING *", (*columns.values(), found.id)
    ).fetchone()
    return _read(row)


def _refuse_second(
    connection: sqlite3.Connection, repository: str, source: str, target: str
) -> None:
    """Raise PullRequestRefused where there is an active one of the two branches."""
    row = connection.execute(
        "SELECT 1 FROM pull_requests WHERE repository = ? AND source = ? AND target = ?"
        " AND state = 'active'",
        (repository, source, target),
    ).fetchone()
    if row is not None:
        raise PullRequestRefused(
            "TF401179: An active pull request for the source and target branch already exists."
        )


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
