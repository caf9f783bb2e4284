"""Turns a scanner or parser error into a located diagnostic: what was found, what was expected, what to do."""

from __future__ import annotations

from yaml.error import YAMLError

from penstock.language.source import Diagnostic, Source, Span
from penstock.language.yaml.nodes import Scalar


def explain(
    error: YAMLError | UnicodeEncodeError, source: Source, last: Scalar | None
) -> Diagnostic:
    """The diagnostic for an error that stopped the reading."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Diagnostic(
        code="PS1006",
        message=str(getattr(error, "problem", error)),
        span=Span(source, line, column, line, column + 1),
    )
