"""The nodes of a pipeline: what each may say, and the component files they name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from penstock.language.source import Diagnostic
from penstock.language.yaml import Entry, Mapping, Scalar, to_python
from penstock.ml.references import parse_reference
from penstock.ml.yaml import complaints, misfits
from penstock.ml.yaml.components import check_ports, check_ports_and_command
from penstock.ml.yaml.graph import NodeFacts, check_graph
from penstock.ml.yaml.kinds import RUN_TYPES, Family, Kind, run_kind
from penstock.ml.yaml.loaded import Loaded
from penstock.ml.yaml.paths import local_path, near_file, shown
from penstock.ml.yaml.structure import Context, check_shape

_NODE_NAME = re.compile(r"^[a-z_][a-z\d_]*\Z", re.ASCII)
_LOOPS = ("do_while", "if_else", "parallel_for")
_NODE_KINDS = {Kind.COMMAND_COMPONENT: "command", Kind.PIPELINE_COMPONENT: "pipeline"}
Follow = Callable[[Path], Loaded | None]


def check_pipeline(
    loaded: Loaded, root: Mapping, context: Context, follow: Follow
) -> dict[str, Loaded]:
    """Complain about the nodes and how they fit together; returns their component files by node.

    `follow` reads a component file, each once; None for one that is being read.
    """
    parts: dict[str, Loaded] = {}
    if loaded.kind is Kind.PIPELINE_COMPONENT:
        check_ports(root, context)
    jobs, component = root.entry("jobs"), root.entry("component")
    if jobs and component:
        context.found.append(complaints.exclusive(jobs.key, component.key, "pipeline"))
    if component and not jobs:
        part = _component(component, context, follow)
        if part is not None:
            parts[""] = part
    if jobs is None or not isinstance(jobs.value, Mapping):
        if jobs is None and component is None:
            context.found.append(_no_nodes(root))
        return parts
    if not jobs.value.entries:
        context.found.append(_no_nodes(root))
    within = dataclasses.replace(context, in_pipeline=True)
    nodes = [_check_node(entry, within, follow) for entry in jobs.value.entries]
    facts = [node for node in nodes if node is not None]
    parts.update({node.name: node.component for node in facts if node.component is not None})
    check_graph(root, facts, within.found, is_job=loaded.kind is Kind.PIPELINE_JOB)
    return parts


def _no_nodes(root: Mapping) -> Diagnostic:
    """Azure's client lets an empty pipeline pass; it cannot run."""
    at = root.entries[0].key.span if root.entries else root.span
    return complaints.missing_field("jobs", "pipeline", at, "add at least one node under jobs:")


def _check_node(entry: Entry, context: Context, follow: Follow) -> NodeFacts | None:
    """Complain about one node; None where it could not be understood at all."""
    _check_node_name(entry.key, context)
    node = entry.value
    if not isinstance(node, Mapping):
        empty = isinstance(node, Scalar) and node.is_null
        problem = (
            complaints.no_value(entry.key)
            if empty
            else complaints.wrong_value(entry.key.value, "map", node)
        )
        context.found.append(problem)
        return None
    name = node.get("name")
    if isinstance(name, Scalar) and not name.is_null and name.value != entry.key.value:
        context.found.append(complaints.name_not_used(name, entry.key))
    type = _node_type(entry.key, node, context)
    if type is None:
        return None
    if type == "pipeline" or node.entry("component") is not None:
        return _check_component_node(entry, node, type, context, follow)
    return _check_inline_node(entry, node, context)


def _check_node_name(name: Scalar, context: Context) -> None:
    if not _NODE_NAME.match(name.value):
        suggestion = re.sub(r"[^a-z\d_]", "_", name.value.lower())
        rule = "it may hold small letters, digits and underscores, and begins with no digit"
        context.found.append(complaints.bad_name("the node's name", name, rule, suggestion))


def _node_type(name: Scalar, node: Mapping, context: Context) -> str | None:
    """`command` or `pipeline`, or "" where it is not said; None when such a node cannot be run."""
    type = node.get("type")
    if type is None:
        return ""
    if not isinstance(type, Scalar) or type.is_null:
        entry = node.entry("type")
        context.found.append(complaints.no_value(entry.key if entry else name))
        return None
    word = type.value.lower()
    if word in ("command", "pipeline"):
        return word
    kind = run_kind(word, Family.JOB)
    if kind is not None or word in _LOOPS:
        what = (kind.value.removesuffix(" job") if kind else word) + " node"
        owner = f'"{name.value}"'
        context.found.append(complaints.not_supported(what, type.span, owner))
    elif word == "component":
        help = "write type: command, or leave the type out"
        context.found.append(
            complaints.old_form(type.span, '"component" is no longer a type', help)
        )
    else:
        context.found.append(complaints.not_one_of("type", type, RUN_TYPES))
    return None


def _check_inline_node(entry: Entry, node: Mapping, context: Context) -> NodeFacts:
    if node.entry("command") is None:
        help = "name a component file or a registered component, or write the command here"
        missing = complaints.missing_field("component", "node", entry.key.span, help)
        context.found.append(missing)
        checked = Mapping(tuple(e for e in node.entries if e.key.value in _COMMON), node.span)
        check_shape(checked, "bare node", context, entry.key.span, "node")
        return NodeFacts(key=entry.key, mapping=node)
    check_shape(node, "inline command", context, entry.key.span, "command node")
    check_ports_and_command(node, context)
    return NodeFacts(key=entry.key, mapping=node, is_inline=True)


_COMMON = ("inputs", "outputs", "compute")


def _check_component_node(
    entry: Entry, node: Mapping, type: str, context: Context, follow: Follow
) -> NodeFacts:
    shape = "pipeline node" if type == "pipeline" else "command node"
    check_shape(node, shape, context, entry.key.span)
    component = node.entry("component")
    part = _component(component, context, follow) if component else None
    if part is not None and component is not None:
        _check_component_kind(part, type, component, context)
    return NodeFacts(key=entry.key, mapping=node, component=part)


def _check_component_kind(part: Loaded, type: str, component: Entry, context: Context) -> None:
    """The type of a node, where it is said, is that of its component."""
    actual = _NODE_KINDS.get(part.kind) if part.kind else None
    if type and actual and actual != type:
        message = f"this is a {part.kind}, but the node is of type {type}"
        help = f"write type: {actual}, or leave the type out"
        context.found.append(complaints.old_form(component.value.span, message, help))


def _component(entry: Entry, context: Context, follow: Follow) -> Loaded | None:
    """The component that a node names or holds; None for a registered one, and for a wrong one."""
    value = entry.value
    if isinstance(value, Mapping):
        return _inline_component(value, entry, context)
    if not isinstance(value, Scalar) or value.is_null:
        if not isinstance(value, Scalar):
            context.found.append(complaints.wrong_value("component", "text", value))
        return None
    if value.value.startswith("azureml:"):
        if parse_reference(value.value, "components") is None:
            help = "write azureml:NAME:VERSION or azureml:NAME@latest"
            problem = complaints.not_a_reference("component", value, "components", help)
            context.found.append(problem)
        return None
    path = local_path(value.value, context.folder)
    if path.is_file():
        part = follow(path)
        if part is None:
            context.found.append(misfits.holds_itself(value))
        return part
    help = f"to use a registered component write azureml:{value.value}@latest"
    close = near_file(path, value.value)
    what = "the component file"
    problem = complaints.file_missing(what, value, shown(path), close, help=help)
    context.found.append(problem)
    return None


def _inline_component(value: Mapping, entry: Entry, context: Context) -> Loaded:
    """A component written out in a node: a command without a name."""
    check_shape(value, "command component", context, entry.key.span, "component")
    check_ports_and_command(value, context)
    plain = to_python(value)
    return Loaded(
        kind=Kind.COMMAND_COMPONENT,
        path=context.folder / "component",
        document=value,
        value=plain if isinstance(plain, dict) else {},
    )
