"""Parses the expressions that are evaluated during a run, each with the names its place knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from penstock.language.dotted import dotted_variables, empty_within
from penstock.language.expressions import (
    GENERAL,
    Arguments,
    Expression,
    ExpressionError,
    Function,
    Value,
    parse,
)
from penstock.language.pipeline import (
    DeploymentJob,
    Job,
    Matrix,
    Parallel,
    Pipeline,
    Pool,
    Stage,
    Step,
    Text,
    VariableValue,
    hooks_of,
    step_lists,
)
from penstock.language.places import place_in
from penstock.language.source import Diagnostic, Severity, Span
from penstock.records import record

_LOADING = "An error occurred while loading the YAML build pipeline. "
_STATUS = ("always", "canceled", "failed", "succeeded", "succeededOrFailed")


def _not_now(_: Arguments) -> Value:
    raise AssertionError("only parsed here")


def _functions(names: Iterable[str], minimum: int, maximum: int | None) -> dict[str, Function]:
    return {name: Function(name, minimum, maximum, _not_now) for name in names}


@record(kw_only=False)
class Place:
    """What expressions of one kind of place may use."""

    names: frozenset[str]
    functions: Mapping[str, Function]


def places() -> dict[str, Place]:
    """What expressions may use, by the kind of place where they stand."""
    counter = _functions(("counter",), 1, 2)
    no_arguments = _functions(("always", "canceled"), 0, 0)
    of_graph = {**no_arguments, **_functions(("failed", "succeeded", "succeededOrFailed"), 0, None)}
    of_run = frozenset(("variables", "resources", "pipeline"))
    of_graph_names = frozenset(("dependencies", "stageDependencies"))
    in_values = frozenset(("variables", *of_graph_names))
    return {
        "root variable": Place(of_run, {**GENERAL, **counter}),
        "variable": Place(of_run | of_graph_names, {**GENERAL, **counter}),
        "condition": Place(of_run - {"resources"} | of_graph_names, {**GENERAL, **of_graph}),
        "step condition": Place(
            frozenset(("variables",)), {**GENERAL, **_functions(_STATUS, 0, 0)}
        ),
        "step condition as sent": Place(
            frozenset(("variables",)), {**GENERAL, **_functions(_STATUS, 0, None)}
        ),
        "value": Place(in_values, GENERAL),
    }


def check_expressions(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """The faults of every condition and every `$[ ]` of a pipeline."""
    return _Checker().pipeline(pipeline)


class _Checker:
    """Checks one pipeline; equal texts in equal places are parsed once."""

    def __init__(self) -> None:
        self.places = places()
        self.known: dict[tuple[str, str], Expression | ExpressionError] = {}

    def pipeline(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        yield from self._variables(pipeline.variables, "root variable")
        yield from self._pool(pipeline.pool)
        for stage in pipeline.stages:
            yield from self._stage(stage)

    def _stage(self, stage: Stage) -> Iterator[Diagnostic]:
        yield from self._condition(stage.condition)
        yield from self._variables(stage.variables, "variable")
        yield from self._pool(stage.pool)
        for job in stage.jobs:
            yield from self._job(job)

    def _job(self, job: Job | DeploymentJob) -> Iterator[Diagnostic]:
        yield from self._condition(job.condition)
        yield from self._variables(job.variables, "variable")
        yield from self._pool(job.pool)
        if isinstance(job, DeploymentJob):
            for hook in hooks_of(job):
                yield from self._pool(hook.pool)
        for value in job_values(job):
            yield from self._value(value, "value")
        for steps in step_lists(job):
            for step in steps:
                yield from self._step_condition(step, job)

    def _variables(self, variables: Iterable[object], place: str) -> Iterator[Diagnostic]:
        for variable in variables:
            if isinstance(variable, VariableValue):
                yield from self._value(variable.value, place)

    def _pool(self, pool: Pool | None) -> Iterator[Diagnostic]:
        for value in pool_values(pool):
            yield from self._value(value, "value")

    def _value(self, text: Text | None, place: str) -> Iterator[Diagnostic]:
        """A value that is an expression when it is wholly inside `$[ ]`."""
        if text is None:
            return
        found = runtime_part(text.value)
        if found is not None:
            expression, offset = found
            read = self._read(expression, place)
            if isinstance(read, ExpressionError):
                yield _located(read, text, offset, _LOADING + str(read))
            else:
                yield from _empty_members(read, text, offset)
        elif "$[" in text.value:
            yield _not_whole(text, is_closed="]" in text.value.partition("$[")[2])

    def _condition(self, text: Text | None) -> Iterator[Diagnostic]:
        if text and text.value:
            read = self._read(text.value, "condition")
            if isinstance(read, ExpressionError):
                yield _located(read, text, 0, str(read))
            else:
                yield from _empty_members(read, text, 0)

    def _step_condition(self, step: Step, job: Job | DeploymentJob) -> Iterator[Diagnostic]:
        text = step.condition
        if text is None or not text.value:
            return
        error = self._read(text.value, "step condition")
        if not isinstance(error, ExpressionError):
            yield from _empty_members(error, text, 0)
            return
        name = step.name.value if step.name else ""
        service_text = (
            f"Job {job.id.value}: Step {name} specifies condition {text.value} which is not valid. "
            f"Reason: {error}"
        )
        diagnostic = _located(error, text, 0, service_text)
        if self._is_left_to_agent(error, text.value):
            diagnostic = replace(
                diagnostic,
                severity=Severity.WARNING,
                help=_with_consequence(diagnostic.help or ""),
                service_text=None,
            )
        yield diagnostic

    def _is_left_to_agent(self, error: ExpressionError, condition: str) -> bool:
        """Whether the service takes a step's condition in spite of a fault.

        Measured: it looks up no names there, and counts the arguments of general functions only.
        """
        word = error.text[error.position or 0 : error.end].lower()
        is_bare = error.kind.startswith("Expected '('") and word in map(str.lower, _STATUS)
        sent = self._read(condition, "step condition as sent")
        is_refused = isinstance(sent, ExpressionError) and sent.code != "PS1302"
        return is_bare or not is_refused

    def _read(self, text: str, place: str) -> Expression | ExpressionError:
        key = (text, place)
        if key not in self.known:
            here = self.places[place]
            try:
                self.known[key] = parse(text, names=here.names, functions=here.functions)
            except ExpressionError as error:
                self.known[key] = error
        return self.known[key]


def runtime_part(value: str) -> tuple[str, int] | None:
    """The expression of a value that is wholly inside `$[ ]`, and where in the value it begins."""
    stripped = value.strip()
    if not (stripped.startswith("$[") and stripped.endswith("]")):
        return None
    inside = stripped[2:-1]
    return inside.strip(), value.index("$[") + 2 + len(inside) - len(inside.lstrip())


def job_values(job: Job | DeploymentJob) -> list[Text | None]:
    """The settings of a job, but for its pool, that may be runtime expressions."""
    values = [job.continue_on_error, job.timeout_in_minutes, job.cancel_timeout_in_minutes]
    if job.container:
        values += [job.container.alias, job.container.image]
    if isinstance(job, Job):
        values += _strategy_values(job.strategy)
    return values


def pool_values(pool: Pool | None) -> tuple[Text | None, ...]:
    """The settings of a pool that may be runtime expressions."""
    return (pool.name, pool.vm_image, *pool.demands) if pool else ()


def _strategy_values(strategy: Matrix | Parallel | None) -> list[Text | None]:
    match strategy:
        case Matrix():
            legs = strategy.legs if isinstance(strategy.legs, Text) else None
            return [legs, strategy.max_parallel]
        case Parallel():
            return [strategy.count, strategy.max_parallel]
    return []


def _empty_members(read: Expression, text: Text, offset: int) -> Iterator[Diagnostic]:
    """What an expression reads where nothing can be.

    What is known of pipeline resources is in variables, and not in `resources` (measured).
    """
    for name, start, end in dotted_variables(read.root):
        span = place_in(text.value, text.span, offset + start, end - start)
        yield empty_within(name, span)
    found = re.search(_OF_PIPELINES, text.value) if "resources" in text.value.lower() else None
    if found:
        yield Diagnostic(
            code="PS1317",
            severity=Severity.WARNING,
            message='"resources" has no member "pipeline", so this is empty',
            span=place_in(text.value, text.span, found.start(), len(found.group())),
            help="read the variable: variables['resources.pipeline.ALIAS.runID']",
        )


def _not_whole(text: Text, *, is_closed: bool) -> Diagnostic:
    """A `$[` that begins no expression, because it is not around the whole value."""
    return Diagnostic(
        code="PS1316",
        severity=Severity.WARNING,
        message="this value is taken as text, for $[ ] is not around the whole of it"
        if is_closed
        else 'this value is taken as text, for its "$[" is never closed',
        span=place_in(text.value, text.span, text.value.index("$["), 2),
        help="make one expression of it, with format() around the texts: $[ format('v{0}', ...) ]"
        if is_closed
        else 'close it with "]" at the end of the value',
    )


def _located(error: ExpressionError, text: Text, offset: int, service_text: str) -> Diagnostic:
    def at(start: int, end: int) -> Span:
        return place_in(text.value, text.span, offset + start, max(1, end - start))

    diagnostic = error.diagnostic(at)
    word = error.text[error.position or 0 : error.end]
    help = _ELSEWHERE.get(word.lower(), diagnostic.help) if error.code == "PS1302" else None
    return replace(diagnostic, service_text=service_text, help=help or diagnostic.help)


_OF_PIPELINES = r"(?i:(?<![\w'.])resources\s*(?:\.\s*pipeline\b|\[\s*'pipeline'\s*\]))"
_OF_GRAPH = "it is known in the conditions and variables of stages and jobs"
_ELSEWHERE = {
    "dependencies": _OF_GRAPH,
    "stagedependencies": _OF_GRAPH,
    "parameters": "parameters are read while the YAML is expanded: ${{ parameters.name }}",
    "counter": "it is known in variables",
    "pipeline": "it is known in variables and conditions",
    "resources": "it is known in variables only; here read one, as in "
    "variables['resources.pipeline.ALIAS.runID']",
    **dict.fromkeys(map(str.lower, _STATUS), "it is known in conditions"),
}
"""Where a name is known that is not known in some other place."""


def _with_consequence(help: str) -> str:
    """The help for a name in a step's condition, and what comes of it as it is."""
    consequence = "the step will fail when its condition is evaluated"
    if help.endswith("?"):
        return f"{help} {consequence.capitalize()}"
    return f"{help}; {consequence}" if help else consequence
