"""The one renderer of diagnostics: text for people, JSON and SARIF for tools; the nearest word.

It knows places, not meanings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from penstock.language.codes import CODES
from penstock.language.source import Diagnostic, Related, Severity, Source, Span, lines_of

_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
_TAB = "    "
_WIDTH = 100
_LONGEST = 500
_LEAD = 30
_COLORS = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}
_BOLD, _DIM, _END = "\x1b[1m", "\x1b[34m", "\x1b[0m"
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """The diagnostics as text, one block each in the order given, without a final newline.

    More than one are followed by a line that counts them.
    """
    shown = list(diagnostics)
    lines: dict[int, list[str]] = {}
    blocks = [_block(diagnostic, lines, color) for diagnostic in shown]
    if len(shown) > 1:
        blocks.append(summary(shown))
    return "\n\n".join(blocks)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are of each severity: "2 errors, 1 warning"; empty when there are none."""
    severities = [diagnostic.severity for diagnostic in diagnostics]
    counts = ((severity, severities.count(severity)) for severity in Severity)
    return ", ".join(f"{n} {severity}{'s' if n > 1 else ''}" for severity, n in counts if n)


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """The diagnostics as JSON objects: places are 1-based, ends exclusive, null when unknown."""
    return [_json(diagnostic) for diagnostic in diagnostics]


def to_sarif(diagnostics: Iterable[Diagnostic], *, version: str) -> dict[str, object]:
    """A SARIF 2.1.0 log of one run of this tool at the given version."""
    shown = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in shown})
    driver = {"name": "penstock", "version": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes) for diagnostic in shown],
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that the word was probably meant to be, or None when none is near."""
    return _nearest(word, tuple(candidates))


@lru_cache(maxsize=128)
def _nearest(word: str, candidates: tuple[str, ...]) -> str | None:
    # A word that is misspelt inside a loop is looked for each time around.
    from difflib import get_close_matches

    spellings: dict[str, str] = {}
    for candidate in candidates:
        spellings.setdefault(candidate.lower(), candidate)
    matches = get_close_matches(word.lower(), spellings, n=1, cutoff=0.6)
    return spellings[matches[0]] if matches else None


def _block(diagnostic: Diagnostic, lines: dict[int, list[str]], color: bool) -> str:
    span = diagnostic.span
    width = len(str(span.line)) if span else 1
    paint = _painter(color)
    severity = _COLORS[diagnostic.severity]
    block = [
        paint(severity, f"{diagnostic.severity}[{diagnostic.code}]")
        + paint(_BOLD, f": {_safe(diagnostic.message)}")
    ]
    if span:
        block.append(" " * width + paint(_DIM, "-->") + f" {_safe(str(span))}")
        block.extend(_snippet(diagnostic, span, lines, width, color))
    for related in diagnostic.related:
        place, message = _safe(str(related.span)), _safe(related.message)
        block.append(" " * width + paint(_DIM, ":::") + f" {place}  {message}")
    if diagnostic.help:
        block.append(" " * (width + 1) + paint(_DIM, "= help:") + f" {_safe(diagnostic.help)}")
    return "\n".join(block)


def _snippet(
    diagnostic: Diagnostic, span: Span, lines: dict[int, list[str]], width: int, color: bool
) -> list[str]:
    """The line of the place, the one before it, and the carets; empty if there is no such line."""
    texts = _lines(span.source, lines)
    if not 1 <= span.line <= len(texts):
        return []
    paint = _painter(color)
    text = texts[span.line - 1]
    start = max(0, span.column - 1 - _LEAD) if len(text) > _WIDTH else 0
    end = span.end_column - 1 if span.end_line == span.line else len(text)
    before = _columns(text[start : span.column - 1])
    marked = _columns(text[span.column - 1 : min(end, start + _WIDTH)])
    gutter = " " * (width + 1) + paint(_DIM, "|")
    shown = [gutter]
    if span.line > 1:
        shown.append(_numbered(span.line - 1, texts[span.line - 2], start, width, color))
    shown.append(_numbered(span.line, text, start, width, color))
    label = f" {_safe(diagnostic.label)}" if diagnostic.label else ""
    pointer = paint(_COLORS[diagnostic.severity], "^" * max(1, marked) + label)
    shown.append(f"{gutter} {' ' * before}{pointer}")
    return [*shown, gutter] if diagnostic.related or diagnostic.help else shown


def _numbered(number: int, text: str, start: int, width: int, color: bool) -> str:
    margin = _painter(color)(_DIM, f"{number:>{width}} |")
    return f"{margin} {_window(text, start)}".rstrip()


def _window(text: str, start: int) -> str:
    """The part of a line that is shown, from a character on; "…" where something is cut off."""
    part = text[start : start + _WIDTH]
    if start and part:
        part = "…" + " " * (_columns(part[0]) - 1) + part[1:]
    if len(text) > start + _WIDTH:
        part = part[:-1] + "…"
    return _safe(part).replace("\t", _TAB)


def _columns(text: str) -> int:
    """How many terminal cells a text takes."""
    tabs = text.count("\t") * (len(_TAB) - 1)
    if text.isascii():
        return len(text) + tabs
    from unicodedata import combining, east_asian_width

    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + tabs + wide - sum(combining(character) > 0 for character in text)


def _lines(source: Source, known: dict[int, list[str]]) -> list[str]:
    if id(source) not in known:
        known[id(source)] = lines_of(source.text)
    return known[id(source)]


def _safe(text: str) -> str:
    """The text, cut when very long, with what could steer the terminal replaced."""
    return re.sub(_UNSAFE, "\ufffd", _cut(text))


def _cut(text: str) -> str:
    """The text in the length at which the service cuts its own messages."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "[...]"


def _painter(color: bool) -> Callable[[str, str], str]:
    return (lambda code, text: f"{code}{text}{_END}") if color else (lambda _code, text: text)


def _json(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": _cut(diagnostic.message),
        **_place(diagnostic.span),
        "label": diagnostic.label or None,
        "related": [
            {"message": other.message, **_place(other.span)} for other in diagnostic.related
        ],
        "help": diagnostic.help,
        "serviceText": diagnostic.service_text,
    }


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "endLine", "endColumn"))
    return {
        "file": span.source.label,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _rule(code: str) -> dict[str, object]:
    title, explanation = CODES.get(code, (code, ""))
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": explanation},
    }


def _result(diagnostic: Diagnostic, codes: Sequence[str]) -> dict[str, object]:
    text = _cut(diagnostic.message) + (f" ({diagnostic.help})" if diagnostic.help else "")
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": str(diagnostic.severity),
        "message": {"text": text},
    }
    if diagnostic.span:
        result["locations"] = [{"physicalLocation": _location(diagnostic.span)}]
    if diagnostic.related:
        result["relatedLocations"] = [_related(i, o) for i, o in enumerate(diagnostic.related, 1)]
    return result


def _related(number: int, related: Related) -> dict[str, object]:
    return {
        "id": number,
        "message": {"text": related.message},
        "physicalLocation": _location(related.span),
    }


def _location(span: Span) -> dict[str, object]:
    from urllib.parse import quote

    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    artifact: dict[str, object] = {"uri": quote(span.source.name)}
    if span.source.repository != "self":
        artifact["uriBaseId"] = span.source.repository
    return {"artifactLocation": artifact, "region": region}
