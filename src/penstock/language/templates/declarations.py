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
from penstock.language.templates.literals import text_literal, without_expressions
from penstock.language.templates.reports import Failed
from penstock.language.templates.texts import OPEN
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

_KEYS = ("name", "displayName", "type", "default", "values")

Report: TypeAlias = Callable[[Diagnostic], Failed]


@record(kw_only=False)
class Parameter:
    """One declared parameter. `default` is None when a value must be given.

    When `is_refused`, its default is none that a parameter may have, which was reported.
    """

    name: Scalar
    type: str
    default: Node | None = None
    is_refused: bool = False
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
        case Scalar() if OPEN in node.value:
            report(complaints.expression_not_allowed(node))
            return Declarations("none", (), None)
    report(complaints.not_declarations(node, of_pipeline=of_pipeline))
    return Declarations("none", (), None)


def _old(node: Mapping, report: Report) -> Iterable[Parameter]:
    for entry in node.entries:
        name, default = (without_expressions(node, report) for node in (entry.key, entry.value))
        if name is not None and default is not None:
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
    entries = [entry for entry in item.entries if without_expressions(entry.key, report)]
    if not entries:
        return None
    if first is entries[0].key and first.value != "name":
        report(complaints.name_not_first(first, has_name=item.entry("name") is not None))
        if item.entry("name") is None:
            return None
    given: dict[str, Node | None] = {}
    for entry in entries:
        key = entry.key.value
        if key not in _KEYS:
            report(complaints.unknown_declaration_key(entry.key, _KEYS))
        given[key] = without_expressions(entry.value, report, one_text=key == "default")
    name = given.get("name")
    if not isinstance(name, Scalar) or not name.value:
        if name is not None or "name" not in given:
            report(complaints.not_a_declaration(name or item))
        return None
    return Parameter(
        name,
        _type(given.get("type"), report, of_pipeline=of_pipeline),
        given.get("default"),
        len(entries) < len(item.entries) or ("default" in given and given["default"] is None),
        _values(given.get("values"), report),
        _text(given.get("displayName")),
    )


def with_plain_defaults(node: Node) -> Node:
    """The declarations of the canonical form: defaults that are expressions are written out."""
    if not isinstance(node, Sequence):
        return node
    return Sequence(tuple(map(_with_plain_default, node.items)), node.span)


def _with_plain_default(item: Node) -> Node:
    default = item.get("default") if isinstance(item, Mapping) else None
    literal = text_literal(default.value) if isinstance(default, Scalar) else None
    if literal is None or not isinstance(item, Mapping) or default is None:
        return item
    plain = Scalar(literal, default.span, "single")
    return Mapping(
        tuple(Entry(e.key, plain) if e.value is default else e for e in item.entries), item.span
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
