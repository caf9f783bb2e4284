"""Branch coverage of `${{ if }}` and `${{ each }}`: which ways through the files no test took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.language import yaml
from penstock.language.compiler import Compiled
from penstock.language.source import Diagnostic, Severity, Source, Span
from penstock.language.templates.branches import Branch, Spot, branches_of
from penstock.records import record

_NEVER = {True: "never taken", False: "never left out"}
_WHAT = "branches of ${{ if }} and ${{ each }}"
_LONGEST = 60


@record(kw_only=False)
class Tally:
    """One branch of a file, and whether any test took it."""

    branch: Branch
    taken: bool


class Coverage:
    """The branches of every file that the compiles of a session read."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._outcomes: set[tuple[Spot, bool]] = set()

    def add(self, compiled: Compiled) -> None:
        """Count what a compile took."""
        for source in compiled.files:
            self._sources[source.label] = source
        self._outcomes |= compiled.taken.outcomes()

    def tallies(self) -> list[Tally]:
        """Every branch, by file and place."""
        found = [
            Tally(branch, (Spot.of(branch.span), branch.outcome) in self._outcomes)
            for label in sorted(self._sources)
            for branch in branches_of(yaml.parse(self._sources[label]).root)
        ]
        return sorted(found, key=lambda tally: _order(tally.branch.span))

    def to_data(self) -> dict[str, Any]:
        """All of it as JSON, for `merge` in another process."""
        return {
            "sources": [[s.name, s.text, s.repository] for s in self._sources.values()],
            "outcomes": [
                [spot.file, spot.line, spot.column, outcome] for spot, outcome in self._outcomes
            ],
        }

    def merge(self, data: dict[str, Any]) -> None:
        """Add what another process counted."""
        for name, text, repository in data["sources"]:
            source = Source(name, text, repository)
            self._sources[source.label] = source
        self._outcomes |= {
            (Spot(file, line, column), outcome) for file, line, column, outcome in data["outcomes"]
        }


def _order(span: Span) -> tuple[str, int, int]:
    return span.source.label, span.line, span.column


def percent(tallies: Iterable[Tally]) -> float:
    """How many of a hundred branches were taken; all of them where there are none."""
    counted = list(tallies)
    taken = sum(tally.taken for tally in counted)
    return 100.0 * taken / len(counted) if counted else 100.0


def coverage_lines(tallies: list[Tally]) -> Iterator[str]:
    """How much was covered, and the place of every branch that was not; nothing without any."""
    if not tallies:
        return
    taken = sum(tally.taken for tally in tallies)
    share = f"{percent(tallies):.0f} %" if taken < len(tallies) else "all"
    yield f"{_WHAT}: {taken} of {len(tallies)} taken ({share})"
    missed = [tally.branch for tally in tallies if not tally.taken]
    width = max((len(_place(branch)) for branch in missed), default=0)
    for branch in missed:
        yield f"  {_place(branch).ljust(width)}  {_NEVER[branch.outcome]}  {_directive(branch)}"


def _place(branch: Branch) -> str:
    return f"{branch.span.source.label}:{branch.span.line}"


def _directive(branch: Branch) -> str:
    text = f"{branch.keyword} {branch.text}".strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def coverage_json(tallies: list[Tally]) -> dict[str, Any]:
    """The figures and every branch with its place."""
    return {
        "taken": sum(tally.taken for tally in tallies),
        "total": len(tallies),
        "percent": round(percent(tallies), 2),
        "branches": [
            {
                "file": tally.branch.span.source.label,
                "line": tally.branch.span.line,
                "column": tally.branch.span.column,
                "directive": f"{tally.branch.keyword} {tally.branch.text}".strip(),
                "way": "in" if tally.branch.outcome else "past",
                "taken": tally.taken,
            }
            for tally in tallies
        ],
    }


def missed(tallies: Iterable[Tally]) -> Iterator[Diagnostic]:
    """A note for every branch that no test took, for tools that show places."""
    for tally in tallies:
        branch = tally.branch
        if not tally.taken:
            what = "body" if branch.outcome else "way past it"
            yield Diagnostic(
                code="PS4017",
                message=f"no test takes the {what} of `{_directive(branch)}`",
                span=branch.span,
                severity=Severity.NOTE,
                label=_NEVER[branch.outcome],
            )
