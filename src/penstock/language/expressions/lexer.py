"""Splits an expression into tokens. Which of them may follow which is the parser's business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from penstock.language.expressions.conversion import parse_number, parse_version
from penstock.language.expressions.values import Version
from penstock.records import record

# .NET's white space; Python's \s holds four control characters more.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)

# The pattern has only what is ASCII, because sets of other characters take long to compile: they
# become spaces before it is tried.
_SPACES = str.maketrans(dict.fromkeys(WHITE, " "))
_WHITE = r"\t-\r "
_PUNCTUATION = r"\[\](),"
_TOKEN = re.compile(
    rf"[{_WHITE}]*(?:"
    rf"(?P<punctuation>[{_PUNCTUATION}*])"
    r"|(?P<string>'(?:[^']|'')*+')|(?P<unclosed>'.*)"
    rf"|(?P<number>[-0-9][^{_PUNCTUATION}{_WHITE}]*)"
    rf"|(?P<dotted>\.[^{_PUNCTUATION}{_WHITE}]*)"
    rf"|(?P<word>[^{_PUNCTUATION}{_WHITE}.]+)"
    r")",
    re.DOTALL,
)
_VALUE_FOLLOWS = frozenset({"", ",", "[", "("})
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)


@record(kw_only=False)
class Token:
    """One token. `kind` is the punctuation itself, or "word", "string", "number" or "bad"."""

    kind: str
    text: str
    start: int
    value: Decimal | Version | str | None = None

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of an expression in order; what cannot be one has the kind "bad"."""
    position, last = 0, ""
    spaced = text if text.isascii() else text.translate(_SPACES)
    while match := _TOKEN.match(spaced, position):
        kind = match.lastgroup or ""
        start = match.start(kind)
        position = match.end()
        if kind == "dotted" and last not in _VALUE_FOLLOWS:
            position = start + 1
            token = Token(".", ".", start)
        else:
            token = _token(kind, text[start:position], start)
        last = token.kind
        yield token


def _token(kind: str, text: str, start: int) -> Token:
    match kind:
        case "punctuation":
            return Token(text, text, start)
        case "word":
            return Token("word", text, start)
        case "string":
            return Token("string", text, start, text[1:-1].replace("''", "'"))
        case "number" | "dotted":
            number = _literal(text)
            return Token("bad" if number is None else "number", text, start, number)
    return Token("bad", text, start)


def _literal(text: str) -> Decimal | Version | None:
    """The number, or with two dots and more the version, that a literal stands for."""
    if text.count(".") > 1:
        return parse_version(text)
    return parse_number(text) if _NUMBER.fullmatch(text) else None
