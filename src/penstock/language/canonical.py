"""Prints a canonical tree as YAML text, which parses back to the same values."""

from __future__ import annotations

import re
from typing import NamedTuple

from penstock.language.yaml import Mapping, Node, Scalar, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_$(/.][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")
_BLOCK = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NULLS = frozenset(("~", "null", "Null", "NULL", ""))


class Line(NamedTuple):
    """A line of the text: the key or item it begins with, and the nodes around that, outermost
    first (the node itself is the last)."""

    text: str
    begins: Node
    within: tuple[Node, ...]


def dump(tree: Node) -> str:
    """The YAML text of a tree, with a final newline.

    Lists begin in the column of their key and long texts are literal blocks, as in the service's
    final YAML.
    """
    return "\n".join(line.text for line in dump_lines(tree)) + "\n"


def dump_lines(tree: Node) -> list[Line]:
    """The lines of the text, each with what it shows."""
    lines: list[Line] = []
    _node(tree, "", lines, (tree,))
    return lines


def _node(node: Node, indent: str, lines: list[Line], within: tuple[Node, ...]) -> None:
    match node:
        case Mapping() if node.entries:
            for entry in node.entries:
                _entry(entry.key, entry.value, indent, lines, (*within, entry.value))
        case Sequence() if node.items:
            for item in node.items:
                _item(item, indent, lines, (*within, item))
        case _:
            _add(indent + _inline(node, indent), node, lines, within)


def _entry(
    key: Scalar, value: Node, indent: str, lines: list[Line], within: tuple[Node, ...]
) -> None:
    name = _key(key)
    match value:
        case Mapping() if value.entries:
            _add(f"{indent}{name}:", key, lines, within)
            _node(value, indent + "  ", lines, within)
        case Sequence() if value.items:
            _add(f"{indent}{name}:", key, lines, within)
            _node(value, indent, lines, within)
        case _:
            _add(f"{indent}{name}: {_inline(value, indent)}", key, lines, within)


def _item(item: Node, indent: str, lines: list[Line], within: tuple[Node, ...]) -> None:
    """An item begins on the line of its dash."""
    first = len(lines)
    if isinstance(item, (Mapping, Sequence)):
        _node(item, indent + "  ", lines, within)
    else:
        _add(f"{indent}  {_inline(item, indent + '  ')}", item, lines, within)
    lines[first] = lines[first]._replace(text=f"{indent}- {lines[first].text[len(indent) + 2 :]}")


def _add(text: str, begins: Node, lines: list[Line], within: tuple[Node, ...]) -> None:
    lines.extend(Line(line, begins, within) for line in text.split("\n"))


def _inline(node: Node, indent: str) -> str:
    match node:
        case Mapping():
            return "{}"
        case Sequence():
            return "[]"
        case Scalar():
            return _text(node, indent)


def _text(node: Scalar, indent: str) -> str:
    text = "" if node.is_null else node.value
    if _can_be_block(text):
        body = text.removesuffix("\n")
        keep = "" if text.endswith("\n") else "-"
        if text.endswith("\n\n"):
            keep = "+"
        body = "\n".join(f"{indent}  {line}" if line else "" for line in body.split("\n"))
        return f"|{keep}\n{body}"
    return _quoted(text)


def _can_be_block(text: str) -> bool:
    """Whether a text of several lines can be written as it is."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and bool(text.strip())
        and not text.startswith((" ", "\n", "\t"))
        and _BLOCK.fullmatch(text) is not None
    )


def _key(scalar: Scalar) -> str:
    return _quoted(scalar.value)


def _quoted(text: str) -> str:
    if _is_plain(text):
        return text
    if all(character >= " " and not "\x7f" <= character <= "\x9f" for character in text) and (
        not set(text) & {"\u2028", "\u2029", "\ufeff"}
    ):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _is_plain(text: str) -> bool:
    return (
        text not in _NULLS
        and _PLAIN.fullmatch(text) is not None
        and ": " not in text
        and " #" not in text
        and not text.endswith((" ", ":"))
        and text not in ("---", "...")
        and not text.startswith("... ")
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if " " <= character < "\x7f" or (code >= 0xA0 and character not in "\u2028\u2029\ufeff"):
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
