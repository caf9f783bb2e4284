"""A search of runs as one SQL statement. Every name and value of the search is a parameter."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ml.tracking_search import Condition, Kind, Order
from penstock.ml.tracking_store import RunSearch
from penstock.store.database import number_of

_ATTRIBUTES = {
    "run_id": "runs.run_id",
    "run_name": "runs.name",
    "status": "runs.status",
    "user_id": "runs.user",
    "experiment_id": "CAST(runs.experiment AS TEXT)",
    "start_time": "runs.started",
    "end_time": "runs.ended",
}
_TABLES = {Kind.METRIC: "latest_metrics", Kind.PARAM: "params", Kind.TAG: "tags"}
_DATASET = {
    "name": "json_extract(body, '$.dataset.name')",
    "digest": "json_extract(body, '$.dataset.digest')",
    "context": (
        "(SELECT json_extract(tag.value, '$.value') FROM json_each(body, '$.tags') AS tag"
        " WHERE json_extract(tag.value, '$.key') = 'mlflow.data.context')"
    ),
}
_OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def runs_query(columns: str, scope: str, search: RunSearch) -> tuple[str, list[object]]:
    """The statement and its parameters; `columns` are those of `runs` to select."""
    experiments = [number_of(id) for id in search.experiments]
    parameters: list[object] = []
    joins, order = _order(search.orders, parameters)
    where = [
        "runs.workspace = ?",
        f"runs.experiment IN ({_places(experiments)})",
        f"runs.stage IN ({_places(search.stages)})",
    ]
    parameters += [scope, *experiments, *search.stages]
    where += [_condition(condition, parameters) for condition in search.conditions]
    selected = ", ".join(f"runs.{column.strip()}" for column in columns.split(","))
    sql = (
        f"SELECT {selected} FROM runs {joins} WHERE {' AND '.join(where)}"
        f" ORDER BY {order} LIMIT ? OFFSET ?"
    )
    return sql, [*parameters, search.limit, search.offset]


def _condition(condition: Condition, parameters: list[object]) -> str:
    if condition.kind is Kind.ATTRIBUTE:
        return _comparison(_ATTRIBUTES[condition.key], condition, parameters)
    if condition.kind is Kind.DATASET:
        compared = _comparison(_DATASET.get(condition.key, "NULL"), condition, parameters)
        found = f"SELECT 1 FROM run_links WHERE run = runs.id AND kind = 'dataset' AND {compared}"
        return f"EXISTS ({found})"
    parameters.append(condition.key)
    table = _TABLES[condition.kind]
    found = f"SELECT 1 FROM {table} AS t WHERE t.run = runs.id AND t.name = ?"
    if condition.operator == "IS NULL":
        return f"NOT EXISTS ({found})"
    if condition.kind is Kind.METRIC:
        found += " AND t.nan = 0"
    return f"EXISTS ({found} AND {_comparison('t.value', condition, parameters)})"


def _comparison(column: str, condition: Condition, parameters: list[object]) -> str:
    """One comparison; the operators come from a closed set, never from a client's text."""
    operator, value = condition.operator, condition.value
    if operator in ("IS NULL", "IS NOT NULL"):
        return f"{column} {operator}"
    if isinstance(value, tuple):
        parameters += value
        return f"{column} {'NOT IN' if operator == 'NOT IN' else 'IN'} ({_places(value)})"
    if operator == "LIKE":
        parameters.append(_glob(str(value)))
        return f"{column} GLOB ?"
    if operator == "ILIKE":
        # As SQLite's `lower` has it, which knows the letters of ASCII only.
        lowered = "".join(c.lower() if c.isascii() else c for c in str(value))
        parameters.append(_glob(lowered))
        return f"lower({column}) GLOB ?"
    assert operator in _OPERATORS
    parameters.append(value)
    return f"{column} {operator} ?"


def _order(orders: Sequence[Order], parameters: list[object]) -> tuple[str, str]:
    """The joins and terms of the order. What is absent, or no number, comes last."""
    joins, terms = [], []
    for index, order in enumerate(orders):
        direction = "ASC" if order.ascending else "DESC"
        if order.kind is Kind.ATTRIBUTE:
            column = _ATTRIBUTES[order.key]
            terms += [f"{column} IS NULL", f"{column} {direction}"]
        elif order.kind in _TABLES:
            joins.append(
                f"LEFT JOIN {_TABLES[order.kind]} AS o{index}"
                f" ON o{index}.run = runs.id AND o{index}.name = ?"
            )
            parameters.append(order.key)
            last = f"o{index}.value IS NULL"
            if order.kind is Kind.METRIC:
                last = f"coalesce(o{index}.nan, 2)"
            terms += [last, f"o{index}.value {direction}"]
    return " ".join(joins), ", ".join([*terms, "runs.started DESC", "runs.id DESC"])


def _glob(pattern: str) -> str:
    """A `LIKE` pattern as `GLOB` has it, which minds the case."""
    marks = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(marks.get(character, character) for character in pattern)


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
