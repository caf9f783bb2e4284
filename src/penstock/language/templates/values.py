"""Nodes to expression values and back: a value that came from a node turns into that node."""

from __future__ import annotations

import re

from penstock.language.expressions import Array, Object, Value, to_text
from penstock.language.expressions.conversion import parse_number
from penstock.language.source import Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_BOOLEANS = {"true": True, "false": False}


def leaf_value(scalar: Scalar) -> Value:
    """The value of a leaf of an `object`: plain booleans and numbers keep their type."""
    if scalar.is_null:
        return ""
    if scalar.style == "plain" and not scalar.tag:
        boolean = _BOOLEANS.get(scalar.value.lower())
        if boolean is not None:
            return boolean
        if _NUMBER.fullmatch(scalar.value):
            number = parse_number(scalar.value)
            return scalar.value if number is None else number  # one that is too large is a text
    return scalar.value


def text_value(scalar: Scalar) -> Value:
    """The value of a leaf where every leaf is a text."""
    return "" if scalar.is_null else scalar.value


def scalar_node(value: Value, span: Span) -> Scalar:
    """The text a single value becomes in the YAML; ExpressionError for a version that has none."""
    style = "single" if isinstance(value, str) or value is None else "plain"
    return Scalar(to_text(value), span, style)


class Bridge:
    """Turns nodes into values and back. Arrays and objects remember the node they came from."""

    def __init__(self) -> None:
        self._nodes: dict[int, tuple[Value, Node]] = {}
        self._values: dict[tuple[int, bool], tuple[Node, Value]] = {}

    def value_of(self, node: Node, *, typed: bool) -> Value:
        """The value of a node without expressions; with `typed`, plain leaves keep their type."""
        if isinstance(node, Scalar):
            return leaf_value(node) if typed else text_value(node)
        known = self._values.get((id(node), typed))
        if known:
            return known[1]
        value: Value
        if isinstance(node, Sequence):
            value = Array([self.value_of(item, typed=typed) for item in node.items])
        else:
            value = Object(
                [(e.key.value, self.value_of(e.value, typed=typed)) for e in node.entries]
            )
        self._nodes[id(value)] = (value, node)
        self._values[id(node), typed] = (node, value)
        return value

    def node_of(self, value: Value, span: Span) -> Node:
        """The node of a value; a value that came from no node gets the given place."""
        known = self._nodes.get(id(value))
        if known:
            return known[1]
        if isinstance(value, Array):
            return Sequence(tuple(self.node_of(item, span) for item in value), span)
        if isinstance(value, Object):
            entries = ((Scalar(k, span, "single"), self.node_of(v, span)) for k, v in value.items())
            return Mapping(tuple(Entry(key, node) for key, node in entries), span)
        return scalar_node(value, span)


def normalised(node: Node) -> Node:
    """The node as an `object` parameter holds it: plain numbers and booleans as texts of theirs.

    As on the service, a version written `3.10` without quotes becomes `3.1` there, and `true`
    becomes `True`.
    """
    match node:
        case Scalar():
            value = leaf_value(node)
            text = node.value if isinstance(value, str) else to_text(value)
            return node if text == node.value else Scalar(text, node.span)
        case Sequence():
            items = tuple(map(normalised, node.items))
            same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if same else Sequence(items, node.span)
        case Mapping():
            values = [normalised(entry.value) for entry in node.entries]
            if all(new is e.value for new, e in zip(values, node.entries, strict=True)):
                return node
            pairs = zip(node.entries, values, strict=True)
            return Mapping(tuple(Entry(entry.key, value) for entry, value in pairs), node.span)
