"""How a file declares its parameters: a typed list, or the mapping of old."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from penstock.language.casing import fold_case
from penstock.language.schema import (
    PARAMETER_TYPES,
    ROOT_PARAMETER_TYPES,
    TEMPLATE_PARAMETER_TYPES,
)
from penstock.language.source import Diagnostic, Span
from penstock.language.templates.complaints import parameters as complaints
from penstock.language.templates.literals import without_expressions
from penstock.language.templates.reports import Failed
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record

_KEYS = ("name", "displayName", "type", "default", "values")

Report: TypeAlias = Callable[[Diagnostic], Failed]


@record(kw_only=False)
class Parameter:
    """One declared parameter. `default` is None when a value must be given."""

    name: Scalar
    type: str
    default: Node | None = None
    values: tuple[Scalar, ...] = ()
    display_name: Scalar | None = None


@record(kw_only=False)
class Declarations:
    """What a file says of its parameters.

    `style` is "list" (typed), "mapping" (old: untyped, open for more) or "none" (anything goes).
    """

    style: str
    parameters: tuple[Parameter, ...]
    span: Span | None


def read_declarations(node: Node | None, report: Report, *, of_pipeline: bool) -> Declarations:
    """The declarations under a `parameters` key; what is wrong with them is reported."""
    match node:
        case None:
            return Declarations("none", (), None)
        case Sequence():
            parameters = tuple(_declared(node.items, report, of_pipeline=of_pipeline))
            return Declarations("list", parameters, node.span)
        case Mapping() if not of_pipeline or not node.entries:
            return Declarations("mapping", tuple(_old(node, report)), node.span)
        case Scalar() if node.is_null:
            return Declarations("none", (), None)
    report(complaints.not_declarations(node, of_pipeline=of_pipeline))
    return Declarations("none", (), None)


def _old(node: Mapping, report: Report) -> Iterable[Parameter]:
    for entry in node.entries:
        default = without_expressions(entry.value, report)
        if default is not None:
            yield Parameter(entry.key, "legacyObject", default)


def _declared(items: Iterable[Node], report: Report, *, of_pipeline: bool) -> Iterable[Parameter]:
    seen: dict[str, Scalar] = {}
    for item in items:
        if not isinstance(item, Mapping) or not item.entries:
            report(complaints.not_a_declaration(item))
            continue
        parameter = _parameter(item, report, of_pipeline=of_pipeline)
        if parameter is None:
            continue
        first = seen.setdefault(fold_case(parameter.name.value), parameter.name)
        if first is parameter.name:
            yield parameter
        else:
            report(complaints.declared_twice(parameter.name, first))


def _parameter(item: Mapping, report: Report, *, of_pipeline: bool) -> Parameter | None:
    first = item.entries[0].key
    if first.value != "name":
        report(complaints.name_not_first(first, has_name=item.entry("name") is not None))
        if item.entry("name") is None:
            return None
    for entry in item.entries:
        if entry.key.value not in _KEYS:
            report(complaints.unknown_declaration_key(entry.key, _KEYS))
    name = item.get("name")
    if not isinstance(name, Scalar) or not name.value:
        report(complaints.not_a_declaration(name or item))
        return None
    default = item.get("default")
    if default is not None:
        default = without_expressions(default, report, one_text=True) or Scalar("", default.span)
    return Parameter(
        name,
        _type(item.get("type"), report, of_pipeline=of_pipeline),
        default,
        _values(item.get("values"), report),
        _text(item.get("displayName")),
    )


def _type(node: Node | None, report: Report, *, of_pipeline: bool) -> str:
    here, elsewhere = ROOT_PARAMETER_TYPES, TEMPLATE_PARAMETER_TYPES
    if not of_pipeline:
        here, elsewhere = elsewhere, here
    known = (*PARAMETER_TYPES, *here)
    if node is None:
        return "string"
    if isinstance(node, Scalar) and node.value in known:
        return node.value
    if isinstance(node, Scalar) and node.value in elsewhere:
        report(complaints.misplaced_type(node, of_pipeline=of_pipeline))
    else:
        report(complaints.unknown_type(node, known))
    return "object"


def _values(node: Node | None, report: Report) -> tuple[Scalar, ...]:
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else ()
    scalars = tuple(item for item in items if isinstance(item, Scalar))
    if len(scalars) != len(items) or not isinstance(node, Sequence):
        report(complaints.values_not_texts(node))
    return scalars


def _text(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None
