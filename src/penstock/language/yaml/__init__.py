"""YAML with a place on every key and value and its raw text kept, read under limits.

One document from one text; it resolves no types unless asked and never builds objects.
"""

from __future__ import annotations

from penstock.language.source import Span
from penstock.language.yaml.builder import parse
from penstock.language.yaml.nodes import (
    Document,
    Entry,
    Limits,
    Mapping,
    Node,
    Scalar,
    Sequence,
)
from penstock.language.yaml.resolution import plain_value, to_python, to_texts

__all__ = [
    "Document",
    "Entry",
    "Limits",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "locate",
    "parse",
    "plain_value",
    "to_python",
    "to_texts",
]


def locate(scalar: Scalar, start: int, end: int) -> Span:
    """Where the characters `start` to `end` (exclusive) of a scalar's value stand in its file.

    An offset beyond the value is taken as its end. In a literal text the spaces at the beginning
    of a line may be off by the indentation.
    """
    from penstock.language.yaml.places import locate_part

    return locate_part(scalar, start, end)
