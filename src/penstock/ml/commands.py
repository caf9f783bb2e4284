"""A command and what it runs with: code, environment, compute, resources, time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.engine.requests import CommandWork
from penstock.ml.bindings import fill
from penstock.ml.components import Component
from penstock.ml.fields import Json, seconds, table, text, whole_number
from penstock.ml.fields import field as read
from penstock.ml.ports import Value
from penstock.ml.resolver import Resolver
from penstock.records import record

_DISTRIBUTIONS = ("pytorch", "mpi", "tensorflow")


@record
class Frame:
    """What all nodes of one job share.

    `job` is the root job's name, `datastore` and `compute` the defaults of its settings, and
    `new_name` gives a fresh name for a child job.
    """

    resolver: Resolver
    job: str
    experiment: str
    datastore: str
    compute: object
    compute_target: str
    fail_fast: bool
    new_name: Callable[[], str]


@record
class CommandSource:
    """Where a command is described: the node (or the job) itself, and its component.

    What the node says overrides what the component says. `target` is the node's place in the YAML,
    `parent_inputs` are the values of the pipeline around it.
    """

    body: Json
    component: Component
    target: str
    parent_inputs: Mapping[str, Value | None]

    def place(self, name: str) -> str:
        """The dotted path of one of the node's keys."""
        return f"{self.target}.{name}" if self.target else name

    def part(self, name: str) -> dict[str, object]:
        """A part that a node may override key by key (`resources`, `environment_variables`)."""
        both = {**self.component.overridable.get(name, {}), **table(self.body, name)}
        return {key: self.filled(value) for key, value in both.items()}

    def filled(self, value: object) -> object:
        """The value with each `${{parent.inputs.x}}` replaced by its literal."""
        return fill(value, self._parent_value) if isinstance(value, str) else value

    def _parent_value(self, expression: str) -> str | None:
        name = expression.removeprefix("parent.inputs.")
        value = self.parent_inputs.get(name) if name != expression else None
        return value.text if value is not None else None


def command_work(source: CommandSource, job: str, frame: Frame) -> CommandWork:
    """The command of a node or a job; its inputs and outputs are added by the caller."""
    component, resolver = source.component, frame.resolver
    distribution, resources = source.part("distribution"), source.part("resources")
    environment = source.filled(component.environment)
    for name in table(source.body, "services"):
        message = "interactive services of a job are not started here"
        resolver.warn(f"{source.place('services.' + name)}: {message}")
    if not component.command:
        resolver.problem("CommandMissing", "a command is required", source.place("command"))
    if "\0" in component.command:
        resolver.problem("InvalidCommand", "the command holds a NUL", source.place("command"))
    return CommandWork(
        job=job,
        root_job=frame.job,
        experiment=frame.experiment,
        experiment_id="",
        workspace=resolver.workspace.path,
        command=component.command,
        environment=resolver.environment(environment, source.place("environment")),
        code=resolver.code(component.code, source.place("code")),
        environment_variables=_variables(source, resolver),
        compute=_compute(source, frame),
        instance_count=_count(resources, "resources", "instance_count", source, resolver),
        distribution=_checked_distribution(distribution, source, resolver),
        process_count=_process_count(distribution, source, resolver),
        timeout=_timeout(source, resolver),
    )


def _variables(source: CommandSource, resolver: Resolver) -> dict[str, str]:
    """The variables of the command; what no process can be given is a problem."""
    found = texts(source.part("environment_variables"))
    for name, value in found.items():
        if not name or "=" in name or "\0" in name + value:
            message = f'"{name}" cannot be a variable: a name has no "=", a value no NUL'
            place = source.place(f"environment_variables.{name}")
            resolver.problem("InvalidVariable", message, place)
    return found


def _timeout(source: CommandSource, resolver: Resolver) -> float | None:
    """The seconds a command may take, or None when it has no limit."""
    given = source.part("limits").get("timeout")
    found = seconds(given)
    if given is not None and (found is None or found <= 0):
        message = f'"{given}" is no time limit: use a number of seconds'
        resolver.problem("InvalidTimeout", message, source.place("limits.timeout"))
    return found


def texts(values: Mapping[str, object]) -> dict[str, str]:
    """The values as texts, without those that are null."""
    return {name: text(value) for name, value in values.items() if value is not None}


def _compute(source: CommandSource, frame: Frame) -> str:
    own = source.filled(read(source.body, "compute_id"))
    if own:
        return frame.resolver.compute(own, source.place("compute"))
    return frame.resolver.compute(frame.compute, frame.compute_target)


def _checked_distribution(distribution: Json, source: CommandSource, resolver: Resolver) -> str:
    """How the command is spread over processes; what is not done here is a problem."""
    kind, target = _distribution(distribution), source.place("distribution")
    if kind not in ("", *_DISTRIBUTIONS):
        known = ", ".join(_DISTRIBUTIONS)
        message = f'distribution "{kind}" is not supported here: use {known}'
        resolver.problem("DistributionNotSupported", message, f"{target}.type")
    if kind == "tensorflow" and whole_number(read(distribution, "parameter_server_count", 0), 0):
        message = "no parameter servers are started here: use workers only"
        target = f"{target}.parameter_server_count"
        resolver.problem("DistributionNotSupported", message, target)
    return kind


def _distribution(distribution: Json) -> str:
    """The word for how a command is spread, empty for not at all."""
    word = read(distribution, "distribution_type") or read(distribution, "type", "")
    return text(word).lower()


def _process_count(distribution: Json, source: CommandSource, resolver: Resolver) -> int:
    """Processes on each instance; TensorFlow counts workers instead."""
    kind = _distribution(distribution)
    name = "worker_count" if kind == "tensorflow" else "process_count_per_instance"
    return _count(distribution, "distribution", name, source, resolver)


def _count(part: Json, owner: str, name: str, source: CommandSource, resolver: Resolver) -> int:
    """A number of instances or processes, 1 where it is not said; none at all is a problem."""
    found = whole_number(read(part, name, 1), 0)
    if found < 1:
        message = f'"{read(part, name)}" is no number of instances or processes: use 1 or more'
        resolver.problem("InvalidCount", message, source.place(f"{owner}.{name}"))
    return max(1, found)
