"""Prints a canonical tree as YAML text, which parses back to the same values."""

from __future__ import annotations

import re

from penstock.language.yaml import Mapping, Node, Scalar, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_$(/.][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")
_BLOCK = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NULLS = frozenset(("~", "null", "Null", "NULL", ""))


def dump(tree: Node) -> str:
    """The YAML text of a tree, with a final newline.

    Lists begin in the column of their key and long texts are literal blocks, as in the service's
    final YAML.
    """
    lines: list[str] = []
    _node(tree, "", lines)
    return "\n".join(lines) + "\n"


def _node(node: Node, indent: str, lines: list[str]) -> None:
    match node:
        case Mapping() if node.entries:
            for entry in node.entries:
                _entry(_key(entry.key), entry.value, indent, lines)
        case Sequence() if node.items:
            for item in node.items:
                _item(item, indent, lines)
        case _:
            lines.append(indent + _inline(node, indent))


def _entry(key: str, value: Node, indent: str, lines: list[str]) -> None:
    match value:
        case Mapping() if value.entries:
            lines.append(f"{indent}{key}:")
            _node(value, indent + "  ", lines)
        case Sequence() if value.items:
            lines.append(f"{indent}{key}:")
            _node(value, indent, lines)
        case _:
            lines.append(f"{indent}{key}: {_inline(value, indent)}")


def _item(item: Node, indent: str, lines: list[str]) -> None:
    """An item begins on the line of its dash."""
    first = len(lines)
    if isinstance(item, (Mapping, Sequence)):
        _node(item, indent + "  ", lines)
    else:
        lines.append(f"{indent}  {_inline(item, indent + '  ')}")
    lines[first] = f"{indent}- {lines[first][len(indent) + 2 :]}"


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
