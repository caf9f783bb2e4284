"""The steps of a job as the agent would take them, none done: what `plan` and `explain` show.

Conditions are evaluated by the agent's own code, with the variables that are known before the job
runs; what a step would set is known only where the caller assumes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace

from penstock.agent.conditions import condition_holds, parse_condition
from penstock.agent.logging_commands import merge
from penstock.agent.masking import Masker
from penstock.agent.variables import Variables, expand_macros
from penstock.engine.events import Result
from penstock.engine.requests import JobRequest, Step, StepsWork, Variable
from penstock.language.casing import fold_case
from penstock.language.expressions import ExpressionError, Trace, evaluate
from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.expressions.reasons import Note, Part, account
from penstock.language.expressions.values import Value
from penstock.records import record

_SECRET = "***"
_AT_RUN_TIME = ("AGENT.", "TASK.")
_FOLDERS = ("DIRECTORY", ".WORKSPACE", ".WORKFOLDER", ".LOCALPATH")
_NUMBERS = frozenset(("BUILD.BUILDID", "BUILD.BUILDNUMBER", "BUILD.BUILDURI", "BUILD.CONTAINERID"))


@record
class SimulatedStep:
    """A step and what becomes of it. `status` is the job's when its condition is looked at;
    `part` the evaluated condition, None where it cannot be parsed; `is_certain` is false where the
    condition reads a variable that only the running job has. `inputs` and `env` are the step's,
    with the macros that are known by then replaced and secrets masked."""

    step: Step
    name: str
    result: Result
    status: Result
    holds: bool | None
    error: str = ""
    help: str = ""
    part: Part | None = None
    is_certain: bool = True
    inputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


def known_variables(variables: Iterable[Variable]) -> Mapping[str, str]:
    """The values of variables with macros in them replaced; those of secrets are `***`."""
    found = _variables(variables)
    found.recompute()
    return {name: _SECRET if secret else value for name, value, secret in found.items()}


def simulate_steps(
    request: JobRequest,
    assumed: Callable[[Step, str], Result | None],
    outputs: Mapping[str, str],
) -> tuple[Result, tuple[SimulatedStep, ...]]:
    """The job's result and its steps, where each step that runs ends as `assumed(step, name)` says
    (None: it succeeds). `outputs` are variables by `step.variable`, known once that step ran."""
    if not isinstance(request.work, StepsWork):
        return Result.SUCCEEDED, ()
    variables = _variables(request.variables)
    status = Result.SUCCEEDED
    found = []
    for step in request.work.steps:
        variables.set("Agent.JobStatus", status[0].upper() + status[1:])
        variables.recompute()
        name = variables.expand(step.display_name or step.task)
        simulated = _simulate(step, name, variables, status, assumed(step, name))
        simulated = replace(
            simulated, inputs=_shown(step.inputs, variables), env=_shown(step.env, variables)
        )
        found.append(simulated)
        if simulated.result is Result.CANCELED:
            status = Result.CANCELED
        elif simulated.result is not Result.SKIPPED and status is not Result.CANCELED:
            status = merge(status, simulated.result)
        _set_outputs(step, outputs, variables, simulated.result)
    return status, tuple(found)


def _variables(given: Iterable[Variable]) -> Variables:
    variables = Variables(Masker())
    for one in given:
        variables.set(one.name, one.value, secret=one.secret, readonly=one.readonly)
    return variables


def _shown(texts: Mapping[str, str], variables: Variables) -> Mapping[str, str]:
    def lookup(name: str) -> str | None:
        return _SECRET if variables.is_secret(name) else variables.get(name)

    return {name: expand_macros(text, lookup) for name, text in texts.items()}


def _set_outputs(
    step: Step, outputs: Mapping[str, str], variables: Variables, result: Result
) -> None:
    if step.name is None or result is Result.SKIPPED:
        return
    prefix = f"{step.name}.".casefold()
    for name, value in outputs.items():
        if name.casefold().startswith(prefix):
            variables.set(name, value)


def _simulate(
    step: Step, name: str, variables: Variables, status: Result, assumed: Result | None
) -> SimulatedStep:
    try:
        holds = condition_holds(step.condition, variables, status)
    except ExpressionError as error:
        part, _ = _part(step, variables, status)
        return SimulatedStep(
            step=step,
            name=name,
            result=Result.FAILED,
            status=status,
            holds=None,
            error=str(error),
            help=error.help or "",
            part=part,
        )
    part, is_certain = _part(step, variables, status)
    result = Result.SKIPPED
    if holds:
        result = assumed or Result.SUCCEEDED
        if result is Result.FAILED and _continues(step, variables):
            result = Result.SUCCEEDED_WITH_ISSUES
    return SimulatedStep(
        step=step,
        name=name,
        result=result,
        status=status,
        holds=holds,
        part=part,
        is_certain=is_certain,
    )


def _continues(step: Step, variables: Variables) -> bool:
    return variables.expand(step.continue_on_error).strip().casefold() == "true"


def _part(step: Step, variables: Variables, status: Result) -> tuple[Part | None, bool]:
    """The evaluated condition, and whether all it read is known before the job runs."""
    trace = Trace()
    unknown: list[str] = []
    try:
        expression, contexts = parse_condition(step.condition, variables, status)
    except ExpressionError:
        return None, True
    try:
        evaluate(expression, contexts, trace=trace)
    except ExpressionError:
        pass

    def note(node: ExpressionNode, value: Value) -> Note:
        return _note(node, value, status, variables, unknown)

    return account(expression, trace, note), not unknown


def _note(
    node: ExpressionNode,
    value: Value,
    status: Result,
    variables: Variables,
    unknown: list[str],
) -> Note:
    match node:
        case Call(name=name) if name.casefold() in ("succeeded", "failed", "succeededorfailed"):
            return _status_note(name.casefold(), status)
        case Call(name=name) if name.casefold() == "canceled":
            return Note(remedy="the run were canceled")
        case Access(base=Name(), steps=(Literal(value=name), *_)):
            if variables.is_secret(str(name)):
                return Note("a secret")
            if value is None:
                unknown.append(str(name))
                return _unknown(str(name))
    return Note()


def _status_note(name: str, status: Result) -> Note:
    has_failed = status is Result.FAILED
    told = "a step before it failed" if has_failed else "no step before it failed"
    other = "no step before it failed" if has_failed else "a step before it failed"
    if status is Result.CANCELED:
        return Note("the job is being canceled", "the job were not canceled")
    if name == "succeededorfailed":
        return Note(told, "the job were canceled")
    return Note(told, other)


def _unknown(name: str) -> Note:
    folded = fold_case(name)
    if folded.startswith(_AT_RUN_TIME) or folded.endswith(_FOLDERS) or folded in _NUMBERS:
        return Note("known when the job runs")
    return Note("unless a step sets it")
