"""Plain values out of scalars, as PyYAML's `safe_load` resolves them.

For Azure ML and library files; a pipeline binds its scalars by their declared types instead.
"""

from __future__ import annotations

from yaml.constructor import SafeConstructor
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from penstock.language.yaml.nodes import Mapping, Node, Scalar, Sequence

_PREFIX = "tag:yaml.org,2002:"
_IMPLICIT = Resolver.yaml_implicit_resolvers


def plain_value(scalar: Scalar) -> str | int | float | bool | None:
    """The value `safe_load` gives this scalar; dates stay text."""
    tag = scalar.tag or (_implicit_tag(scalar.value) if scalar.style == "plain" else "")
    return resolve(tag, scalar.value)


def resolve(tag: str, text: str) -> str | int | float | bool | None:
    """The value of a text under a core tag; the text itself under others, or if it does not fit."""
    try:
        match tag.removeprefix(_PREFIX):
            case "null":
                return None
            case "bool":
                return SafeConstructor.bool_values[text.lower()]
            case "int":
                return int(SafeConstructor().construct_yaml_int(ScalarNode(tag, text)))
            case "float":
                return float(SafeConstructor().construct_yaml_float(ScalarNode(tag, text)))
    except (ValueError, KeyError, IndexError):
        return text
    return text


def value_fits(tag: str, text: str) -> bool:
    """Whether a text can be what its explicit core tag says."""
    kind = tag.removeprefix(_PREFIX)
    return kind in ("str", "null") or not isinstance(resolve(tag, text), str)


def to_python(node: Node) -> object:
    """Dictionaries, lists and plain values of a tree; of a repeated key the last value."""
    match node:
        case Scalar():
            return plain_value(node)
        case Sequence():
            return [to_python(item) for item in node.items]
        case Mapping():
            return {plain_value(entry.key): to_python(entry.value) for entry in node.entries}


def to_texts(node: Node) -> object:
    """Dictionaries, lists and texts of a tree: scalars as they are written, nothing as None."""
    match node:
        case Mapping():
            return {entry.key.value: to_texts(entry.value) for entry in node.entries}
        case Sequence():
            return [to_texts(item) for item in node.items]
    return None if node.is_null else node.value


def _implicit_tag(text: str) -> str:
    candidates = _IMPLICIT.get(text[:1], ()) if text else _IMPLICIT.get("", ())
    for tag, pattern in candidates:
        if pattern.match(text):
            return str(tag)
    return ""
