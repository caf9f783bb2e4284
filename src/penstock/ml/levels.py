"""One level of a pipeline: its nodes, the bindings between them, and the levels inside of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field, replace

from penstock.engine.plan import Node
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.ml.bindings import Binding, NotABinding, Side, parse_binding
from penstock.ml.commands import CommandSource, Frame, command_work, texts
from penstock.ml.components import Component, Port, mode_word
from penstock.ml.datastores import artifacts_path
from penstock.ml.fields import Json, table, text
from penstock.ml.fields import field as read
from penstock.ml.graph import order
from penstock.ml.jobstore import JobOutput
from penstock.ml.ports import (
    ARTIFACTS,
    UNKNOWN,
    Place,
    Value,
    command_input,
    command_output,
    given_value,
    place_of,
    refuse_remote,
    shared_place,
)
from penstock.ml.resolver import Resolver
from penstock.records import record

DEEPEST = 20
"""How many pipeline components may stand inside each other."""

SUPPORTED_NODES = ("command", "pipeline")
_NODE_NAME = re.compile(r"^[A-Za-z_][\w-]*\Z")


@record
class ChildJob:
    """A child job: which node of the plan it is, and what users see of it."""

    name: str
    node: str
    parent: str
    key: str
    type: str
    display_name: str
    outputs: Mapping[str, JobOutput]
    properties: Json
    tags: Json


@record
class Level:
    """A graph of nodes as given: their bodies by key, and what the pipeline around them has.

    An input is None when it is optional and was not given. `outputs` says where each output should
    go; `target` is where the nodes stand in the YAML (`jobs`).
    """

    jobs: Json
    inputs: Mapping[str, Value | None]
    outputs: Mapping[str, Place]
    parent_job: str
    parent_node: str | None = None
    target: str = "jobs"
    depth: int = 0


@record(kw_only=False, frozen=False)
class Built:
    """What became of a level: nodes and child jobs (those of inner levels too), and its outputs."""

    nodes: list[Node] = field(default_factory=list)
    children: list[ChildJob] = field(default_factory=list)
    outputs: dict[str, JobOutput] = field(default_factory=dict)


@record(frozen=False)
class _Step:
    """A node on its way into the plan. `inputs` and `outputs` hold the values that others may bind
    to; `unwritten` are outputs of a pipeline component that none of its nodes writes."""

    key: str
    body: Json
    component: Component
    target: str
    required: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    inputs: dict[str, Value | None] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)
    unwritten: list[str] = field(default_factory=list)


def plan_level(level: Level, frame: Frame) -> Built:
    """Plan a graph of nodes. Problems are collected in the frame's resolver."""
    built = Built()
    steps = {key: step for key in level.jobs if (step := _read_step(key, level, frame))}
    for step in steps.values():
        _depend(step, steps, level, frame.resolver)
    edges = {key: step.required + step.optional for key, step in steps.items()}
    ordered, cycle = order(edges)
    if cycle:
        message = f"the nodes depend on each other in a circle: {' -> '.join(cycle)}"
        frame.resolver.problem("DependencyCycle", message, f"{level.target}.{cycle[0]}")
    for key in ordered:
        _build(steps[key], steps, level, frame, built)
    built.nodes = _as_written(built.nodes, level)
    return built


def _as_written(nodes: list[Node], level: Level) -> list[Node]:
    """The nodes in the order in which the user wrote them, not in the order they can run."""
    prefix = f"{level.parent_node}/" if level.parent_node else ""
    places = {key: place for place, key in enumerate(level.jobs)}
    return sorted(nodes, key=lambda node: places[node.id.removeprefix(prefix).partition("/")[0]])


def _read_step(key: str, level: Level, frame: Frame) -> _Step | None:
    body, target = table(level.jobs, key), f"{level.target}.{key}"
    resolver = frame.resolver
    kind = text(read(body, "type", "command")).lower()
    if not _NODE_NAME.match(key):
        message = f'"{key}" is no name for a node: use letters, digits and underscores'
        resolver.problem("InvalidNodeName", message, target)
        return None
    if kind not in SUPPORTED_NODES:
        message = f'node "{key}" has type "{kind}", which is not supported yet'
        resolver.problem("NodeTypeNotSupported", message, f"{target}.type")
        return None
    component = resolver.component(read(body, "component_id"), f"{target}.component")
    if component is None:
        return _Step(key=key, body=body, component=_NO_COMPONENT, target=target)
    if component.kind not in SUPPORTED_NODES:
        message = f'the component of node "{key}" has type "{component.kind}", not supported yet'
        resolver.problem("NodeTypeNotSupported", message, f"{target}.component")
        return None
    return _Step(key=key, body=body, component=component, target=target)


_NO_COMPONENT = Component(kind="", inputs={}, outputs={}, overridable={}, jobs={})


def _depend(step: _Step, steps: Mapping[str, _Step], level: Level, resolver: Resolver) -> None:
    """Find what a node depends on, and say which bindings lead nowhere."""
    for name, entry in table(step.body, "inputs").items():
        target = f"{step.target}.inputs.{name}"
        binding = _binding_of(entry, target, resolver)
        if binding is None or not _leads_somewhere(binding, steps, level, target, resolver):
            continue
        if binding.side not in (Side.NODE_INPUT, Side.NODE_OUTPUT) or binding.node not in steps:
            continue
        port = step.component.inputs.get(name)
        (step.optional if port and port.optional else step.required).append(binding.node)
    step.optional = [key for key in step.optional if key not in step.required]


def _binding_of(entry: object, target: str, resolver: Resolver) -> Binding | None:
    """The binding of an input or output, which stands in `value` or in `uri`."""
    given = read(entry, "uri") or read(entry, "value") if isinstance(entry, Mapping) else entry
    try:
        return parse_binding(given)
    except NotABinding as error:
        if read(entry, "uri") is None:
            resolver.problem("InvalidBinding", str(error), target)
        return None


def _leads_somewhere(
    binding: Binding,
    steps: Mapping[str, _Step],
    level: Level,
    target: str,
    resolver: Resolver,
) -> bool:
    match binding.side:
        case Side.PARENT_INPUT:
            what, known = "the pipeline has no input", list(level.inputs)
        case Side.PARENT_OUTPUT:
            message = f'an input cannot read the pipeline\'s own output "{binding.name}"'
            resolver.problem("InvalidBinding", message, target)
            return False
        case _ if binding.node not in level.jobs:
            message = f'there is no node "{binding.node}" (there are: {_words(level.jobs)})'
            resolver.problem("NodeNotFound", message, target)
            return False
        case _ if binding.node not in steps or not steps[binding.node].component.kind:
            return True
        case Side.NODE_INPUT:
            what = f'node "{binding.node}" has no input'
            known = list(steps[binding.node].component.inputs)
        case Side.NODE_OUTPUT:
            what = f'node "{binding.node}" has no output'
            known = list(dict.fromkeys([*steps[binding.node].component.outputs, ARTIFACTS]))
    if binding.name in known:
        return True
    message = f'{what} "{binding.name}" (it has: {_words(known)})'
    resolver.problem("BindingNotFound", message, target)
    return False


def _words(names: Collection[str]) -> str:
    return ", ".join(names) or "none"


def _build(
    step: _Step, steps: Mapping[str, _Step], level: Level, frame: Frame, built: Built
) -> None:
    """Turn a node into engine nodes, now that all it depends on is known."""
    if not step.component.kind:
        return
    given = table(step.body, "inputs")
    for name in given.keys() - step.component.inputs.keys():
        known = _words(step.component.inputs)
        message = f'the component has no input "{name}" (it has: {known})'
        frame.resolver.warn(f"{step.target}.inputs.{name}: {message}")
    for name, port in step.component.inputs.items():
        target = f"{step.target}.inputs.{name}"
        step.inputs[name] = _value(port, given.get(name), steps, level, frame.resolver, target)
    job = frame.new_name()
    if step.component.kind == "pipeline":
        outputs = _build_group(step, job, level, frame, built)
    else:
        outputs = _build_leaf(step, job, level, frame, built)
    step.outputs = {
        name: Value(uri=output.uri, type=output.type) for name, output in outputs.items()
    }
    step.outputs.setdefault(
        ARTIFACTS, Value(uri=artifacts_path(frame.resolver.workspace, job).uri, type="uri_folder")
    )


def _value(
    port: Port,
    entry: object,
    steps: Mapping[str, _Step],
    level: Level,
    resolver: Resolver,
    target: str,
) -> Value | None:
    """The value of a node's input: through its binding, or as given."""
    try:
        given = read(entry, "uri") or read(entry, "value") if isinstance(entry, Mapping) else entry
        binding = parse_binding(given)
    except NotABinding:
        return UNKNOWN
    if binding is None:
        type = "" if port.is_literal else port.type
        return given_value(entry, type, resolver, target)
    mode = mode_word(read(entry, "mode", ""))
    match binding.side:
        case Side.PARENT_INPUT:
            value = level.inputs.get(binding.name, UNKNOWN)
        case Side.NODE_INPUT if binding.node in steps:
            value = steps[binding.node].inputs.get(binding.name, UNKNOWN)
        case Side.NODE_OUTPUT if binding.node in steps:
            producer = steps[binding.node]
            if binding.name in producer.unwritten:
                message = f'no node of "{binding.node}" writes its output "{binding.name}"'
                resolver.problem("OutputNotWritten", message, target)
            value = producer.outputs.get(binding.name, UNKNOWN)
        case _:
            value = UNKNOWN
    return replace(value, mode=mode or value.mode) if value is not None else None


def _places(
    step: _Step, level: Level, resolver: Resolver
) -> tuple[dict[str, Place], dict[str, str]]:
    """Where each output of a node should go, and the pipeline's output that shares its place."""
    places: dict[str, Place] = {}
    shared: dict[str, str] = {}
    given = table(step.body, "outputs")
    for name in step.component.outputs:
        entry = given.get(name)
        target = f"{step.target}.outputs.{name}"
        places[name] = place_of(entry)
        binding = _output_binding(entry, target, level, resolver)
        if binding is not None:
            shared[name] = binding
            places[name] = shared_place(level.outputs[binding], places[name])
    for name in given.keys() - step.component.outputs.keys():
        known = _words(step.component.outputs)
        message = f'the component of node "{step.key}" has no output "{name}" (it has: {known})'
        resolver.problem("OutputNotFound", message, f"{step.target}.outputs.{name}")
    return places, shared


def _output_binding(entry: object, target: str, level: Level, resolver: Resolver) -> str | None:
    given = read(entry, "value") if isinstance(entry, Mapping) else entry
    try:
        binding = parse_binding(given)
    except NotABinding as error:
        resolver.problem("InvalidBinding", str(error), target)
        return None
    if binding is None:
        return None
    if binding.side is not Side.PARENT_OUTPUT:
        message = f'an output can only be bound to an output of the pipeline, not to "{given}"'
        resolver.problem("InvalidBinding", message, target)
        return None
    if binding.name not in level.outputs:
        known = _words(level.outputs)
        message = f'the pipeline has no output "{binding.name}" (it has: {known})'
        resolver.problem("BindingNotFound", message, target)
        return None
    return binding.name


def _build_group(
    step: _Step, job: str, level: Level, frame: Frame, built: Built
) -> dict[str, JobOutput]:
    """A node whose component is a pipeline: a group, and its nodes inside of it."""
    places, shared = _places(step, level, frame.resolver)
    node = _node(step, level, frame, kind="pipeline")
    if level.depth >= DEEPEST:
        message = f"more than {DEEPEST} pipeline components inside each other"
        frame.resolver.problem("NestedTooDeep", message, step.target)
        return {}
    told = len(frame.resolver.problems)
    inner = plan_level(
        Level(
            jobs=step.component.jobs,
            inputs=_inner_inputs(step, frame.resolver),
            outputs=places,
            parent_job=job,
            parent_node=node.id,
            target=f"{step.target}.jobs",
            depth=level.depth + 1,
        ),
        frame,
    )
    if len(frame.resolver.problems) == told:
        step.unwritten = [name for name in places if name not in inner.outputs]
    for name in step.unwritten:
        message = f'no node writes the output "{name}" of the pipeline component'
        frame.resolver.warn(f"{step.target}.outputs.{name}: {message}")
    _add(step, job, level, node, inner.outputs, shared, built)
    built.nodes += inner.nodes
    built.children += inner.children
    return inner.outputs


def _inner_inputs(step: _Step, resolver: Resolver) -> dict[str, Value | None]:
    """The inputs of a pipeline component, checked as those of a command are."""
    values: dict[str, Value | None] = {}
    for name, port in step.component.inputs.items():
        value = step.inputs[name]
        checked = command_input(port, value, resolver, f"{step.target}.inputs.{name}")
        if checked is None:
            values[name] = None if port.optional else UNKNOWN
        elif port.is_literal:
            values[name] = Value(text=checked.value, type="literal")
        else:
            values[name] = Value(uri=checked.uri, type=port.type, mode=value.mode if value else "")
    return values


def _build_leaf(
    step: _Step, job: str, level: Level, frame: Frame, built: Built
) -> dict[str, JobOutput]:
    """A node that runs a command."""
    component, resolver = step.component, frame.resolver
    places, shared = _places(step, level, resolver)
    inputs = []
    for name, port in component.inputs.items():
        target = f"{step.target}.inputs.{name}"
        inputs.append(command_input(port, step.inputs[name], resolver, target))
        refuse_remote(inputs[-1], resolver, f"{target}.path")
    outputs = [
        command_output(
            port, places[name], job, frame.datastore, resolver, f"{step.target}.outputs.{name}"
        )
        for name, port in component.outputs.items()
    ]
    source = CommandSource(
        body=step.body,
        component=component,
        target=step.target,
        parent_inputs=level.inputs,
    )
    work = replace(
        command_work(source, job, frame),
        inputs=tuple(entry for entry in inputs if entry is not None),
        outputs=tuple(outputs),
        properties=texts(table(step.body, "properties")),
    )
    node = replace(_node(step, level, frame, kind="command"), work=work)
    kept = {
        output.name: JobOutput(uri=output.uri, type=places[output.name].type or output.type)
        for output in outputs
    }
    _add(step, job, level, node, kept, shared, built)
    return kept


def _node(step: _Step, level: Level, frame: Frame, kind: str) -> Node:
    prefix = f"{level.parent_node}/" if level.parent_node else ""
    needed = dict.fromkeys(step.required + step.optional)
    return Node(
        id=prefix + step.key,
        key=step.key,
        kind=kind,
        display_name=_display_name(step),
        parent=level.parent_node,
        depends_on=tuple(prefix + key for key in needed),
        condition=_condition(step),
        fail_fast=frame.fail_fast and kind == "pipeline",
    )


def _display_name(step: _Step) -> str:
    return text(read(step.body, "display_name") or step.key)


def _condition(step: _Step) -> str:
    """A node runs when the producers of its required inputs succeeded.

    Those of optional inputs need only have ended (documentation, "continue on step failure").
    """
    if not step.optional:
        return DEFAULT_CONDITION
    if not step.required:
        return "not(canceled())"
    names = ", ".join(f"'{key}'" for key in dict.fromkeys(step.required))
    return f"succeeded({names})"


def _add(
    step: _Step,
    job: str,
    level: Level,
    node: Node,
    outputs: Mapping[str, JobOutput],
    shared: Mapping[str, str],
    built: Built,
) -> None:
    built.nodes.append(node)
    built.children.append(
        ChildJob(
            name=job,
            node=node.id,
            parent=level.parent_job,
            key=step.key,
            type="Pipeline" if node.work is None else "Command",
            display_name=node.display_name,
            outputs={
                name: _named(output, place_of(table(step.body, "outputs").get(name)))
                for name, output in outputs.items()
            },
            properties=table(step.body, "properties"),
            tags=table(step.body, "tags"),
        )
    )
    for name, parent_name in shared.items():
        if name in outputs:
            built.outputs[parent_name] = _named(outputs[name], level.outputs[parent_name])


def _named(output: JobOutput, place: Place) -> JobOutput:
    """The same content as an output of someone else, who may give it a type and an asset's name."""
    return replace(
        output,
        type=place.type or output.type,
        asset_name=place.asset_name,
        asset_version=place.asset_version,
    )
