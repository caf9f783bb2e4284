"""What a session of tests came to: as text, JSON, JUnit XML and SARIF. Pure: outcomes in, text out.

The XML is what `PublishTestResults@2` reads with `testResultsFormat: JUnit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from penstock import __version__
from penstock.cli.explaining.evaluated import BAD, BOLD, DIM, GOOD, WARNING, Paint
from penstock.cli.terminal import one_line, printable
from penstock.cli.testing.cases import Outcome
from penstock.cli.testing.coverage import Tally, coverage_json, coverage_lines, missed, percent
from penstock.language.diagnostics import render, to_json, to_sarif
from penstock.language.source import Diagnostic
from penstock.records import record

FORMS = ("text", "json", "junit", "sarif")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@record
class Report:
    """All that a session found. `invalid` are faults of the test files themselves; `notes` are
    lines for people; `is_partial` is set where not all tests were to run."""

    outcomes: tuple[Outcome, ...]
    invalid: tuple[Diagnostic, ...] = ()
    tallies: tuple[Tally, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    is_partial: bool = False
    fail_under: float = 0.0

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The tests that failed."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def is_covered(self) -> bool:
        """Whether enough branches were taken."""
        return percent(self.tallies) >= self.fail_under

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Every difference found, each once."""
        found = (d for outcome in self.outcomes for d in outcome.diagnostics)
        return tuple(dict.fromkeys((*self.invalid, *found)))


def outcome_line(outcome: Outcome, paint: Paint) -> str:
    """`✓ NAME`, `✗ NAME`, `- NAME`."""
    if outcome.skipped:
        return f"  {paint(WARNING, '-')} {one_line(outcome.name)}  {paint(DIM, outcome.skipped)}"
    mark = paint(GOOD, "✓") if outcome.passed else paint(BAD, "✗")
    return f"  {mark} {one_line(outcome.name)}"


def ending(report: Report, paint: Paint, *, color: bool) -> str:
    """What stands below the list of tests: every failure in full, the coverage, the counts."""
    blocks = list(_failures(report, paint, color=color))
    if report.invalid:
        blocks.append(printable(render(report.invalid, color=color)))
    lines = [] if report.is_partial else list(coverage_lines(list(report.tallies)))
    if lines:
        blocks.append("\n".join(map(one_line, lines)))
    if report.notes:
        blocks.append("\n".join(f"{paint(DIM, 'note')}: {one_line(note)}" for note in report.notes))
    blocks.append(_counts(report, paint))
    return "\n\n".join(blocks)


def _failures(report: Report, paint: Paint, *, color: bool) -> Iterator[str]:
    """Every failure in full; one that says what another said names that, as when the pipeline does
    not compile for any test."""
    first: dict[object, str] = {}
    for outcome in report.failed:
        title = f"{outcome.file} › {outcome.name}"
        head = f"{paint(BAD, '✗')} {paint(BOLD, one_line(title))}"
        said = (*((d.code, d.message, d.span) for d in outcome.diagnostics), outcome.text)
        known = first.setdefault(said, title)
        if known != title:
            yield f"{head}\n  {paint(DIM, 'for the same reason as')} {one_line(known)}"
        else:
            yield f"{head}\n\n{told(outcome, color=color)}"


def told(outcome: Outcome, *, color: bool) -> str:
    """Everything a failed test says, for people."""
    parts = [printable(render([d], color=color)) for d in outcome.diagnostics]
    parts += [printable(outcome.text)] if outcome.text else []
    return "\n\n".join(parts)


def _counts(report: Report, paint: Paint) -> str:
    failed, skipped = len(report.failed), sum(bool(o.skipped) for o in report.outcomes)
    counts = [f"{len(report.outcomes) - failed - skipped} passed"]
    counts += [f"{failed} failed"] if failed else []
    counts += [f"{skipped} skipped"] if skipped else []
    if report.invalid:
        files = len({d.span.source.label for d in report.invalid if d.span})
        counts.append(f"{files} test file{'s' if files != 1 else ''} not valid")
    good = not failed and not report.invalid and report.is_covered
    line = f"{', '.join(counts)} in {report.seconds:.2f} s"
    text = paint(GOOD if good else BAD, line)
    if not report.is_covered:
        share = f"{percent(report.tallies):.2f}".rstrip("0").rstrip(".")
        told = f"{share} % of the branches were taken, less than {report.fail_under:g} %"
        text += f"\n{paint(BAD, told)}"
    return text


def in_form(report: Report, form: str) -> str:
    """The report as JSON, JUnit XML or SARIF."""
    match form:
        case "json":
            return _json_text(_data(report))
        case "sarif":
            found = (*report.diagnostics, *missed(report.tallies))
            return _json_text(to_sarif(found, version=__version__))
    return _junit(report)


def _json_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def _data(report: Report) -> dict[str, Any]:
    return {
        "passed": sum(o.passed and not o.skipped for o in report.outcomes),
        "failed": len(report.failed),
        "skipped": sum(bool(o.skipped) for o in report.outcomes),
        "tests": [
            {
                "file": outcome.file,
                "line": outcome.line,
                "name": outcome.name,
                "outcome": _word(outcome),
                "seconds": round(outcome.seconds, 4),
                "diagnostics": to_json(outcome.diagnostics),
                "text": outcome.text or None,
            }
            for outcome in report.outcomes
        ],
        "invalid": to_json(report.invalid),
        "coverage": coverage_json(list(report.tallies)),
    }


def _word(outcome: Outcome) -> str:
    if outcome.skipped:
        return "skipped"
    return "passed" if outcome.passed else "failed"


def _junit(report: Report) -> str:
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="penstock test")
    by_file: dict[str, list[Outcome]] = {}
    for outcome in (*report.outcomes, *_invalid_files(report)):
        by_file.setdefault(outcome.file, []).append(outcome)
    for file, outcomes in by_file.items():
        suite = ElementTree.SubElement(root, "testsuite", _suite(file, outcomes))
        for outcome in outcomes:
            _testcase(ElementTree.SubElement(suite, "testcase"), outcome)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


def _suite(file: str, outcomes: list[Outcome]) -> dict[str, str]:
    return {
        "name": _xml(file),
        "tests": str(len(outcomes)),
        "failures": str(sum(not outcome.passed for outcome in outcomes)),
        "errors": "0",
        "skipped": str(sum(bool(outcome.skipped) for outcome in outcomes)),
        "time": f"{sum(outcome.seconds for outcome in outcomes):.4f}",
    }


def _testcase(element: Any, outcome: Outcome) -> None:
    from xml.etree import ElementTree

    element.set("classname", _xml(outcome.file))
    element.set("name", _xml(outcome.name))
    element.set("time", f"{outcome.seconds:.4f}")
    element.set("file", _xml(outcome.file))
    element.set("line", str(outcome.line))
    if outcome.skipped:
        ElementTree.SubElement(element, "skipped", message=_xml(outcome.skipped))
    elif not outcome.passed:
        first = next((d.message for d in outcome.diagnostics), outcome.text.strip())
        message = _xml((first.splitlines() or [""])[0])
        failure = ElementTree.SubElement(element, "failure", message=message, type="failure")
        failure.text = _xml(told(outcome, color=False))


def _invalid_files(report: Report) -> Iterator[Outcome]:
    """A test file that cannot be read is a test that failed."""
    by_file: dict[str, list[Diagnostic]] = {}
    for one in report.invalid:
        by_file.setdefault(one.span.source.label if one.span else "", []).append(one)
    for file, found in by_file.items():
        yield Outcome(file=file, name="the file can be read", diagnostics=tuple(found))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
