"""The plug-in for pytest: the fixture `pipeline`, and `*.pipeline-test.yml` files as tests.

pytest imports this wherever Penstock is installed, so the rest is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from penstock.cli.testing.cases import Bench, Outcome
    from penstock.cli.testing.documents import Case
    from penstock.cli.testing.pipelines import Pipeline, Session

SESSION: pytest.StashKey[Session] = pytest.StashKey()
_WORKER_DATA = "penstock_coverage"
_SUFFIXES = (".pipeline-test.yml", ".pipeline-test.yaml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options."""
    group = parser.getgroup("penstock", "pipeline tests")
    group.addoption(
        "--update-pipeline-snapshots", action="store_true", help="write snapshots of pipelines anew"
    )
    group.addoption(
        "--pipeline-coverage",
        action="store_true",
        help="report which branches of ${{ if }} and ${{ each }} the tests took",
    )
    group.addoption(
        "--pipeline-fail-under",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="fail when fewer of these branches are taken",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Our marker."""
    config.addinivalue_line(
        "markers", "pipeline(path): the file that the fixture `pipeline` stands for"
    )


def session_of(config: pytest.Config) -> Session:
    """What the pipeline tests of this session share."""
    if SESSION not in config.stash:
        from penstock.cli.testing.coverage import Coverage
        from penstock.cli.testing.pipelines import Session
        from penstock.cli.testing.snapshots import Snapshots

        update = bool(config.getoption("--update-pipeline-snapshots"))
        config.stash[SESSION] = Session(coverage=Coverage(), snapshots=Snapshots(update=update))
    return config.stash[SESSION]


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> Pipeline:
    """The pipeline of the project around the test, to be expanded and simulated.

    It is azure-pipelines.yml beside the test or at the root of the project; the marker
    `@pytest.mark.pipeline(PATH)` names another.
    """
    from penstock.cli.testing.pipelines import Pipeline

    found = Pipeline(request.path, request.node.name, session_of(request.config))
    marker = request.node.get_closest_marker("pipeline")
    return found.at(marker.args[0]) if marker is not None else found


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A YAML test file."""
    if file_path.name.endswith(_SUFFIXES):
        collector: pytest.Collector = _TestFile.from_parent(parent, path=file_path)
        return collector
    return None


class _TestFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        from penstock.cli.testing.cases import Bench
        from penstock.cli.testing.session import read_at
        from penstock.devops.repository import find_root
        from penstock.language.diagnostics import render

        root = find_root(self.path.parent)
        read = read_at(self.path, root)
        if read.diagnostics:
            raise self.CollectError(render(read.diagnostics))
        shared = session_of(self.config)
        bench = Bench(
            root=root, path=self.path, coverage=shared.coverage, snapshots=shared.snapshots
        )
        for case in read.cases:
            yield _CaseItem.from_parent(self, name=case.name, case=case, bench=bench)


class _Failed(Exception):
    """the test failed; what differs is in the outcome"""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


class _CaseItem(pytest.Item):
    def __init__(self, *, case: Case, bench: Bench, **rest: Any) -> None:
        super().__init__(**rest)
        self._case = case
        self._bench = bench

    def runtest(self) -> None:
        from penstock.cli.testing.cases import try_case

        outcome = try_case(self._case, self._bench)
        if not outcome.passed:
            raise _Failed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Failed):
            from penstock.cli.testing.reports import told

            return told(excinfo.value.outcome, color=False)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._case.span.line - 1, self.name


# --- coverage, also of the processes of pytest-xdist


class _Worker:
    """Sends what was covered in a process of pytest-xdist to the one that reports."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None and SESSION in session.config.stash:
            output[_WORKER_DATA] = session.config.stash[SESSION].coverage.to_data()


class _Controller:
    """Takes in what the processes of pytest-xdist covered."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        data = getattr(node, "workeroutput", {}).get(_WORKER_DATA)
        if data:
            session_of(self._config).coverage.merge(data)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Find out in which of the processes of pytest-xdist this is, if it is there."""
    manager = session.config.pluginmanager
    manager.register(_Worker(), "penstock-worker")
    if manager.has_plugin("dsession"):
        manager.register(_Controller(session.config), "penstock-controller")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where too few branches were taken."""
    wanted = session.config.getoption("--pipeline-fail-under")
    is_worker = hasattr(session.config, "workerinput")
    if not wanted or is_worker or exitstatus != pytest.ExitCode.OK:
        return
    from penstock.cli.testing.coverage import percent

    if percent(session_of(session.config).coverage.tallies()) < wanted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The branches that no test took."""
    wanted = config.getoption("--pipeline-fail-under")
    if not (config.getoption("--pipeline-coverage") or wanted):
        return
    from penstock.cli.testing.coverage import coverage_lines, percent

    tallies = session_of(config).coverage.tallies()
    terminalreporter.section("pipeline coverage")
    for line in coverage_lines(tallies):
        terminalreporter.line(line)
    if percent(tallies) < wanted:
        text = f"{percent(tallies):.2f} % of the branches were taken, less than {wanted:g} %"
        terminalreporter.line(text, red=True)
