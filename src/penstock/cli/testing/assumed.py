"""What a test assumes of a run: results of stages, jobs and steps, and outputs that steps set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.cli.explaining.foresight import RESULTS, Assumptions, resolve
from penstock.cli.options import Failure
from penstock.engine.events import Result
from penstock.engine.plan import Plan
from penstock.language.source import Diagnostic
from penstock.language.yaml import Entry, Mapping, Scalar


class Refused(Exception):
    """what is given cannot be used; says so with places"""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__()
        self.diagnostics = diagnostics


def read_assumed(plan: Plan, assume: Iterable[Entry], outputs_of: Iterable[Entry]) -> Assumptions:
    """`Stage/Job/step: RESULT` and `Stage/Job/step: { VARIABLE: VALUE }`, resolved in the plan.

    Raises Refused, naming every path that leads nowhere and the nearest one.
    """
    problems: list[Diagnostic] = []
    nodes: dict[str, Result] = {}
    steps: dict[tuple[str, str], Result] = {}
    outputs: dict[str, dict[str, str]] = {}
    for entry in assume:
        result = RESULTS[_text(entry).casefold()]
        found = _resolved(plan, entry.key, problems)
        for leaf, step in found[1] if found else ():
            steps[leaf, step] = result
        if found and not found[1]:
            nodes[found[0]] = result
    for entry in outputs_of:
        _mock(plan, entry, outputs, problems)
    if problems:
        raise Refused(*problems)
    return Assumptions(nodes=nodes, steps=steps, outputs=outputs)


def _resolved(
    plan: Plan, path: Scalar, problems: list[Diagnostic]
) -> tuple[str, list[tuple[str, str]], str] | None:
    """The id of the node a path names, the steps it names there, and their name."""
    try:
        node, steps = resolve(plan, path.value, "")
    except Failure as failure:
        problems.append(
            Diagnostic(
                code="PS4005",
                message=failure.message.removeprefix(": "),
                span=path.span,
                label="not in the expanded pipeline",
                help=failure.help,
            )
        )
        return None
    name = next((step.name or "" for _, step in steps), "")
    return node.id, [(leaf.id, step.id) for leaf, step in steps], name


def _mock(
    plan: Plan,
    entry: Entry,
    outputs: dict[str, dict[str, str]],
    problems: list[Diagnostic],
) -> None:
    """Add the outputs of a job (`step.variable`) or of one of its steps (`variable`)."""
    path = entry.key
    found = _resolved(plan, path, problems)
    if found is None:
        return
    node, steps, name = found
    if steps and not name:
        message = f'step "{path.value}" has no name, so its outputs could not be read'
        help = "give the step a `name:` in the pipeline"
        problems.append(Diagnostic(code="PS4005", message=message, span=path.span, help=help))
        return
    for inner in _entries(entry):
        key = inner.key
        if not steps and "." not in key.value:
            problems.append(
                Diagnostic(
                    code="PS4005",
                    message=f'the output "{key.value}" needs the name of its step',
                    span=key.span,
                    help=f"write it as STEP.{key.value}, or under `{path.value}/STEP:`",
                )
            )
            continue
        output = f"{name}.{key.value}" if steps else key.value
        for leaf in {leaf for leaf, _ in steps} or {node}:
            outputs.setdefault(leaf, {})[output] = _text(inner)


def _entries(entry: Entry) -> Iterator[Entry]:
    if isinstance(entry.value, Mapping):
        yield from entry.value.entries


def _text(entry: Entry) -> str:
    return entry.value.value if isinstance(entry.value, Scalar) else ""
