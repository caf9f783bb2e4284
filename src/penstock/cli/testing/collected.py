"""Runs pytest in this process over files that `penstock test` found, and takes down what it says.

The user's `addopts` are not used: they may ask for plug-ins that print or spread the tests.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.options import Failure
from penstock.cli.testing import pytest_plugin
from penstock.cli.testing.cases import Outcome
from penstock.cli.testing.coverage import Coverage
from penstock.cli.testing.discovery import FIXTURE
from penstock.cli.testing.pipelines import Session
from penstock.cli.testing.snapshots import Snapshots

_FINE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def run(files: Iterable[Path], coverage: Coverage, *, words: str, update: bool) -> list[Outcome]:
    """The outcomes of the tests in these files that take our fixture; Failure if pytest fails."""
    paths = list(files)
    listener = _Listener(Session(coverage=coverage, snapshots=Snapshots(update=update)), words)
    options = ["-o", "addopts=", "-p", "penstock", "-p", "no:cacheprovider", "-vv", "--tb=short"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main([*options, *map(str, paths)], plugins=[listener])
    if code not in _FINE and not listener.outcomes:
        said = [line for line in printed.getvalue().splitlines() if line.strip()]
        raise Failure(
            "pytest cannot run the Python tests: " + (said[-1].strip() if said else str(code)),
            f"`python -m pytest {paths[0]}` shows more",
        )
    return list(listener.outcomes.values())


class _Listener:
    def __init__(self, session: Session, words: str) -> None:
        self._session = session
        self._words = words
        self._items: dict[str, pytest.Item] = {}
        self._root = Path()
        self.outcomes: dict[str, Outcome] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[pytest_plugin.SESSION] = self._session

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        kept = [item for item in items if _takes_fixture(item) and self._is_wanted(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
        self._items = {item.nodeid: item for item in kept}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            name = "the file can be imported"
            file = report.nodeid or "pytest"
            self.outcomes[report.nodeid] = Outcome(file=file, name=name, text=report.longreprtext)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid)
        file, line, name = self._place(report)
        text = report.longreprtext if report.failed else ""
        self.outcomes[report.nodeid] = Outcome(
            file=file,
            name=name,
            line=line,
            text="\n".join(filter(None, (before.text if before else "", text))),
            skipped=_why_skipped(report) or (before.skipped if before else ""),
            seconds=report.duration + (before.seconds if before else 0.0),
        )

    def _is_wanted(self, item: pytest.Item) -> bool:
        return self._words in item.nodeid.casefold()

    def _place(self, report: pytest.TestReport) -> tuple[str, int, str]:
        item = self._items.get(report.nodeid)
        name = report.nodeid.partition("::")[2] or report.nodeid
        file = os.path.relpath(item.path) if item else report.nodeid.partition("::")[0]
        return file, (report.location[1] or 0) + 1, name


def _takes_fixture(item: pytest.Item) -> bool:
    """Whether a test takes the fixture `pipeline`, and that of ours."""
    info: Any = getattr(item, "_fixtureinfo", None)
    known: Sequence[Any] = info.name2fixturedefs.get(FIXTURE, ()) if info else ()
    return bool(known) and known[-1].func.__module__ == pytest_plugin.__name__


def _why_skipped(report: pytest.TestReport) -> str:
    if not report.skipped:
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(getattr(report, "wasxfail", "")) or "skipped"
