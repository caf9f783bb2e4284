"""Prints a canonical tree as YAML text, which parses back to the same values."""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record

# What may stand in a plain text and in a block; those of texts beyond ASCII take long to compile.
_PLAIN = re.compile(r"[A-Za-z0-9_$(/.][ -~]*")
_BLOCK = re.compile(r"[\t\n -~]*")
_WIDE_PLAIN = r"[A-Za-z0-9_$(/.][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*"
_WIDE_BLOCK = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]*"
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NULLS = frozenset(("~", "null", "Null", "NULL", ""))
_SHORT = 40
_WORDS = 1024
"""How many short texts are remembered: a pipeline has the same ones again and again."""


@record(kw_only=False)
class Line:
    """A line of the text: the key or item it begins with, and the keys and values around that,
    outermost first (its own are the last)."""

    text: str
    begins: Node
    within: tuple[Node, ...]


def dump(tree: Node) -> str:
    """The YAML text of a tree, with a final newline.

    Lists begin in the column of their key and long texts are literal blocks, as in the service's
    final YAML.
    """
    printer = _Printer()
    printer.node(tree, "")
    return "\n".join(printer.texts) + "\n"


def dump_lines(tree: Node) -> list[Line]:
    """The lines of the text, each with what it shows."""
    printer = _LinePrinter(tree)
    printer.node(tree, "")
    return [
        Line(line, begins, within)
        for text, (begins, within) in zip(printer.texts, printer.shown, strict=True)
        for line in text.split("\n")
    ]


class _Printer:
    """Prints a tree into `texts`: a line each, or the lines of a block together."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, text: str, begins: Node) -> None:
        """Take a text that begins with a key or an item."""
        self.texts.append(text)

    def node(self, node: Node, indent: str) -> None:
        if isinstance(node, Mapping) and node.entries:
            for entry in node.entries:
                self.entry(entry.key, entry.value, indent)
        elif isinstance(node, Sequence) and node.items:
            for item in node.items:
                self.item(item, indent)
        else:
            self.add(indent + _inline(node, indent), node)

    def entry(self, key: Scalar, value: Node, indent: str) -> None:
        name = _quoted(key.value)
        if isinstance(value, Mapping) and value.entries:
            self.add(f"{indent}{name}:", key)
            self.node(value, indent + "  ")
        elif isinstance(value, Sequence) and value.items:
            self.add(f"{indent}{name}:", key)
            self.node(value, indent)
        else:
            self.add(f"{indent}{name}: {_inline(value, indent)}", key)

    def item(self, item: Node, indent: str) -> None:
        """An item begins on the line of its dash."""
        first = len(self.texts)
        if isinstance(item, Scalar):
            self.add(f"{indent}  {_inline(item, indent + '  ')}", item)
        else:
            self.node(item, indent + "  ")
        self.texts[first] = f"{indent}- {self.texts[first][len(indent) + 2 :]}"


class _LinePrinter(_Printer):
    """Keeps what each text shows as well.

    `within` are the nodes around what is printed, outermost first.
    """

    def __init__(self, tree: Node) -> None:
        super().__init__()
        self.within = [tree]
        self.shown: list[tuple[Node, tuple[Node, ...]]] = []

    def add(self, text: str, begins: Node) -> None:
        super().add(text, begins)
        self.shown.append((begins, tuple(self.within)))

    def entry(self, key: Scalar, value: Node, indent: str) -> None:
        self.within += (key, value)
        super().entry(key, value, indent)
        del self.within[-2:]

    def item(self, item: Node, indent: str) -> None:
        self.within.append(item)
        super().item(item, indent)
        self.within.pop()


def _inline(node: Node, indent: str) -> str:
    if isinstance(node, Scalar):
        return _text(node, indent)
    return "{}" if isinstance(node, Mapping) else "[]"


def _text(node: Scalar, indent: str) -> str:
    text = "" if node.is_null else node.value
    if "\n" in text and _can_be_block(text):
        body = text.removesuffix("\n")
        keep = "" if text.endswith("\n") else "-"
        if text.endswith("\n\n"):
            keep = "+"
        body = "\n".join(f"{indent}  {line}" if line else "" for line in body.split("\n"))
        return f"|{keep}\n{body}"
    return _quoted(text)


def _can_be_block(text: str) -> bool:
    """Whether a text of several lines can be written as it is."""
    return (
        bool(text.strip())
        and not text.startswith((" ", "\n", "\t"))
        and bool(_BLOCK.fullmatch(text) if text.isascii() else re.fullmatch(_WIDE_BLOCK, text))
    )


def _quoted(text: str) -> str:
    """A text on one line, in quotes where it needs them."""
    return _word(text) if len(text) < _SHORT else _flow(text)


@lru_cache(_WORDS)
def _word(text: str) -> str:
    return _flow(text)


def _flow(text: str) -> str:
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
        and bool(_PLAIN.fullmatch(text) if text.isascii() else re.fullmatch(_WIDE_PLAIN, text))
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
