"""Tries the cases of test files: given and assumed as they say, compared with what they expect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from penstock.cli.options import Failure
from penstock.cli.reading.loading import Loaded
from penstock.cli.testing.assumed import Refused, read_assumed
from penstock.cli.testing.checks import Context, check, check_errors
from penstock.cli.testing.coverage import Coverage
from penstock.cli.testing.documents import Case
from penstock.cli.testing.given import BRANCH, Given, load_given, options_of
from penstock.cli.testing.runs import simulate
from penstock.cli.testing.snapshots import Snapshots
from penstock.language.canonical import dump
from penstock.language.source import Diagnostic, Related, Severity, Source, has_errors
from penstock.language.yaml import Mapping as Tree
from penstock.language.yaml import Node, Scalar
from penstock.records import record

_PARAMETER = "--parameter "
_NOT_GIVEN = "PS1210"
_NO_VALUE = "PS1204"


@record
class Outcome:
    """How one test ended: it passed where there are no diagnostics. `text` is further output, of a
    test written in Python."""

    file: str
    name: str
    line: int = 1
    diagnostics: tuple[Diagnostic, ...] = ()
    text: str = ""
    skipped: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.text and not has_errors(self.diagnostics)


@record
class Bench:
    """What the cases of a session share. `root` is the project of the test file at `path`."""

    root: Path
    path: Path
    coverage: Coverage
    snapshots: Snapshots


def try_case(case: Case, bench: Bench) -> Outcome:
    """Try one case."""
    start = perf_counter()
    told: list[str] = []
    try:
        found = tuple(_differences(case, bench, told))
    except Refused as refused:
        found = refused.diagnostics
    return Outcome(
        file=case.span.source.label,
        name=case.name,
        line=case.span.line,
        diagnostics=found,
        text="\n\n".join(told),
        seconds=perf_counter() - start,
    )


def _differences(case: Case, bench: Bench, told: list[str]) -> Iterator[Diagnostic]:
    given = _given(case, bench)
    loaded = _loaded(case, given, bench)
    bench.coverage.add(loaded.compiled)
    found = (*loaded.library.diagnostics, *loaded.compiled.diagnostics)
    errors = [one for one in found if one.severity is Severity.ERROR]
    expected = case.expected
    wanted = expected.get("errors") if expected else None
    if wanted is not None:
        yield from _placed(check_errors(wanted, errors), case)
        if errors:
            return
    elif errors:
        yield from _in_test(_placed(errors, case), case)
        return
    secrets = dict(given.secrets)
    assume, outputs = case.entries("assume"), case.entries("outputs")
    run = simulate(loaded, secrets, lambda plan: read_assumed(plan, assume, outputs))
    assert run is not None
    if expected is None:
        return
    yield from check(expected, Context(run, _options(case, given, loaded)))
    snapshot = expected.get("snapshot")
    if isinstance(snapshot, Scalar) and snapshot.value.casefold() != "false":
        yield from _snapshot(case, snapshot, loaded, bench, told)


def _in_test(errors: Iterable[Diagnostic], case: Case) -> Iterator[Diagnostic]:
    """Errors of the pipeline, each with the test that met it."""
    place = Related(case.span, f'met by the test "{case.name}"')
    for error in errors:
        told = replace(error, help=_help_in_test(error))
        yield replace(told, related=(*told.related, place)) if told.span != case.span else told


def _help_in_test(error: Diagnostic) -> str | None:
    """The next step, where a test gives what the command line gives elsewhere."""
    if error.code == _NOT_GIVEN:
        return "give its folder in the test: `repositories: { NAME: FOLDER }`"
    if error.code == _NO_VALUE and not error.related:
        return "give one in the test: `parameters: { NAME: VALUE }`; or add a default"
    return error.help


def _snapshot(
    case: Case, at: Scalar, loaded: Loaded, bench: Bench, told: list[str]
) -> Iterator[Diagnostic]:
    tree = loaded.compiled.tree
    assert tree is not None
    name = case.name if at.value.casefold() in ("true", "yes", "") else at.value
    difference = bench.snapshots.compare(bench.path, name, dump(tree))
    if difference is not None:
        message, help = difference.told(bench.root)
        yield Diagnostic(code="PS4016", message=message, span=at.span, help=help)
        told.append(difference.diff)


# --- what is given


def _given(case: Case, bench: Bench) -> Given:
    return Given(
        pipeline=_pipeline(case, bench),
        branch=case.text("branch", BRANCH),
        reason=case.text("reason", "Manual"),
        parameters={e.key.value: _as_text(e.value) for e in case.entries("parameters")},
        variables=_texts(case, "variables"),
        groups={
            e.key.value: {key.value: _as_text(value) for key, value in _entries(e.value)}
            for e in case.entries("groups")
        },
        secrets=_texts(case, "secrets"),
        repositories=_folders(case, bench),
    )


def _pipeline(case: Case, bench: Bench) -> str | None:
    """The path of the pipeline from the root: written as a template is referred to."""
    named = case.settings.get("pipeline")
    if not isinstance(named, Scalar) or not named.value:
        return None
    base = bench.root if named.value.startswith("/") else bench.path.parent
    path = (base / named.value.lstrip("/")).resolve()
    if not path.is_file() or not path.is_relative_to(bench.root):
        where = "the folder of the test file" if base != bench.root else "the root of the project"
        raise Refused(
            Diagnostic(
                code="PS4006",
                message=f'there is no pipeline "{named.value}"',
                span=named.span,
                label="no such file",
                help=f"a path is seen from {where}; one that begins with / from the root",
            )
        )
    return path.relative_to(bench.root).as_posix()


def _folders(case: Case, bench: Bench) -> dict[str, str]:
    found = {}
    for entry in case.entries("repositories"):
        folder = (bench.path.parent / _as_text(entry.value)).resolve()
        if not folder.is_dir():
            raise Refused(
                Diagnostic(
                    code="PS4006",
                    message=f'there is no folder "{_as_text(entry.value)}"',
                    span=entry.value.span,
                    label="no such folder",
                    help="a path is seen from the folder of the test file",
                )
            )
        found[entry.key.value] = str(folder)
    return found


def _texts(case: Case, key: str) -> dict[str, str]:
    return {entry.key.value: _as_text(entry.value) for entry in case.entries(key)}


def _as_text(node: Node) -> str:
    if isinstance(node, Scalar):
        return "" if node.is_null else node.value
    return dump(node)


def _entries(node: Node) -> Iterable[tuple[Scalar, Node]]:
    return [(e.key, e.value) for e in node.entries] if isinstance(node, Tree) else []


def _loaded(case: Case, given: Given, bench: Bench) -> Loaded:
    folder = bench.root if given.pipeline else bench.path.parent
    try:
        return load_given(folder, given)
    except Failure as failure:
        raise Refused(
            Diagnostic(
                code="PS4006",
                message=failure.message,
                span=case.span,
                help="name it in the test file: `pipeline: PATH`",
            )
        ) from failure


# --- places and options


def _placed(diagnostics: Iterable[Diagnostic], case: Case) -> Iterator[Diagnostic]:
    """Faults of parameter values, which have no file, are put where the test has the values."""
    given = {entry.key.value: entry for entry in case.entries("parameters")}
    for one in diagnostics:
        source = one.span.source if one.span else Source("", "")
        value, name = given.get(source.name.removeprefix(_PARAMETER)), given.get(source.text)
        if source.name.startswith(_PARAMETER) and value is not None:
            yield replace(one, span=value.value.span)
        elif source.name == _PARAMETER.strip() and name is not None:
            yield replace(one, span=name.key.span)
        else:
            yield one


def _options(case: Case, given: Given, loaded: Loaded) -> str:
    from shlex import quote

    assumed = _flat(case, "assume")
    found = [options_of(given), *(f"--assume {quote(f'{p}={r}')}" for p, r in assumed.items())]
    for entry in case.entries("outputs"):
        for key, value in _entries(entry.value):
            job, name = entry.key.value, key.value
            if "." not in name:
                job, _, step = job.rpartition("/")
                name = f"{step}.{name}"
            found.append(f"--assume-output {quote(f'{job}.{name}={_as_text(value)}')}")
    return " ".join([*found, loaded.path])


def _flat(case: Case, key: str) -> Mapping[str, str]:
    return {entry.key.value: _as_text(entry.value) for entry in case.entries(key)}
