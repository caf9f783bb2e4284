"""Results on stdout as `az` prints them: JSON, YAML, table, tsv, after a JMESPath query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.cli.az.failures import Misused

FORMATS = ("json", "jsonc", "yaml", "yamlc", "table", "tsv", "none")
_HIDDEN = ("id", "type", "etag")
_QUERY_HELP = (
    "To learn more about --query, please visit:"
    " 'https://learn.microsoft.com/cli/azure/query-azure-cli'"
)


def compile_query(query: str) -> Any:
    """The JMESPath expression. Raises Misused where it is none."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(query)
    except JMESPathError:
        message = f"argument --query: invalid jmespath_type value: {query!r}"
        raise Misused(message, _QUERY_HELP) from None


def render(result: Any, form: str, query: Any = None, *, in_order: bool = False) -> str:
    """The text of a result, ending with a newline; empty where there is nothing to print.

    Columns are sorted by name, but for those of a query and where they are said to be `in_order`.
    """
    add_resource_groups(result)
    if query is not None:
        result = query.search(result)
    if result is None or form == "none":
        return ""
    match form:
        case "yaml" | "yamlc":
            import yaml

            return yaml.safe_dump(result, default_flow_style=False, allow_unicode=True)
        case "table":
            return _table(result, sort=query is None and not in_order)
        case "tsv":
            return _tsv(result, sort=query is None)
    import json

    return json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def add_resource_groups(result: Any) -> None:
    """Give what has a resource id the name of its resource group beside it, as `az` does."""
    if isinstance(result, list):
        for item in result:
            add_resource_groups(item)
    elif isinstance(result, dict):
        id = result.get("id")
        parts = id.split("/") if isinstance(id, str) else []
        if len(parts) > 8 and parts[3].lower() == "resourcegroups":
            result.setdefault("resourceGroup", parts[4])
        for value in result.values():
            add_resource_groups(value)


def _tsv(result: Any, *, sort: bool) -> str:
    rows = result if isinstance(result, list) else [result]
    return "".join(_tsv_row(row, sort=sort) + "\n" for row in rows)


def _tsv_row(row: Any, *, sort: bool) -> str:
    if isinstance(row, Mapping):
        values = [row[key] for key in sorted(row)] if sort else list(row.values())
        return "\t".join(map(_tsv_cell, values))
    if isinstance(row, list):
        return "\t".join(map(_tsv_cell, row))
    return str(row).lower() if isinstance(row, bool) else _tsv_cell(row)


def _tsv_cell(value: Any) -> str:
    """A list is told by its length, a mapping not at all."""
    if isinstance(value, list):
        return str(len(value))
    return "" if isinstance(value, Mapping) else str(value)


def _table(result: Any, *, sort: bool) -> str:
    rows = [_row(item, sort=sort) for item in (result if isinstance(result, list) else [result])]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return "\n"
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [
        max(len(name) + 2, *(len(row[index]) for row in cells)) for index, name in enumerate(names)
    ]
    lines = [names, ["-" * width for width in widths], *cells]
    return "".join(_line(line, widths) + "\n" for line in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _row(item: Any, *, sort: bool) -> dict[str, Any]:
    """The plain values of an item under their capitalised names."""
    if isinstance(item, Mapping):
        keys = sorted(item) if sort else list(item)
        kept = (key for key in keys if key not in _HIDDEN and _is_plain(item[key]))
        return {key[:1].upper() + key[1:]: item[key] for key in kept}
    if isinstance(item, list):
        return {f"Column{number}": value for number, value in enumerate(item, 1)}
    return {"Result": item}


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
