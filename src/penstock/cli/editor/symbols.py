"""The outline of a file: its parameters, stages, jobs and steps, as they are written."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language import yaml
from penstock.language.source import Source, Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

_STEPS = (
    "task", "script", "bash", "pwsh", "powershell", "checkout", "download", "publish", "upload",
    "downloadBuild", "getPackage", "reviewApp",
)  # fmt: skip
_NAMED = {
    "stage": "stage",
    "job": "job",
    "deployment": "job",
    "phase": "job",
    "template": "template",
    "group": "variable",
    **dict.fromkeys(_STEPS, "step"),
}
_INSIDE = ("stages", "jobs", "phases", "steps", "strategy", "runOnce", "rolling", "canary", "on")
_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic", "success", "failure")


@record(kw_only=False)
class Symbol:
    """A part of a file. `kind` is "parameter", "variable", "stage", "job", "hook", "step",
    "template" or "branch"; `span` all of it, `name_span` its name."""

    name: str
    kind: str
    span: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


def symbols_of(source: Source) -> list[Symbol]:
    """The outline of a file."""
    root = yaml.parse(source).root
    return list(_below(root)) if isinstance(root, Mapping) else []


def _below(node: Mapping) -> Iterator[Symbol]:
    for entry in node.entries:
        key = entry.key.value
        if key in ("parameters", "variables"):
            yield from _declared(entry)
        elif key in _HOOKS and isinstance(entry.value, Mapping):
            children = tuple(_below(entry.value))
            yield Symbol(key, "hook", _whole(entry), entry.key.span, children)
        elif key in _INSIDE or key.startswith("${{"):
            yield from _parts(entry)


def _parts(entry: Entry) -> Iterator[Symbol]:
    key = entry.key.value
    found: list[Symbol] = []
    if isinstance(entry.value, Sequence):
        for item in entry.value.items:
            found += _item(item)
    elif isinstance(entry.value, Mapping):
        found += _below(entry.value)
    if key.startswith("${{") and found:
        name = key.removeprefix("${{").removesuffix("}}").strip()
        yield Symbol(name, "branch", _whole(entry), entry.key.span, tuple(found))
    else:
        yield from found


def _item(item: Node) -> Iterator[Symbol]:
    if not isinstance(item, Mapping):
        return
    lead = next((entry for entry in item.entries if entry.key.value in _NAMED), None)
    if lead is None:
        yield from _below(item)
        return
    kind = _NAMED[lead.key.value]
    title = item.get("displayName") if kind == "step" else None
    name = _first_line(title) or _first_line(lead.value) or lead.key.value
    children = () if kind == "template" else tuple(_below(item))
    yield Symbol(name, kind, item.span, lead.key.span, children)


def _declared(entry: Entry) -> Iterator[Symbol]:
    kind = "parameter" if entry.key.value == "parameters" else "variable"
    value = entry.value
    if isinstance(value, Mapping):
        for inner in value.entries:
            if not inner.key.value.startswith("${{"):
                yield Symbol(inner.key.value, kind, _whole(inner), inner.key.span)
    elif isinstance(value, Sequence):
        for item in value.items:
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar):
                yield Symbol(name.value, kind, item.span, name.span)


def _first_line(node: Node | None) -> str:
    text = node.value.strip() if isinstance(node, Scalar) else ""
    return text.splitlines()[0][:80] if text else ""


def _whole(entry: Entry) -> Span:
    start, end = entry.key.span, entry.value.span
    return Span(start.source, start.line, start.column, end.end_line, end.end_column)
