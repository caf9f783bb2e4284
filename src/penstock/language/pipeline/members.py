"""Parts of checked YAML by name: members of mappings, items of lists, texts with their places."""

from __future__ import annotations

from collections.abc import Mapping as Table

from penstock.language.pipeline.records import NONE, Text
from penstock.language.yaml import Mapping, Node, Scalar, Sequence

_TRUE = frozenset(("true", "y", "yes", "on"))


def members_of(node: Node | None) -> dict[str, Node]:
    """The values of a mapping by key; none for anything else."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return {entry.key.value: entry.value for entry in entries}


def keys_of(node: Node | None) -> tuple[Text, ...]:
    """The keys of a mapping with their places; none for anything else."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return tuple(as_text(entry.key) for entry in entries)


def items_of(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; none for anything else."""
    return node.items if isinstance(node, Sequence) else ()


def as_text(node: Node) -> Text:
    """A scalar with its place; empty text for anything else."""
    if isinstance(node, Scalar) and not node.is_null:
        return Text(node.value, node.span)
    return Text("", node.span)


def text_of(members: Table[str, Node], name: str) -> Text | None:
    """A member that is a scalar, or None."""
    node = members.get(name)
    return as_text(node) if isinstance(node, Scalar) else None


def texts_of(node: Node | None) -> tuple[Text, ...]:
    """The items of a list, each as a text."""
    return tuple(map(as_text, items_of(node)))


def names_of(members: Table[str, Node], name: str) -> tuple[Text, ...] | None:
    """The texts of a member that is a list; None where there is no such member."""
    return texts_of(members[name]) if name in members else None


def texts_by_name(node: Node | None) -> Table[str, Text]:
    """The values of a mapping, each as a text."""
    if not isinstance(node, Mapping):
        return NONE
    return {entry.key.value: as_text(entry.value) for entry in node.entries}


def boolean_of(members: Table[str, Node], name: str) -> bool | None:
    """A member that is a boolean in the service's words, or None."""
    text = text_of(members, name)
    return None if text is None else text.value.lower() in _TRUE
