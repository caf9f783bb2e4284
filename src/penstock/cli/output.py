"""Data on stdout in the form asked for (`-o`, `--query`), as the Azure command line does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.terminal import one_line


def print_data(data: Any, form: str, query: str | None = None) -> None:
    """Print `render_data`; nothing at all where it is empty."""
    if text := render_data(data, form, query):
        click.echo(text)


def moment(at: float | None) -> str | None:
    """A time (seconds since 1970) as data shows it: ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def render_data(data: Any, form: str, query: str | None = None) -> str:
    """The text of `data` (JSON-able) in one of `FORMATS`, after a JMESPath `query`.

    Raises Failure (exit 2) where the query is not valid.
    """
    if query:
        data = _select(data, query)
    match form:
        case "json":
            import json

            return json.dumps(data, indent=2, ensure_ascii=False)
        case "yaml":
            import yaml

            return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).rstrip("\n")
        case "tsv":
            return "\n".join("\t".join(row) for row in _rows(data))
        case "none":
            return ""
    return _table(data)


def _select(data: Any, query: str) -> Any:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(query, data)
    except JMESPathError as error:
        said = str(error).splitlines()[0].removeprefix("Invalid jmespath expression: ")
        message = f'--query: "{query}" is not a JMESPath expression: {said.rstrip(":")}'
        raise Failure(
            message, "https://jmespath.org shows how they are written", Exit.USAGE
        ) from None


def _rows(data: Any) -> list[list[str]]:
    if data is None:
        return []
    items = data if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    return [_cells(item) for item in items]


def _cells(item: Any) -> list[str]:
    if isinstance(item, Mapping):
        return [_cell(value) for value in item.values()]
    if isinstance(item, Sequence) and not isinstance(item, str):
        return [_cell(value) for value in item]
    return [_cell(item)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return f"({len(value)})"
    return str(value)


def _table(data: Any) -> str:
    if data is None:
        return ""
    items = data if isinstance(data, list) else [data]
    if not items:
        return ""
    if not all(isinstance(item, Mapping) for item in items):
        return "\n".join("  ".join(map(one_line, row)) for row in _rows(data))
    names = list(items[0])
    rows = [names, *([one_line(_cell(item.get(name))) for name in names] for item in items)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    rows.insert(1, ["-" * width for width in widths])
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
