"""One step of the pipeline's model as the agent is asked to do it, and the connections it names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from penstock.devops.library import ARM_TYPE, Library, local_connection
from penstock.devops.outside import fetching, other_run
from penstock.devops.plans.catalog import TaskCatalog, TaskFacts
from penstock.devops.plans.macros import expand
from penstock.devops.plans.published_tasks import is_published, likely_task
from penstock.engine import requests
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.language import pipeline as model
from penstock.language.source import Diagnostic, Severity
from penstock.records import record

_DISPLAY_NAMES = {
    "script": "CmdLine",
    "bash": "Bash",
    "powershell": "PowerShell",
    "pwsh": "PowerShell",
    "publish": "PublishPipelineArtifact",
    "download": "DownloadPipelineArtifact",
}
_FALSE = ("false", "n", "no", "off")


@record
class PlannedStep:
    """A step to run, the connections it uses, and what is wrong with it."""

    step: requests.Step | None
    endpoints: tuple[requests.Endpoint, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def plan_step(
    step: model.Step,
    identifier: str,
    *,
    catalog: TaskCatalog,
    library: Library,
    variables: Mapping[str, str],
) -> PlannedStep:
    """The request for a step; `step` of the answer is None where it is disabled.

    One whose task is not there has an error, so that no run begins with it, and is in the plan all
    the same, for those who ask what would run. `variables` are those known now, names in lower
    case: connection names may hold macros of them.
    """
    if step.enabled is not None and step.enabled.value.strip().casefold() in _FALSE:
        return PlannedStep(step=None)
    problems: list[Diagnostic] = []
    found = catalog.find(step.task.value)
    if found is None:
        problems.append(fetching(step) or _unknown_task(step, catalog))
    if (elsewhere := other_run(step)) is not None:
        problems.append(elsewhere)
    facts = found or _as_written(step.task.value)
    if step.target is not None:
        problems += _target_problems(step)
    endpoints = _endpoints(step, facts, library, variables, problems)
    request = requests.Step(
        id=identifier,
        task=step.task.value,
        inputs={name: text.value for name, text in step.inputs.items()},
        display_name=step.display_name.value if step.display_name else _name(step, facts),
        name=step.name.value if step.name else None,
        condition=step.condition.value if step.condition else DEFAULT_CONDITION,
        env={name: text.value for name, text in step.env.items()},
        continue_on_error=step.continue_on_error.value if step.continue_on_error else "false",
        timeout=minutes(step.timeout_in_minutes, 0, "timeoutInMinutes", problems),
        retries=whole(step.retry_count, 0, "retryCountOnTaskFailure", problems),
        restricted_commands=_is_restricted(step.target, problems),
        settable_variables=_settable(step.target),
        place=str(step.span),
    )
    if found is not None:
        problems += [_wrong_input(step, message) for message in catalog.problems(request)]
    return PlannedStep(step=request, endpoints=tuple(endpoints), diagnostics=tuple(problems))


def minutes(
    text: model.Text | None, default: int, key: str, problems: list[Diagnostic]
) -> float | None:
    """Seconds of a `...InMinutes` value; None for 0, which means no limit."""
    count = whole(text, default, key, problems)
    return count * 60.0 if count else None


def whole(text: model.Text | None, default: int, key: str, problems: list[Diagnostic]) -> int:
    """A whole number, or the default with a diagnostic."""
    if text is None or not text.value.strip():
        return default
    try:
        return int(text.value)
    except ValueError:
        problems.append(
            Diagnostic(
                code="PS2110",
                message=f'"{key}" needs a whole number before the run starts, not "{text.value}"',
                span=text.span,
                label="not a whole number",
                help="write the number, or a ${{ }} expression that gives one",
            )
        )
        return default


def _as_written(reference: str) -> TaskFacts:
    """A task of which nothing is known but its name."""
    name = reference.partition("@")[0]
    return TaskFacts(name=name, friendly_name=name)


def _name(step: model.Step, facts: TaskFacts) -> str:
    if step.keyword == "checkout":
        repository = step.inputs.get("repository")
        return f"Checkout {repository.value if repository else 'self'}"
    return _DISPLAY_NAMES.get(step.keyword, facts.friendly_name)


def _unknown_task(step: model.Step, catalog: TaskCatalog) -> Diagnostic:
    is_known = is_published(step.task.value)
    guess = None if is_known else likely_task(step.task.value, catalog.names())
    return Diagnostic(
        code="PS2111",
        message=f'there is no task "{step.task.value}" on this machine',
        span=step.task.span,
        label="a task of the service that this version does not run"
        if is_known
        else "unknown task",
        help=f'did you mean "{guess}"?'
        if guess
        else "`penstock run --skip-stage` leaves out the stage that needs it; a package can add "
        "tasks through the entry-point group penstock.tasks",
        service_text="A task is missing. The pipeline references a task called "
        f"'{step.task.value}'.",
    )


def _wrong_input(step: model.Step, message: str) -> Diagnostic:
    named = [text for name, text in step.inputs.items() if f'"{name}"' in message]
    return Diagnostic(
        code="PS2114",
        message=f"{step.task.value}: {message}",
        span=named[0].span if named else step.span,
        label="wrong input" if named else "this step",
    )


def _target_problems(step: model.Step) -> list[Diagnostic]:
    target = step.target
    container = target.container if target is not None else None
    if container is None or container.value.casefold() == "host":
        return []
    return [
        Diagnostic(
            code="PS2112",
            message=f'step target "{container.value}": containers are not supported yet',
            span=container.span,
            label="runs in a container",
            help="remove `target`, or write `target: host`",
        )
    ]


def _is_restricted(target: model.Target | None, problems: list[Diagnostic]) -> bool:
    """Whether what the step prints may command little (Azure Pipelines, YAML schema,
    `target.commands`)."""
    commands = target.commands if target is not None else None
    if commands is None or commands.value.casefold() == "any":
        return False
    if commands.value.casefold() != "restricted":
        problems.append(
            Diagnostic(
                code="PS2114",
                message=f'target: "commands" is any or restricted, not "{commands.value}"',
                span=commands.span,
                label="neither of them",
            )
        )
    return True


def _settable(target: model.Target | None) -> tuple[str, ...] | None:
    """The variables that the step may set; None for all."""
    if target is None or target.settable_variables is None:
        return None
    names = tuple(text.value for text in target.settable_variables)
    return () if [name.casefold() for name in names] == ["none"] else names


def _endpoints(
    step: model.Step,
    facts: TaskFacts,
    library: Library,
    variables: Mapping[str, str],
    problems: list[Diagnostic],
) -> list[requests.Endpoint]:
    found: list[requests.Endpoint] = []
    for name, text in step.inputs.items():
        kind = facts.connection_inputs.get(name.casefold())
        if kind is None or not text.value.strip():
            continue
        wanted = expand(text.value.strip(), variables)
        connection = library.connection(wanted)
        if connection is None and kind == ARM_TYPE:
            connection = local_connection(wanted)
            problems.append(_stands_for_local(wanted, text))
        if connection is None:
            problems.append(_missing_connection(step, name, wanted, kind, text))
            continue
        endpoint = library.endpoint(connection)
        if endpoint.type.casefold() not in ("", *kind.casefold().split(",")):
            problems.append(_other_type(step, name, endpoint, kind, text))
        known = {parameter.casefold() for parameter in endpoint.parameters}
        missing = (secret for secret in endpoint.secrets if secret.casefold() not in known)
        problems += [_missing_value(wanted, secret, text) for secret in missing]
        found.append(endpoint)
    return found


def _other_type(
    step: model.Step, name: str, endpoint: requests.Endpoint, kind: str, text: model.Text
) -> Diagnostic:
    return Diagnostic(
        code="PS2114",
        message=f'"{name}" takes a service connection of type {kind}, and "{endpoint.name}" is of '
        f"type {endpoint.type}",
        span=text.span,
        label="another type",
        help="name another connection, or change `type` in its file",
        service_text=f"Step {_title(step)} input {name} expects a service connection of type "
        f"{kind} but the provided service connection {endpoint.name} is of type {endpoint.type}.",
    )


def _title(step: model.Step) -> str:
    """What the service calls a step in its texts."""
    return step.name.value if step.name else step.task.value


def _missing_value(connection: str, secret: str, text: model.Text) -> Diagnostic:
    return Diagnostic(
        code="PS2124",
        message=f'secret "{secret}" of service connection "{connection}" has no value',
        span=text.span,
        label="connection with a secret",
        help=f"penstock secrets set {secret}, or set the environment variable {secret} and add "
        f"--secret {secret}",
    )


def _macro_help(name: str) -> str:
    """What to do about a name that is a variable without a value; empty for other names."""
    variable = re.search(r"\$\(([^()]+)\)", name)
    if variable is None:
        return ""
    return f"no variable {variable[1]} is known here: --var {variable[1]}=NAME gives the connection"


def _stands_for_local(name: str, text: model.Text) -> Diagnostic:
    return Diagnostic(
        code="PS2121",
        severity=Severity.NOTE,
        message=f'service connection "{name}" stands for the Azure ML workspace on this machine',
        span=text.span,
        label="not in .penstock/connections",
        help=_macro_help(name) or f"write .penstock/connections/{name}.yml to say otherwise",
    )


def _missing_connection(
    step: model.Step, name: str, wanted: str, kind: str, text: model.Text
) -> Diagnostic:
    return Diagnostic(
        code="PS2120",
        message=f'service connection "{wanted}" is not in the library',
        span=text.span,
        label=f"needs a connection of type {kind}",
        help=_macro_help(wanted)
        or f"write .penstock/connections/{wanted}.yml with `type: {kind}`, `url:`, `scheme:` "
        "and `parameters:`",
        service_text=(
            f"Step {_title(step)} input {name} references "
            f"service connection {wanted} which could not be found. The service connection does "
            "not exist or has not been authorized for use."
        ),
    )
