"""YAML with a place on every key and value and its raw text kept, read under limits.

One document from one text; it resolves no types unless asked and never builds objects.
"""

from __future__ import annotations

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
    "parse",
    "plain_value",
    "to_python",
    "to_texts",
]
