"""Splits an expression into tokens. Which of them may follow which is the parser's business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from penstock.language.expressions.conversion import parse_number, parse_version
from penstock.language.expressions.values import Version
from penstock.records import record

# .NET's white space; Python's \s holds four control characters more.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_PUNCTUATION = r"\[\](),"
_TOKEN = re.compile(
    rf"[{WHITE}]*(?:"
    rf"(?P<punctuation>[{_PUNCTUATION}*])"
    r"|(?P<string>'(?:[^']|'')*+')|(?P<unclosed>'.*)"
    rf"|(?P<number>[-0-9][^{_PUNCTUATION}{WHITE}]*)"
    rf"|(?P<dotted>\.[^{_PUNCTUATION}{WHITE}]*)"
    rf"|(?P<word>[^{_PUNCTUATION}{WHITE}.]+)"
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
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        start = match.start(kind)
        position = match.end()
        if kind == "dotted" and last not in _VALUE_FOLLOWS:
            position = start + 1
            token = Token(".", ".", start)
        else:
            token = _token(kind, match[kind], start)
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
