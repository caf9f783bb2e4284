"""One session of `penstock test`: every test file found, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure
from penstock.cli.testing.cases import Bench, Outcome, try_case
from penstock.cli.testing.coverage import Coverage
from penstock.cli.testing.discovery import Found
from penstock.cli.testing.documents import TestFile, read_test_file
from penstock.cli.testing.reports import Report
from penstock.cli.testing.snapshots import Snapshots
from penstock.devops.repository import find_root
from penstock.language.source import Diagnostic, decode


class Session:
    """Runs tests and keeps what they came to. Only those whose file and name hold `words` run."""

    def __init__(self, *, words: str = "", update: bool = False) -> None:
        self._words = words.casefold()
        self._update = update
        self._coverage = Coverage()
        self._snapshots = Snapshots(update=update)
        self._done: list[Outcome] = []
        self._invalid: list[Diagnostic] = []
        self._notes: list[str] = []

    def outcomes(self, found: Found) -> Iterator[Outcome]:
        """Run everything that was found; each test's outcome as soon as it is known.

        Raises Failure (exit 3) where no test is left by the words, (exit 6) where tests are in
        Python and there is no pytest.
        """
        from penstock.cli.testing.python_tests import need_pytest, run_python_tests

        need_pytest(found.python)
        for path in found.yaml:
            for outcome in self._of_file(path):
                self._done.append(outcome)
                yield outcome
        if found.python:
            outcomes = run_python_tests(
                found.python, self._coverage, words=self._words, update=self._update
            )
            for outcome in outcomes:
                self._done.append(outcome)
                yield outcome
        if not self._done and not self._invalid and not self._words:
            help = "docs/testing.md shows how tests in Python are written"
            raise Failure("no test takes the fixture `pipeline` of Penstock", help, Exit.NOT_FOUND)
        if not self._done and not self._invalid:
            help = "leave -k out to see the names of all"
            message = f'no test has "{self._words}" in its file or name'
            raise Failure(message, help, Exit.NOT_FOUND)

    def report(self, seconds: float, fail_under: float) -> Report:
        """What it all came to."""
        written = len(self._snapshots.written)
        if written:
            self._notes.append(f"{written} snapshot{'s' if written > 1 else ''} written")
        return Report(
            outcomes=tuple(self._done),
            invalid=tuple(self._invalid),
            tallies=tuple(self._coverage.tallies()),
            notes=tuple(self._notes),
            seconds=seconds,
            is_partial=bool(self._words),
            fail_under=fail_under,
        )

    def _of_file(self, path: Path) -> Iterator[Outcome]:
        root = find_root(path.parent)
        read = read_at(path, root)
        self._invalid += read.diagnostics
        if read.diagnostics:
            return
        bench = Bench(root=root, path=path, coverage=self._coverage, snapshots=self._snapshots)
        for case in read.cases:
            if self._words in f"{read.source.name} {case.name}".casefold():
                yield try_case(case, bench)
        if not self._words:
            self._look_for_unused(path, root)

    def _look_for_unused(self, path: Path, root: Path) -> None:
        for unused in self._snapshots.unused(path):
            name = unused.relative_to(root)
            if self._update:
                unused.unlink()
                self._notes.append(f"{name} was removed: no test has that snapshot")
            else:
                self._notes.append(f"{name} belongs to no test; --update-snapshots removes it")


def read_at(path: Path, root: Path) -> TestFile:
    """The test file at a path, named as seen from the root of its project."""
    source, fault = decode(path.read_bytes(), path.relative_to(root).as_posix())
    return TestFile(source, (), (fault,)) if fault else read_test_file(source)
