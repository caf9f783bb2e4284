"""Lists of runs: by project, pipeline, branch, state and the rest, newest first, a page at a time.

Every combination answers from an index or from one pass over a project's headers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from penstock.records import record
from penstock.store.database import Database
from penstock.store.runs.headers import SEARCHED, SELECT, Run, run_of

_RECENT = 3000
_SHORTEST = 3
_HAS_TEXT = "id IN (SELECT rowid FROM run_texts WHERE run_texts MATCH ?)"


@record
class RunQuery:
    """Which pipeline runs. Empty fields ask for nothing; several values of one are alternatives.

    `states` and `results` are those of `Run`; `text` is looked for in number, title, pipeline,
    branch and commit, case ignored; all `tags` must be there. `before` is the id of the last run
    of the page before, `after` that of an ascending page (`oldest_first`). `since` and `until`
    bound the time of queueing.
    """

    project: str = ""
    pipelines: tuple[int, ...] = ()
    branch: str = ""
    states: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    requested_by: str = ""
    requested_for: str = ""
    reasons: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    number: str = ""
    text: str = ""
    ids: tuple[int, ...] = ()
    since: float | None = None
    until: float | None = None
    before: int | None = None
    after: int | None = None
    oldest_first: bool = False
    top: int = 50


class RunLists:
    """Answers lists. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: RunQuery) -> list[Run]:
        """The runs that match, newest first (or oldest first where asked)."""
        if query.text and not query.oldest_first and query.after is None:
            # A text that many runs have is found among the newest; one that few have by its index.
            last = self._database.query("SELECT max(id) AS last FROM runs")[0]["last"] or 0
            recent = replace(query, after=min(query.before or last, last) - _RECENT)
            found = self._found(recent, is_narrow=True)
            if len(found) == query.top:
                return found
        return self._found(query)

    def _found(self, query: RunQuery, *, is_narrow: bool = False) -> list[Run]:
        conditions, parameters = _conditions(query, is_narrow)
        order = "ASC" if query.oldest_first else "DESC"
        rows = self._database.query(
            f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ?",
            *parameters,
            query.top,
        )
        return [run_of(row) for row in rows]

    def newest(self, pipelines: Sequence[int], count: int) -> dict[int, list[Run]]:
        """The last runs of each of the pipelines, newest first."""
        found: dict[int, list[Run]] = {}
        for pipeline in pipelines:
            rows = self._database.query(
                f"{SELECT} WHERE pipeline = ? ORDER BY id DESC LIMIT ?", pipeline, count
            )
            found[pipeline] = [run_of(row) for row in rows]
        return found

    def tags(self, runs: Iterable[int]) -> dict[int, list[str]]:
        """The tags of each of the runs that has some."""
        found: dict[int, list[str]] = {}
        wanted = list(runs)
        places = ", ".join("?" * len(wanted))
        for row in self._database.query(
            f"SELECT run, tag FROM run_tags WHERE run IN ({places}) ORDER BY run, tag", *wanted
        ):
            found.setdefault(row["run"], []).append(row["tag"])
        return found

    def project_tags(self, project: str) -> list[str]:
        """Every tag that a run of the project has."""
        rows = self._database.query(
            "SELECT DISTINCT tag FROM run_tags JOIN runs ON runs.id = run WHERE project = ?"
            " ORDER BY tag",
            project,
        )
        return [row["tag"] for row in rows]

    def has_homeless(self) -> bool:
        """Whether `penstock run` made runs that are in no project yet."""
        found = self._database.query(
            "SELECT 1 FROM runs WHERE project = '' AND kind = 'pipeline' LIMIT 1"
        )
        return bool(found)

    def adopt(self, project: str) -> int:
        """Put the runs that are in no project into this one; how many there were."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE runs SET project = ? WHERE project = '' AND kind = 'pipeline'", (project,)
            )
            return done.rowcount


@record(kw_only=False, frozen=False)
class _Where:
    """Conditions in the making. Only `indexed` columns may be looked up by an index of their own:
    a plus before the others keeps theirs out of use."""

    conditions: list[str]
    parameters: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """All of the conditions hold."""
        self.conditions.append(condition)
        self.parameters.extend(values)

    def equal(self, column: str, value: object, *, indexed: bool) -> None:
        """The column has the value, where there is one."""
        if value:
            self.add(f"{'' if indexed else '+'}{column} = ?", value)

    def one_of(self, column: str, values: Sequence[object], *, indexed: bool) -> None:
        """The column has one of the values, where there are some."""
        if len(values) == 1:
            self.add(f"{'' if indexed else '+'}{column} = ?", values[0])
        elif values:
            self.add(f"+{column} IN ({', '.join('?' * len(values))})", *values)


def _conditions(query: RunQuery, is_narrow: bool) -> tuple[list[str], list[object]]:
    where = _Where(["+kind = 'pipeline'"])
    # Few runs go on, and those have an index of their own.
    is_open = bool(query.states) and "finished" not in query.states
    if is_open:
        where.add("state <> 'finished'")
    by_text = not is_narrow and len(query.text) >= _SHORTEST
    by_number = len(query.number) >= _SHORTEST
    # With a pipeline, a tag or a text given, their own indexes are the narrower ones.
    others = is_open or by_text or by_number or query.pipelines or query.tags
    where.equal("project", query.project, indexed=not others)
    where.one_of("pipeline", query.pipelines, indexed=not is_open)
    where.one_of("result", query.results, indexed=not is_open)
    where.one_of("reason", query.reasons, indexed=not is_open)
    where.one_of("state", query.states, indexed=False)
    for column in ("branch", "requested_by", "requested_for", "number"):
        where.equal(column, getattr(query, column), indexed=not is_open)
    if query.ids:
        where.add(f"id IN ({', '.join('?' * len(query.ids))})", *query.ids)
    for tag in query.tags:
        where.add("id IN (SELECT run FROM run_tags WHERE tag = ?)", tag)
    if by_number:
        where.add(_HAS_TEXT, _phrase(query.number))
    if by_text:
        where.add(_HAS_TEXT, _phrase(query.text))
    elif query.text:
        like = f"%{_escaped(query.text)}%"
        any_of = " OR ".join(f"{column} LIKE ? ESCAPE '~'" for column in SEARCHED)
        where.add(f"({any_of})", *(like for _ in SEARCHED))
    _add_bounds(where, query)
    return where.conditions, where.parameters


def _add_bounds(where: _Where, query: RunQuery) -> None:
    for condition, value in (
        ("created >= ?", query.since),
        ("created <= ?", query.until),
        ("id < ?", query.before),
        ("id > ?", query.after),
    ):
        if value is not None:
            where.add(condition, value)


def _phrase(text: str) -> str:
    """The text as the index of texts is asked for it."""
    quoted = text.replace('"', '""')
    return f'"{quoted}"'


def _escaped(text: str) -> str:
    return text.replace("~", "~~").replace("%", "~%").replace("_", "~_")
