"""Binds the values given for a file's parameters to their declarations, and converts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias

from penstock.language.casing import fold_case
from penstock.language.expressions import Array, ExpressionError, Object, Value, to_number, to_text
from penstock.language.schema import PARAMETER_TYPES
from penstock.language.source import Span
from penstock.language.templates.complaints import parameters as complaints
from penstock.language.templates.declarations import Declarations, Parameter, Report
from penstock.language.templates.reports import Failed
from penstock.language.templates.values import Bridge, normalised
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence

_BOOLEANS = {"true": True, "false": False}
_ITEMS = ("step", "job", "deployment", "stage")
_TEXT_TYPES = ("string", "environment", "filePath", "secureFile", "serviceConnection")

ReadShape: TypeAlias = Callable[[Node, str, Parameter, bool], Node]


def _number(text: str) -> Value:
    """The number of a text, or None; an empty text is none, unlike in expressions."""
    try:
        return to_number(text) if text.strip() else None
    except ExpressionError:
        return None


def _harmless(parameter: Parameter) -> Value:
    """The value of a parameter that has none: an empty list where items are expected."""
    is_item = parameter.type in _ITEMS or parameter.type.endswith("List")
    return Array([]) if is_item else ""


class Binder:
    """Binds the values given for one file to its declarations.

    `read_shape(node, shape, parameter, is_given)` reads a part of a pipeline for a parameter.
    """

    def __init__(self, bridge: Bridge, report: Report, read_shape: ReadShape) -> None:
        self.bridge = bridge
        self.report = report
        self.read_shape = read_shape

    def bind(
        self, declarations: Declarations, given: Mapping | None, at: Span | None, target: str
    ) -> Object:
        """The `parameters` context of the file called `target`.

        `at` is where the file is referred to; None for a pipeline, whose values come from its run.
        """
        entries = given.entries if given else ()
        if declarations.style == "none":
            if at is None:
                for entry in entries:
                    self.report(complaints.unused_parameter(entry.key))
            return self._open((), entries, strict=at is None)
        if declarations.style == "mapping":
            return self._open(declarations.parameters, entries)
        known = {
            fold_case(parameter.name.value): parameter for parameter in declarations.parameters
        }
        values: dict[str, Entry] = {}
        for entry in entries:
            name = fold_case(entry.key.value)
            if name in known:
                values[name] = entry
            else:
                names = [parameter.name.value for parameter in declarations.parameters]
                place = declarations.span
                self.report(complaints.unknown_parameter(entry.key, names, place, target))
        return Object(self._bound(known, values, at, target), ignore_case=True, strict=True)

    def _bound(
        self, known: dict[str, Parameter], values: dict[str, Entry], at: Span | None, target: str
    ) -> list[tuple[str, Value]]:
        bound: list[tuple[str, Value]] = []
        for name, parameter in known.items():
            entry = values.get(name)
            node = entry.value if entry else parameter.default
            value = _harmless(parameter)
            if node is not None:
                with suppress(Failed):
                    value = self.convert(parameter, node, is_given=entry is not None)
            elif not parameter.is_refused:
                self.report(
                    complaints.missing_parameter(parameter.name, parameter.values, at, target)
                )
            bound.append((parameter.name.value, value))
        return bound

    def _open(
        self, defaults: Iterable[Parameter], entries: Iterable[Entry], *, strict: bool = False
    ) -> Object:
        """Values without types: what is given replaces a default of the same name or is added.

        Unless `strict` a name that nobody gave is Null, not an error: templates that the service
        runs without a list of parameters rely on `${{ if parameters.before }}`.
        """
        nodes = {fold_case(p.name.value): (p.name.value, p.default) for p in defaults}
        for entry in entries:
            name = fold_case(entry.key.value)
            nodes[name] = (nodes.get(name, (entry.key.value,))[0], entry.value)
        values = [
            (name, self.bridge.value_of(node, typed=False))
            for name, node in nodes.values()
            if node is not None
        ]
        return Object(values, ignore_case=True, strict=strict)

    def convert(self, parameter: Parameter, node: Node, *, is_given: bool) -> Value:
        """The value of a node under the type of its parameter; Failed when it has none."""
        kind = parameter.type
        if kind == "object":
            return self.bridge.value_of(normalised(node), typed=True)
        if kind == "legacyObject":
            return self.bridge.value_of(node, typed=False)
        if kind in _TEXT_TYPES or kind in ("number", "boolean"):
            return self._single(parameter, node)
        if kind == "stringList":
            return self._texts(parameter, node)
        return self._part(parameter, node, is_given=is_given)

    def _single(self, parameter: Parameter, node: Node) -> Value:
        if not isinstance(node, Scalar):
            raise self.report(complaints.wrong_type(parameter.name, parameter.type, node))
        value = self._scalar(parameter, node)
        allowed = [self._scalar(parameter, choice) for choice in parameter.values]
        if allowed and value not in allowed:
            words = tuple(to_text(choice) for choice in allowed)
            raise self.report(complaints.not_among(parameter.name, node, words))
        return value

    def _scalar(self, parameter: Parameter, node: Scalar) -> Value:
        text = "" if node.is_null else node.value
        value: Value = text
        if parameter.type == "number":
            value = _number(text)
        elif parameter.type == "boolean":
            value = _BOOLEANS.get(text.lower())
        if value is None:
            raise self.report(complaints.wrong_type(parameter.name, parameter.type, node))
        return value

    def _texts(self, parameter: Parameter, node: Node) -> Value:
        if not isinstance(node, Sequence):
            raise self.report(complaints.wrong_type(parameter.name, "stringList", node))
        words = tuple(choice.value for choice in parameter.values)
        for item in node.items:
            if not isinstance(item, Scalar):
                raise self.report(complaints.wrong_type(parameter.name, "stringList", item))
            if words and item.value not in words:
                raise self.report(complaints.not_among(parameter.name, item, words))
        return self.bridge.value_of(node, typed=False)

    def _part(self, parameter: Parameter, node: Node, *, is_given: bool) -> Value:
        """A parameter that holds steps, jobs, stages, containers or a pool."""
        if isinstance(node, Scalar) and node.is_null:
            return ""
        shape = PARAMETER_TYPES.get(parameter.type) or parameter.type
        needs_list = parameter.type.endswith("List")
        is_text = isinstance(node, Scalar) and parameter.type != "pool"
        if needs_list != isinstance(node, Sequence) or is_text:
            raise self.report(complaints.wrong_type(parameter.name, parameter.type, node))
        read = self.read_shape(node, shape, parameter, is_given)
        if parameter.type.startswith("deployment"):
            self._check_deployments(parameter, read)
        return self.bridge.value_of(read, typed=False)

    def _check_deployments(self, parameter: Parameter, read: Node) -> None:
        """They are read as jobs, and no job may be among them that is none."""
        for job in read.items if isinstance(read, Sequence) else (read,):
            if isinstance(job, Mapping) and job.entry("deployment") is None:
                raise self.report(complaints.not_a_deployment(parameter.name, parameter.type, job))
