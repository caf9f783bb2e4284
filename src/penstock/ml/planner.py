"""A job's body becomes a plan: nodes for the engine, and the child jobs that users will see.

Nothing is stored and nothing runs here. What is wrong with the job is collected in the resolver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from penstock.engine.plan import Node, Plan
from penstock.engine.requests import CommandInput, CommandOutput, CommandWork
from penstock.ml.commands import CommandSource, Frame, command_work, texts
from penstock.ml.components import Component, Port, parse_component
from penstock.ml.datastores import BLOB_STORE
from penstock.ml.fields import Json, table, text
from penstock.ml.fields import field as read
from penstock.ml.jobstore import JobOutput
from penstock.ml.levels import ChildJob, Level, plan_level
from penstock.ml.ports import (
    Place,
    Value,
    command_input,
    command_output,
    given_value,
    place_of,
    refuse_remote,
)
from penstock.ml.resolver import Resolver
from penstock.records import record

COMMAND_NODE = "command"
"""The id of the only node of a command job."""

JOB_TYPES = ("Command", "Pipeline")
_SETTINGS = (
    "default_compute",
    "default_datastore",
    "continue_on_step_failure",
    "force_rerun",
    "environment",
    "_source",
)
_NO_EFFECT = ("force_rerun", "environment")


@record
class Planned:
    """A job ready to run. `outputs` are the root job's own; `children` are empty for a command."""

    plan: Plan
    children: tuple[ChildJob, ...] = ()
    outputs: Mapping[str, JobOutput] = field(default_factory=dict)


def plan_job(
    properties: Json, name: str, resolver: Resolver, new_name: Callable[[], str]
) -> Planned:
    """Plan the job whose body has these `properties`. `new_name` gives names for child jobs.

    When the resolver has problems afterwards, the plan must not be run.
    """
    type = text(read(properties, "job_type", ""))
    frame = _frame(properties, name, resolver, new_name)
    if type == "Pipeline":
        return _plan_pipeline(properties, frame)
    if type == "Command":
        return _plan_command(properties, frame)
    message = f'job type "{type}" is not supported yet; supported are: {", ".join(JOB_TYPES)}'
    resolver.problem("JobTypeNotSupported", message, "type")
    return Planned(plan=Plan(nodes=()))


def with_experiment(plan: Plan, experiment_id: str) -> Plan:
    """The plan with the id of its experiment, which exists only once the job was accepted."""

    def named(node: Node) -> Node:
        if not isinstance(node.work, CommandWork):
            return node
        return replace(node, work=replace(node.work, experiment_id=experiment_id))

    return replace(plan, nodes=tuple(named(node) for node in plan.nodes))


def _frame(properties: Json, name: str, resolver: Resolver, new_name: Callable[[], str]) -> Frame:
    settings = table(properties, "settings")
    given = read(settings, "default_datastore")
    datastore = resolver.datastore(given, "settings.default_datastore") if given else BLOB_STORE
    own = read(properties, "compute_id")
    go_on = text(read(settings, "continue_on_step_failure", True)).lower() != "false"
    return Frame(
        resolver=resolver,
        job=name,
        experiment=text(read(properties, "experiment_name", "Default")),
        datastore=datastore,
        compute=own or read(settings, "default_compute"),
        compute_target="compute" if own else "settings.default_compute",
        fail_fast=not go_on,
        new_name=new_name,
    )


def _plan_pipeline(properties: Json, frame: Frame) -> Planned:
    resolver = frame.resolver
    _check_settings(table(properties, "settings"), resolver)
    jobs: Json = table(properties, "jobs")
    inputs = _root_inputs(properties, {}, resolver)
    outputs = {key: place_of(value) for key, value in table(properties, "outputs").items()}
    if component_id := read(properties, "component_id"):
        component = resolver.component(component_id, "component")
        if component is not None:
            jobs = component.jobs
            inputs = _root_inputs(properties, component.inputs, resolver)
            outputs = {key: outputs.get(key, Place()) for key in component.outputs} | outputs
    if not jobs and not component_id:
        resolver.problem("NoNodes", "a pipeline needs at least one node", "jobs")
    built = plan_level(
        Level(jobs=jobs, inputs=inputs, outputs=outputs, parent_job=frame.job), frame
    )
    for key in outputs.keys() - built.outputs.keys():
        resolver.warn(f'outputs.{key}: no node writes the output "{key}" of the pipeline')
    return Planned(
        plan=Plan(nodes=tuple(built.nodes), fail_fast=frame.fail_fast),
        children=tuple(built.children),
        outputs=built.outputs,
    )


def _check_settings(settings: Json, resolver: Resolver) -> None:
    """Azure keeps settings it does not know; so do we, but say so."""
    for key in settings:
        if key not in _SETTINGS:
            known = ", ".join(word for word in _SETTINGS if not word.startswith("_"))
            message = f'"{key}" is no setting and has no effect (known: {known})'
            resolver.warn(f"settings.{key}: {message}")
        elif key in _NO_EFFECT and settings[key]:
            resolver.warn(f'settings.{key}: "{key}" has no effect here')


def _root_inputs(
    properties: Json, ports: Mapping[str, Port], resolver: Resolver
) -> dict[str, Value | None]:
    """The job's inputs; those of a pipeline component may also come from its defaults."""
    values: dict[str, Value | None] = {}
    for name, entry in table(properties, "inputs").items():
        port = ports.get(name)
        type = port.type if port is not None and not port.is_literal else ""
        values[name] = given_value(entry, type, resolver, f"inputs.{name}")
    for name, port in ports.items():
        checked = command_input(port, values.get(name), resolver, f"inputs.{name}")
        if checked is not None:
            values[name] = Value(text=checked.value, uri=checked.uri, type=port.type)
        else:
            values[name] = None
    return values


def _plan_command(properties: Json, frame: Frame) -> Planned:
    """A command job is one node; its body says everything itself, camelCase."""
    resolver = frame.resolver
    component = parse_component(
        {
            "command": read(properties, "command"),
            "code": read(properties, "code_id"),
            "environment": read(properties, "environment_id"),
            "outputs": {
                name: {"type": read(entry, "job_output_type"), "mode": read(entry, "mode")}
                for name, entry in table(properties, "outputs").items()
            },
        }
    )
    source = CommandSource(body=properties, component=component, target="", parent_inputs={})
    outputs, kept = _command_outputs(properties, component, frame)
    work = replace(
        command_work(source, frame.job, frame),
        inputs=_command_inputs(properties, resolver),
        outputs=outputs,
        properties=texts(table(properties, "properties")),
    )
    node = Node(
        id=COMMAND_NODE,
        key=COMMAND_NODE,
        kind="command",
        display_name=text(read(properties, "display_name", frame.job)),
        work=work,
    )
    return Planned(plan=Plan(nodes=(node,)), outputs=kept)


def _command_inputs(properties: Json, resolver: Resolver) -> tuple[CommandInput, ...]:
    """Inputs of a command job: without a component, a literal is a string."""
    found = []
    for name, entry in table(properties, "inputs").items():
        value = given_value(entry, "", resolver, f"inputs.{name}")
        if value is None:
            continue
        type = "string" if value.text is not None else value.type or "uri_folder"
        port = Port(name=name, type=type, optional=True)
        found.append(command_input(port, value, resolver, f"inputs.{name}"))
        refuse_remote(found[-1], resolver, f"inputs.{name}.path")
    return tuple(entry for entry in found if entry is not None)


def _command_outputs(
    properties: Json, component: Component, frame: Frame
) -> tuple[tuple[CommandOutput, ...], dict[str, JobOutput]]:
    made, kept = [], {}
    for name, port in component.outputs.items():
        place = place_of(table(properties, "outputs").get(name))
        target = f"outputs.{name}"
        output = command_output(port, place, frame.job, frame.datastore, frame.resolver, target)
        made.append(output)
        kept[name] = JobOutput(
            uri=output.uri,
            type=port.type,
            asset_name=place.asset_name,
            asset_version=place.asset_version,
        )
    return tuple(made), kept
