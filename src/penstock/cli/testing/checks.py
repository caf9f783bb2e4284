"""What a test expects, compared with a simulated run: every difference is a diagnostic.

It stands where the test says so; beside it stand the place in the pipeline, and why it is so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from typing import Any

from penstock.cli.options import Failure
from penstock.cli.testing.runs import UNKNOWN, Part, Run
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Related
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record

_VERBS = {
    "succeeded": "would run",
    "succeededWithIssues": "would have issues",
    "failed": "would fail",
    "canceled": "would be canceled",
    "skipped": "would be skipped",
    "abandoned": "would be abandoned, as its condition cannot be evaluated",
    UNKNOWN: "is not decided",
}
_SHORTEST_PART = 3
_OPERATORS = {
    "contains": "one that contains ",
    "matches": "one that matches ",
    "not": "another than ",
}
_LONGEST = 120


@record(kw_only=False)
class Context:
    """A run that is looked at, and the options with which `penstock explain` sees the same."""

    run: Run
    options: str


def check(expected: Mapping, context: Context) -> Iterator[Diagnostic]:
    """The differences between a run and what is expected of it, in the order written."""
    for entry in expected.entries:
        checker = _CHECKERS.get(entry.key.value)
        if checker is not None:
            yield from checker(entry.value, context)


# --- results


def _result(node: Node, context: Context) -> Iterator[Diagnostic]:
    found = context.run.result
    if isinstance(node, Scalar) and node.value != found:
        yield Diagnostic(
            code="PS4010",
            message=f"the run would end as {found}, and the test expects {node.value}",
            span=node.span,
            label=f"is {found}",
            help=f"`penstock plan {context.options}` shows the whole run",
        )


def _runs(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, part in _named(node, context):
        if isinstance(part, Diagnostic):
            yield part
        elif not part.runs:
            yield _otherwise(path, part, "expects it to run", context)


def _skips(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, part in _named(node, context):
        if isinstance(part, Diagnostic):
            yield part
        elif part.result != "skipped":
            yield _otherwise(path, part, "expects it to be skipped", context)


def _absent(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path in _texts(node):
        if path.value not in context.run:
            continue
        part = context.run[path.value]
        yield Diagnostic(
            code="PS4011",
            message=f"{_title(part)} is in the pipeline, and the test expects it to be left out",
            span=path.span,
            label="is there",
            related=_places(part),
            help="`absent` means that no `${{ if }}` lets it in; "
            f"use `skips` for what is there and {_VERBS['skipped']}",
        )


def _results(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, value in _pairs(node):
        for part in _found(path, context):
            if isinstance(part, Diagnostic):
                yield part
            elif isinstance(value, Scalar) and part.result != value.value:
                wanted = f'expects "{value.value}"'
                yield _otherwise(value, part, wanted, context)


def _otherwise(at: Scalar, part: Part, wanted: str, context: Context) -> Diagnostic:
    help = f"`penstock explain --stage {_quoted(part.path)} {context.options}` tells why"
    if part.result == UNKNOWN:
        help = "assume the result of a step instead: `JOB/STEP: failed`"
    return Diagnostic(
        code="PS4011",
        message=f"{_title(part)} {_VERBS[part.result]}, and the test {wanted}",
        span=at.span,
        label=_cut(part.because or _VERBS[part.result]),
        related=_places(part),
        help=help,
    )


def _because(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, value in _pairs(node):
        for part in _found(path, context):
            if isinstance(part, Diagnostic):
                yield part
            elif isinstance(value, Scalar) and not _is_told(value.value, part.because):
                verb = _VERBS[part.result]
                reason = f"for another reason: {part.because}"
                yield Diagnostic(
                    code="PS4012",
                    message=f"{_title(part)} {verb}{f' {reason}' if part.because else ''}",
                    span=value.span,
                    related=_places(part),
                    help="a part of the reason that `penstock plan` shows is enough",
                )


def _is_told(wanted: str, reason: str) -> bool:
    return wanted.casefold() in reason.casefold()


# --- whole lists


def _stages(node: Node, context: Context) -> Iterator[Diagnostic]:
    yield from _exactly(node, context.run.stages, "the stages that run are", context)


def _jobs(node: Node, context: Context) -> Iterator[Diagnostic]:
    yield from _exactly(node, context.run.jobs, "the jobs that run are", context)


def _steps(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, value in _pairs(node):
        try:
            found = context.run.steps(path.value)
        except Failure as failure:
            yield _unknown_path(path, failure)
            continue
        what = f"the steps of {path.value} that run are"
        yield from _exactly(value, found, what, context)


def _exactly(node: Node, found: list[str], what: str, context: Context) -> Iterator[Diagnostic]:
    wanted = [text.value for text in _texts(node)]
    if [w.casefold() for w in wanted] == [f.casefold() for f in found]:
        return
    folded = {name.casefold() for name in found}
    missing = [name for name in wanted if name.casefold() not in folded]
    expected = {name.casefold() for name in wanted}
    further = [name for name in found if name.casefold() not in expected]
    differences = [f"not {name}" for name in missing] + [f"also {name}" for name in further]
    first = next((t for t in _texts(node) if t.value in missing), None)
    yield Diagnostic(
        code="PS4013",
        message=f"{what} {', '.join(found) or 'none'}; the test expects "
        f"{', '.join(wanted) or 'none'}",
        span=first.span if first else node.span,
        label=_cut(", ".join(differences) or "in another order"),
        help=f"`penstock plan {context.options}` shows the whole run",
    )


# --- values


def _values(node: Node, context: Context) -> Iterator[Diagnostic]:
    for path, value in _pairs(node):
        for part in _found(path, context):
            if isinstance(part, Diagnostic):
                yield part
            elif not isinstance(value, Mapping):
                yield _wrong_shape(value, f'what "{path.value}" is to have is a mapping')
            else:
                yield from _differences(value, part.values, part, "")


def _differences(
    wanted: Mapping, found: Table[str, Any], part: Part, above: str
) -> Iterator[Diagnostic]:
    for entry in wanted.entries:
        name = f"{above}{entry.key.value}"
        try:
            actual = found[entry.key.value]
        except KeyError:
            yield _no_value(entry.key, found, part, name)
            continue
        yield from _difference(entry.value, actual, part, name)


def _difference(wanted: Node, actual: Any, part: Part, name: str) -> Iterator[Diagnostic]:
    if isinstance(wanted, Mapping) and isinstance(actual, dict):
        yield from _differences(wanted, actual, part, f"{name}.")
    elif isinstance(wanted, Mapping) and isinstance(actual, str):
        yield from _operators(wanted, actual, part, name)
    elif _plain(wanted) != actual:
        yield _other_value(wanted, actual, part, name, "")


def _operators(wanted: Mapping, actual: str, part: Part, name: str) -> Iterator[Diagnostic]:
    for entry in wanted.entries:
        word, value = entry.key.value, entry.value
        if word not in _OPERATORS or not isinstance(value, Scalar):
            guess = nearest(word, _OPERATORS)
            help = f'did you mean "{guess}"?' if guess else f"use {', '.join(_OPERATORS)}"
            message = f'"{name}" is a text: it cannot be compared by "{word}"'
            yield Diagnostic(code="PS4002", message=message, span=entry.key.span, help=help)
            continue
        try:
            holds = _holds(word, value.value, actual)
        except re.error as error:
            message = f'"{value.value}" is not a regular expression: {error}'
            yield Diagnostic(code="PS4002", message=message, span=value.span)
            continue
        if not holds:
            yield _other_value(value, actual, part, name, _OPERATORS[word])


def _holds(word: str, wanted: str, actual: str) -> bool:
    if word == "contains":
        return wanted in actual
    if word == "matches":
        return re.search(wanted, actual) is not None
    return wanted != actual


def _other_value(wanted: Node, actual: Any, part: Part, name: str, word: str) -> Diagnostic:
    return Diagnostic(
        code="PS4014",
        message=f"{name} of {_title(part)} is {_shown(actual)}, and the test expects "
        f"{word}{_shown(_plain(wanted))}",
        span=wanted.span,
        label=_cut(f"is {_shown(actual)}"),
        related=_places(part),
        help=None if word else _only_a_part(wanted, actual),
    )


def _only_a_part(wanted: Node, actual: Any) -> str | None:
    """How to compare a part, where a part is what was written."""
    if not isinstance(wanted, Scalar) or not isinstance(actual, str):
        return None
    if len(wanted.value) < _SHORTEST_PART or wanted.value not in actual:
        return None
    return (
        f"it has that text in it: write {{ contains: {_shown(wanted.value)} }} to ask for no more"
    )


def _no_value(key: Scalar, found: Table[str, Any], part: Part, name: str) -> Diagnostic:
    guess = nearest(key.value, found)
    known = ", ".join(list(found)[:12])
    return Diagnostic(
        code="PS4014",
        message=f"{_title(part)} has no {name}",
        span=key.span,
        label="not there",
        related=_places(part),
        help=f'did you mean "{guess}"?' if guess else f"it has {known or 'nothing'}",
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{_cut(value)}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return _cut(f"{{ {', '.join(f'{k}: {_shown(v)}' for k, v in value.items())} }}")
    return _cut(str(value))


def _plain(node: Node) -> Any:
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Sequence():
            return [_plain(item) for item in node.items]
        case Mapping():
            return {entry.key.value: _plain(entry.value) for entry in node.entries}


# --- errors


def check_errors(node: Node, errors: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The differences between the errors of a compile and those expected: codes, or parts of their
    messages."""
    found = list(errors)
    wanted = list(_texts(node))
    for text in wanted:
        if not any(_is_meant(text.value, error) for error in found):
            names = ", ".join(f"{e.code} ({e.message})" for e in found[:3])
            yield Diagnostic(
                code="PS4015",
                message=f'the pipeline does not meet the error "{text.value}"',
                span=text.span,
                label="expected",
                help=f"it meets {names}" if names else "it has no errors",
            )
    for error in found:
        if not any(_is_meant(text.value, error) for text in wanted):
            yield error


def _is_meant(wanted: str, error: Diagnostic) -> bool:
    texts = (error.message, error.service_text or "")
    return wanted.upper() == error.code or any(wanted.casefold() in t.casefold() for t in texts)


# --- paths and words


def _named(node: Node, context: Context) -> Iterator[tuple[Scalar, Part | Diagnostic]]:
    for path in _texts(node):
        for part in _found(path, context):
            yield path, part


def _found(path: Scalar, context: Context) -> list[Part | Diagnostic]:
    try:
        return list(context.run.parts(path.value))
    except Failure as failure:
        return [_unknown_path(path, failure)]


def _unknown_path(path: Scalar, failure: Failure) -> Diagnostic:
    return Diagnostic(
        code="PS4005",
        message=failure.message.removeprefix("this run: "),
        span=path.span,
        label="not in the expanded pipeline",
        help=failure.help,
    )


def _wrong_shape(node: Node, message: str) -> Diagnostic:
    help = "write keys of the expanded YAML: `penstock expand` shows them"
    return Diagnostic(code="PS4002", message=message, span=node.span, help=help)


def _places(part: Part) -> tuple[Related, ...]:
    return (Related(part.span, f"{_title(part)} is here"),) if part.span else ()


def _title(part: Part) -> str:
    return f'{part.kind} "{part.path}"'


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)


def _cut(text: str) -> str:
    line = text.replace("\n", "␊")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _texts(node: Node) -> Iterator[Scalar]:
    items = node.items if isinstance(node, Sequence) else ()
    yield from (item for item in items if isinstance(item, Scalar))


def _pairs(node: Node) -> Iterator[tuple[Scalar, Node]]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        yield entry.key, entry.value


_CHECKERS: Table[str, Callable[[Node, Context], Iterator[Diagnostic]]] = {
    "result": _result,
    "stages": _stages,
    "jobs": _jobs,
    "steps": _steps,
    "runs": _runs,
    "skips": _skips,
    "absent": _absent,
    "results": _results,
    "because": _because,
    "values": _values,
}
"""How each key of `expect` is checked, but for `errors` and `snapshot`."""
