"""Named texts, places in them, and messages about those places: all that the language says."""

from __future__ import annotations

import re
from dataclasses import field
from enum import StrEnum
from functools import lru_cache

from penstock.records import record

_RARE_BREAK = "[\r\x85\u2028\u2029]"


@record(kw_only=False)
class Source:
    """A text with the name a user knows it by: the path from the root of its repository.

    `repository` is the alias of the repository the text came from; `self` is never shown.
    """

    name: str
    text: str = field(repr=False)
    repository: str = "self"

    @property
    def label(self) -> str:
        """The name as messages print it: `path`, or `path@alias` for another repository."""
        return self.name if self.repository == "self" else f"{self.name}@{self.repository}"


@record(kw_only=False)
class Span:
    """A place in a source. Lines and columns are 1-based; the end is exclusive."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.source.label}:{self.line}:{self.column}"


class Severity(StrEnum):
    """How much a diagnostic matters; only an error stops a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@record(kw_only=False)
class Related:
    """A second place that explains the first: an earlier definition, the file that includes it."""

    span: Span
    message: str


@record
class Diagnostic:
    """A message about places in the user's text.

    `message` is lower case with the user's words in quotes; `label` stands at the caret ("not
    declared"); `help` is the one next step ('did you mean "environment"?'). `service_text` is the
    wording the Azure service uses for the same fault, where it is known.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = Severity.ERROR
    label: str = ""
    related: tuple[Related, ...] = ()
    help: str | None = None
    service_text: str | None = None


def has_errors(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> bool:
    """Whether any of the diagnostics stops a run."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends, counted as YAML counts them."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return re.sub(_RARE_BREAK, "\n", text).split("\n")


@lru_cache(maxsize=4)
def kept_lines(text: str) -> tuple[str, ...]:
    """`lines_of`, kept for the texts asked about last: a file may have thousands of faults."""
    return tuple(lines_of(text))


def decode(data: bytes, name: str, repository: str = "self") -> tuple[Source, Diagnostic | None]:
    """The source that a file's bytes hold, with a diagnostic if they are not UTF-8 text.

    A byte order mark of UTF-8 is dropped. What cannot be decoded is replaced, so that the
    diagnostic can show its line.
    """
    try:
        return Source(name, data.decode("utf-8-sig"), repository), None
    except UnicodeDecodeError as error:
        found = error
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            source = Source(name, data.decode(encoding, "replace"), repository)
            return source, _not_utf8(source, 1, 1, "UTF-16")
    source = Source(name, data.decode("utf-8", "replace"), repository)
    before = lines_of(data[: found.start].decode("utf-8", "replace"))
    return source, _not_utf8(source, len(before), len(before[-1]) + 1, f"0x{data[found.start]:02x}")


def _not_utf8(source: Source, line: int, column: int, found: str) -> Diagnostic:
    return Diagnostic(
        code="PS1001",
        message=f"this file is not UTF-8 text: found {found}",
        span=Span(source, line, column, line, column + 1),
        help="save it as UTF-8",
    )
