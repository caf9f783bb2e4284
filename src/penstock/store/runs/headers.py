"""The header of a run: what lists show of it, kept in line with its events.

The functions here are part of the journal's transactions: they write, and begin none.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from penstock.engine.events import (
    CancelRequested,
    Event,
    NodeFinished,
    NodeQueued,
    NodeStarted,
    RunChanged,
    RunFinished,
)
from penstock.engine.plan import Plan
from penstock.records import field_names, record


@record
class StageRow:
    """A stage as lists show it. `state` is `pending`, `running` or `finished`."""

    id: str
    name: str
    state: str = "pending"
    result: str | None = None


@record
class Run:
    """What lists show of a run. Times are seconds since 1970.

    `kind` is `pipeline` or `ml`; `name` that of the pipeline or ML job; `number` the run number.
    `state` is `queued`, `running`, `canceling` or `finished`; only a finished run has a `result`.
    `project` and `pipeline` (a number) are of runs that a server queued, else empty; `requested_by`
    and `requested_for` are an account's id and what it is called; `title` is one line about it (the
    commit's); `cause`, where there is one, is that of this run alone (`push:7:3`). `stages` is how
    its stages stand; `kept` that it is to be retained; `followed` that what its end starts was
    started. `extra` holds what else the header was created with.
    """

    id: int
    kind: str
    name: str = ""
    number: str = ""
    definition: str = ""
    branch: str = ""
    commit: str = ""
    reason: str = ""
    state: str = "queued"
    result: str | None = None
    created: float
    started: float | None = None
    finished: float | None = None
    owner: str = ""
    project: str = ""
    pipeline: int | None = None
    requested_by: str = ""
    requested_for: str = ""
    title: str = ""
    cause: str = ""
    stages: tuple[StageRow, ...] = ()
    kept: bool = False
    followed: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


_COLUMNS = tuple(f'"{name}"' for name in field_names(Run))
SELECT = f"SELECT {', '.join(_COLUMNS)} FROM runs"
_TEXTS = ("name", "number", "definition", "branch", "commit", "reason", "project")
SEARCHED = ("number", "title", "definition", "branch", '"commit"')
_REQUEST = ("requested_by", "requested_for", "title", "cause")
_HEADER = ("kind", "pipeline", *_TEXTS, *_REQUEST)
FILTERS = ("kind", *_TEXTS, "state", "result")


def header_of(run: str, plan: Plan, header: Mapping[str, str], owner: str, now: float) -> Run:
    """A new run of a plan, as lists will show it; see `Runs.create`."""
    texts: dict[str, Any] = {name: header.get(name, "") for name in (*_TEXTS, *_REQUEST)}
    pipeline = header.get("pipeline")
    return Run(
        **texts,
        id=int(run),
        kind=header.get("kind") or "pipeline",
        pipeline=int(pipeline) if pipeline else None,
        created=now,
        owner=owner,
        stages=tuple(
            StageRow(id=node.id, name=node.display_name or node.key)
            for node in plan.nodes
            if node.kind == "stage"
        ),
        extra={name: value for name, value in header.items() if name not in _HEADER},
    )


def insert(connection: sqlite3.Connection, run: Run) -> None:
    """Keep a new header. Raises `sqlite3.IntegrityError` where one is in its place."""
    values = [getattr(run, column.strip('"')) for column in _COLUMNS]
    values[-4:] = [
        _stages_text(run.stages),
        int(run.kept),
        int(run.followed),
        json.dumps(dict(run.extra), ensure_ascii=False),
    ]
    places = ", ".join("?" * len(_COLUMNS))
    connection.execute(f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({places})", values)
    if run.kind == "pipeline":
        _keep_text(connection, run.id)


def run_of(row: sqlite3.Row) -> Run:
    """A header from a row of all its columns."""
    values: dict[str, Any] = dict(row)
    values["stages"] = _stages(values["stages"])
    values["kept"] = bool(values["kept"])
    values["followed"] = bool(values["followed"])
    values["extra"] = json.loads(values["extra"])
    return Run(**values)


def forget(connection: sqlite3.Connection, condition: str, *values: object) -> list[int]:
    """Forget the runs that have ended and meet a condition; their numbers. Logs and artifacts are
    files."""
    gone = connection.execute(
        f"DELETE FROM runs WHERE state = 'finished' AND {condition} RETURNING id", values
    ).fetchall()
    connection.executemany("DELETE FROM run_texts WHERE rowid = ?", [(row["id"],) for row in gone])
    return [row["id"] for row in gone]


def tag(connection: sqlite3.Connection, run: int, tags: Iterable[str]) -> None:
    """Add tags; their case is that of the first time."""
    connection.executemany(
        "INSERT INTO run_tags (run, tag) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(run, one) for one in tags],
    )


def advance(connection: sqlite3.Connection, run: int, events: Sequence[Event]) -> None:
    """Bring the header in line with the events. An ended run stays ended."""
    _change_stages(connection, run, events)
    for event in events:
        match event:
            case NodeQueued() | NodeStarted():
                connection.execute(
                    "UPDATE runs SET state = 'running', started = ? WHERE id = ?"
                    " AND state = 'queued'",
                    (event.at, run),
                )
            case CancelRequested(node=None):
                connection.execute(
                    "UPDATE runs SET state = 'canceling' WHERE id = ? AND state <> 'finished'",
                    (run,),
                )
            case RunChanged(name="number"):
                connection.execute("UPDATE runs SET number = ? WHERE id = ?", (event.value, run))
                _keep_text(connection, run)
            case RunChanged(name="tag"):
                tag(connection, run, [event.value])
            case RunFinished():
                connection.execute(
                    "UPDATE runs SET state = 'finished', result = ?, finished = ? WHERE id = ?",
                    (str(event.result), event.at, run),
                )


def _change_stages(connection: sqlite3.Connection, run: int, events: Sequence[Event]) -> None:
    changed = [
        event
        for event in events
        if isinstance(event, NodeStarted | NodeFinished) and "/" not in event.node
    ]
    if not changed:
        return
    row = connection.execute("SELECT stages FROM runs WHERE id = ?", (run,)).fetchone()
    stages = {stage.id: stage for stage in _stages(row[0])}
    for event in changed:
        stage = stages.get(event.node)
        match event:
            case NodeStarted() if stage is not None and stage.state == "pending":
                stages[stage.id] = replace(stage, state="running")
            case NodeFinished() if stage is not None:
                stages[stage.id] = replace(stage, state="finished", result=str(event.result))
    connection.execute(
        "UPDATE runs SET stages = ? WHERE id = ?", (_stages_text(stages.values()), run)
    )


def _keep_text(connection: sqlite3.Connection, run: int) -> None:
    """What a search for a text looks into."""
    connection.execute("DELETE FROM run_texts WHERE rowid = ?", (run,))
    columns = " || char(10) || ".join(SEARCHED)
    connection.execute(
        f"INSERT INTO run_texts (rowid, text) SELECT id, {columns} FROM runs WHERE id = ?", (run,)
    )


def _stages(text: str) -> tuple[StageRow, ...]:
    return tuple(
        StageRow(id=id, name=name, state=state, result=result)
        for id, name, state, result in json.loads(text)
    )


def _stages_text(stages: Iterable[StageRow]) -> str:
    rows = [[stage.id, stage.name, stage.state, stage.result] for stage in stages]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
