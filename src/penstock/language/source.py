"""Named texts, places in them, and messages about those places: all that the language says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first: an earlier definition, the file that includes it."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
