"""Pipelines for tests in Python: expand one, simulate a run of it, look at what would happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.cli.explaining.foresight import RESULTS
from penstock.cli.reading.loading import Loaded
from penstock.cli.testing.assumed import Refused, read_assumed
from penstock.cli.testing.coverage import Coverage
from penstock.cli.testing.given import Given, as_text, load_given
from penstock.cli.testing.runs import Run, simulate
from penstock.cli.testing.snapshots import Snapshots
from penstock.devops.repository import find_root
from penstock.language.canonical import dump
from penstock.language.diagnostics import nearest, render
from penstock.language.source import Diagnostic, Severity, Source, Span
from penstock.language.yaml import Entry, Node, Scalar
from penstock.language.yaml import Mapping as Tree
from penstock.records import field_names, record


class InvalidPipeline(Exception):
    """the pipeline does not compile; the message shows every error with its place"""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"the pipeline does not compile\n\n{render(diagnostics)}")
        self.diagnostics = diagnostics


class SnapshotDiffers(AssertionError):
    """the expansion is not the one that the snapshot has"""


@record
class Session:
    """What the tests of one session share."""

    coverage: Coverage
    snapshots: Snapshots


class Expansion:
    """A pipeline with every template and expression expanded."""

    def __init__(self, loaded: Loaded, test: Path, name: str, session: Session) -> None:
        assert loaded.compiled.tree is not None
        self._tree: Node = loaded.compiled.tree
        self._root = loaded.root
        self._test, self._name, self._session = test, name, session

    @property
    def yaml(self) -> str:
        """The final YAML, as `penstock expand` prints it."""
        return dump(self._tree)

    @property
    def data(self) -> Any:
        """The final YAML as dictionaries, lists and texts: every leaf is a text."""
        return _plain(self._tree)

    def matches_snapshot(self, name: str = "") -> bool:
        """Compare with the snapshot beside the test file, by the name of the test.

        Raises SnapshotDiffers with the difference, so that `assert` shows it. Give a `name` where a
        test looks at several.
        """
        __tracebackhide__ = True
        difference = self._session.snapshots.compare(self._test, name or self._name, self.yaml)
        if difference is None:
            return True
        message, help = difference.told(self._root)
        both = "penstock test --update-snapshots (or pytest --update-pipeline-snapshots)"
        help = help.replace("--update-snapshots", both)
        raise SnapshotDiffers("\n".join(filter(None, (message, help, difference.diff))))


class Pipeline:
    """A pipeline, and what every run of it in a test is given.

    All methods take what is given by name: `branch`, `reason`, `parameters`, `variables`, `groups`,
    `secrets`, `repositories`.
    """

    def __init__(self, test: Path, name: str, session: Session, given: Given | None = None) -> None:
        self._test = test
        self._name = name
        self._session = session
        self._given = given or Given()

    def at(self, path: str) -> Pipeline:
        """The pipeline in another file: seen from the test's folder, or with `/` from the root."""
        root = find_root(self._test.parent)
        base = root if path.startswith("/") else self._test.parent
        file = (base / path.lstrip("/")).resolve()
        if not file.is_file() or not file.is_relative_to(root):
            raise FileNotFoundError(f'there is no pipeline "{path}" in {base}')
        given = replace(self._given, pipeline=file.relative_to(root).as_posix())
        return Pipeline(self._test, self._name, self._session, given)

    def given(self, **given: Any) -> Pipeline:
        """The same pipeline, in whose runs all this is given."""
        return Pipeline(self._test, self._name, self._session, self._with(given))

    def expand(self, **given: Any) -> Expansion:
        """The expanded pipeline; InvalidPipeline where it does not compile."""
        __tracebackhide__ = True
        return Expansion(self._compiled(given), self._test, self._name, self._session)

    def errors(self, **given: Any) -> list[Diagnostic]:
        """The errors of compiling it; none where it compiles."""
        return _errors(self._load(given))

    def run(
        self,
        *,
        assume: Mapping[str, str] | None = None,
        outputs: Mapping[str, Mapping[str, object]] | None = None,
        **given: Any,
    ) -> Run:
        """A simulated run in which everything succeeds but what `assume` says.

        `assume` has results by path (`{"Build/Compile": "failed"}`); `outputs` what steps set, by
        the path of the step (`{"Build/Compile/paint": {"colour": "green"}}`). InvalidPipeline where
        it does not compile, LookupError where a path leads nowhere.
        """
        __tracebackhide__ = True
        loaded = self._compiled(given)
        results = [_entry(path, _result(word)) for path, word in (assume or {}).items()]
        values = [
            Entry(
                _scalar(path), Tree(tuple(_entry(n, as_text(v)) for n, v in of.items()), _NOWHERE)
            )
            for path, of in (outputs or {}).items()
        ]
        try:
            run = simulate(
                loaded,
                self._with(given).secrets,
                lambda plan: read_assumed(plan, results, values),
            )
        except Refused as refused:
            raise LookupError("; ".join(_told(refused.diagnostics))) from None
        assert run is not None
        return run

    def _compiled(self, given: Mapping[str, Any]) -> Loaded:
        __tracebackhide__ = True
        loaded = self._load(given)
        if errors := _errors(loaded):
            raise InvalidPipeline(tuple(errors))
        return loaded

    def _load(self, given: Mapping[str, Any]) -> Loaded:
        merged = self._with(given)
        folder = find_root(self._test.parent) if merged.pipeline else self._test.parent
        loaded = load_given(folder, merged)
        self._session.coverage.add(loaded.compiled)
        return loaded

    def _with(self, given: Mapping[str, Any]) -> Given:
        changes: dict[str, Any] = {}
        for name, value in given.items():
            if name not in _GIVEN:
                guess = nearest(name, _GIVEN)
                hint = f'did you mean "{guess}"?' if guess else f"give {', '.join(_GIVEN)}"
                raise TypeError(f'a pipeline is not given "{name}"; {hint}')
            changes[name] = self._merged(name, value)
        return replace(self._given, **changes)

    def _merged(self, name: str, value: Any) -> Any:
        if name in ("branch", "reason"):
            return value
        known: Mapping[str, Any] = getattr(self._given, name)
        if name == "groups":
            return {**known, **{g: _texts(v) for g, v in value.items()}}
        if name == "repositories":
            folder = self._test.parent
            return {**known, **{n: str((folder / str(v)).resolve()) for n, v in value.items()}}
        return {**known, **_texts(value)}


_GIVEN = tuple(name for name in field_names(Given) if name != "pipeline")
_NOWHERE = Span(Source("", ""), 0, 0, 0, 0)


def _errors(loaded: Loaded) -> list[Diagnostic]:
    found = (*loaded.library.diagnostics, *loaded.compiled.diagnostics)
    return [one for one in found if one.severity is Severity.ERROR]


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items()}


def _result(word: str) -> str:
    if word.casefold() not in RESULTS:
        raise ValueError(f'"{word}" is not a result; write {", ".join(RESULTS.values())}')
    return word


def _told(diagnostics: tuple[Diagnostic, ...]) -> Iterator[str]:
    for one in diagnostics:
        yield "; ".join(filter(None, (one.message, one.help)))


def _scalar(text: str) -> Scalar:
    return Scalar(text, _NOWHERE)


def _entry(name: str, text: str) -> Entry:
    return Entry(_scalar(name), _scalar(text))


def _plain(node: Node) -> Any:
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Tree():
            return {entry.key.value: _plain(entry.value) for entry in node.entries}
    return [_plain(item) for item in node.items]
