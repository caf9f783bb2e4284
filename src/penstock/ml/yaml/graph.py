"""How the nodes of a pipeline fit together: what they give each other, and in which order.

Azure's client lets most of these faults pass; the service, or the run, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.language.source import Diagnostic, Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar
from penstock.ml.bindings import Binding, NotABinding, Side, parse_binding
from penstock.ml.yaml import complaints, misfits
from penstock.ml.yaml.components import LITERALS, check_literal, entries_of, is_required
from penstock.ml.yaml.kinds import Kind
from penstock.ml.yaml.loaded import Loaded
from penstock.records import record

_READ_APART = ("inputs", "outputs", "command", "component", "environment_variables")
_ARTIFACTS = "artifacts"  # every job has this output


@record
class NodeFacts:
    """A node as the graph sees it. `component` is None for one that is registered elsewhere."""

    key: Scalar
    mapping: Mapping
    component: Loaded | None = None
    is_inline: bool = False

    @property
    def name(self) -> str:
        """The name that bindings use."""
        return self.key.value

    def declared(self, side: str) -> Entry | None:
        """The `inputs` or `outputs` that say what there is; None when only the service knows."""
        if self.is_inline:
            return self.mapping.entry(side)
        document = self.component.document if self.component else None
        return document.entry(side) if document else None

    @property
    def is_known(self) -> bool:
        """Whether everything that can be bound is known here."""
        return self.is_inline or (
            self.component is not None and self.component.document is not None
        )


def check_graph(
    root: Mapping, nodes: list[NodeFacts], found: list[Diagnostic], *, is_job: bool
) -> None:
    """Complain about inputs, outputs, bindings, missing computes and cycles."""
    graph = _Graph(root, {node.name: node for node in nodes}, found)
    waits: dict[str, dict[str, Span]] = {}
    for node in nodes:
        waits[node.name] = dict(_check_inputs(graph, node))
        _check_outputs(graph, node)
        for entry in _elsewhere(node.mapping):
            _check_elsewhere(graph, entry)
    _check_cycles(graph, waits)
    _check_settings(graph)
    if is_job and not _has_compute(root):
        found.extend(misfits.no_compute(key) for key in _without_compute(nodes))


@record(kw_only=False)
class _Graph:
    root: Mapping
    nodes: dict[str, NodeFacts]
    found: list[Diagnostic]


def _check_inputs(graph: _Graph, node: NodeFacts) -> Iterator[tuple[str, Span]]:
    """Complain about the inputs a node gives; yields the nodes it waits for."""
    declared = node.declared("inputs") if node.component else None
    ports = {entry.key.value: entry for entry in entries_of(declared.value if declared else None)}
    given = set()
    for entry in entries_of(node.mapping.get("inputs")):
        name = entry.key.value
        given.add(name)
        port = ports.get(name)
        if node.component and node.is_known and port is None and not _is_group(name, ports):
            at = declared.key.span if declared else None
            component = _component_name(node)
            problem = misfits.unknown_port(entry.key, "input", component, ports, at)
            graph.found.append(problem)
        yield from _check_input(graph, node, entry, port)
    for name, port in ports.items():
        if name not in given and is_required(port.value):
            kind = _type_of(port.value) or "uri_folder"
            problem = misfits.missing_input(node.key, name, kind, port.key.span)
            graph.found.append(problem)


def _check_input(
    graph: _Graph, node: NodeFacts, entry: Entry, port: Entry | None
) -> Iterator[tuple[str, Span]]:
    """Complain about one given input: a binding, a literal or data."""
    value = _bound_value(entry.value)
    if value is None or value.is_null:
        return
    if "${{" not in value.value:
        if value is entry.value or _is_literal_mapping(entry.value):
            _check_given_literal(graph, entry.key, value, port)
        return
    binding = _read_binding(graph, value, reading=True)
    if binding is None:
        return
    source = _find(graph, binding, value)
    if binding.node:
        yield binding.node, value.span
    if source is not None and port is not None:
        _check_kinds(graph, entry.key.value, value, source, port)
        if _is_optional(source) and is_required(port.value):
            name, declared = entry.key.value, source.span
            problem = misfits.optional_to_required(name, value, declared, port.key.span)
            graph.found.append(problem)


def _check_given_literal(graph: _Graph, key: Scalar, value: Scalar, port: Entry | None) -> None:
    if port is None:
        return
    type = _type_of(port.value)
    if type is not None and type not in LITERALS:
        problem = misfits.literal_for_port(key.value, type, value, port.key.span)
        graph.found.append(problem)
        return
    complaint = check_literal(key.value, value, port.value, port.key.span)
    if complaint is not None:
        graph.found.append(complaint)


def _check_outputs(graph: _Graph, node: NodeFacts) -> None:
    """Complain about the outputs a node names and what they are bound to."""
    declared = node.declared("outputs") if node.component else None
    ports = [entry.key.value for entry in entries_of(declared.value if declared else None)]
    for entry in entries_of(node.mapping.get("outputs")):
        name = entry.key.value
        if node.component and node.is_known and name not in ports and name != _ARTIFACTS:
            at = declared.key.span if declared else None
            component = _component_name(node)
            problem = misfits.unknown_port(entry.key, "output", component, ports, at)
            graph.found.append(problem)
        value = entry.value
        if isinstance(value, Scalar) and not value.is_null:
            _check_bound_output(graph, value)


def _check_bound_output(graph: _Graph, value: Scalar) -> None:
    binding = _read_binding(graph, value, reading=False)
    if binding is None:
        if "${{" not in value.value:
            message = f'an output is bound with ${{{{parent.outputs.NAME}}}}, not "{value.value}"'
            graph.found.append(misfits.bad_binding(value, message))
    else:
        _find(graph, binding, value)


def _read_binding(graph: _Graph, value: Scalar, *, reading: bool) -> Binding | None:
    """The binding that a text is; complains when it is none, or one that cannot stand here."""
    try:
        binding = parse_binding(value.value)
    except NotABinding as error:
        graph.found.append(misfits.bad_binding(value, str(error)))
        return None
    if binding is None:
        return None
    if binding.node and not value.value.replace(" ", "").startswith("${{parent."):
        message = 'a binding without "parent." is an old form'
        new = "${{" + f"parent.jobs.{binding.node}.{_side_word(binding)}s.{binding.name}" + "}}"
        problem = complaints.old_form(value.span, message, f"write {new}", warn=True)
        graph.found.append(problem)
    if reading and binding.side is Side.PARENT_OUTPUT:
        message = "an input cannot be bound to an output of the pipeline"
        help = "bind it to the node that makes it: ${{parent.jobs.NODE.outputs.NAME}}"
        graph.found.append(misfits.bad_binding(value, message, help))
        return None
    if not reading and binding.side is not Side.PARENT_OUTPUT:
        message = "an output can be bound to an output of the pipeline only"
        help = "write ${{parent.outputs.NAME}}"
        graph.found.append(misfits.bad_binding(value, message, help))
        return None
    return binding


def _find(graph: _Graph, binding: Binding, value: Scalar) -> Node | None:
    """What a binding refers to; complains when it is not there. None too where it is not known."""
    word = f"{_side_word(binding)}s"
    if not binding.node:
        declared = graph.root.entry(word)
        what = f'the pipeline\'s {_side_word(binding)} "{binding.name}"'
        return _look_up(graph, binding, value, declared, what)
    node = graph.nodes.get(binding.node)
    if node is None:
        names = _node_names(graph.root)
        if binding.node not in names:
            what = f'the node "{binding.node}"'
            problem = misfits.unknown_binding(value, what, names, binding.node)
            graph.found.append(problem)
        return None
    if not node.is_known or binding.name == _ARTIFACTS:
        return None
    what = f'the {_side_word(binding)} "{binding.name}" of the node "{binding.node}"'
    return _look_up(graph, binding, value, node.declared(word), what)


def _look_up(
    graph: _Graph, binding: Binding, value: Scalar, declared: Entry | None, what: str
) -> Node | None:
    names = {entry.key.value: entry for entry in entries_of(declared.value if declared else None)}
    if binding.name in names:
        return names[binding.name].value
    if not _is_group(binding.name, names):
        at = declared.key.span if declared else None
        problem = misfits.unknown_binding(value, what, names, binding.name, at)
        graph.found.append(problem)
    return None


def _check_kinds(graph: _Graph, name: str, value: Scalar, source: Node, port: Entry) -> None:
    """Data cannot become a value nor the other way round; a bound literal must be of the type."""
    wanted = _type_of(port.value)
    if wanted is None:
        return
    if isinstance(source, Scalar) and not source.is_null and "${{" not in source.value:
        if wanted in LITERALS:
            complaint = check_literal(name, source, port.value, port.key.span)
            if complaint is not None:
                graph.found.append(complaint)
            return
        problem = misfits.kinds_differ(name, wanted, "string", value, source.span)
        graph.found.append(problem)
        return
    actual = _type_of(source)
    if actual is not None and (actual in LITERALS) != (wanted in LITERALS):
        problem = misfits.kinds_differ(name, wanted, actual, value, port.key.span)
        graph.found.append(problem)


def _is_optional(node: Node) -> bool:
    optional = node.get("optional") if isinstance(node, Mapping) else None
    return isinstance(optional, Scalar) and optional.value.lower() == "true"


def _type_of(node: Node) -> str | None:
    """The type a declaration or a given value has: `uri_folder` where data says none."""
    if isinstance(node, Scalar):
        return "uri_folder" if node.is_null else None
    if not isinstance(node, Mapping):
        return None
    type = node.get("type")
    if isinstance(type, Scalar):
        lowered = type.value.lower()
        return "uri_folder" if lowered == "path" else lowered
    return None if node.entry("value") is not None else "uri_folder"


def _elsewhere(node: Mapping) -> Iterator[Scalar]:
    """Texts outside of inputs and outputs that are one binding: `compute`, `limits` ..."""
    for entry in node.entries:
        if entry.key.value not in _READ_APART:
            yield from _bindings_in(entry.value)


def _bindings_in(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        if node.value.strip().startswith("${{") and "parent." in node.value:
            yield node
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _bindings_in(entry.value)


def _check_elsewhere(graph: _Graph, value: Scalar) -> None:
    binding = _read_binding(graph, value, reading=True)
    if binding is not None:
        _find(graph, binding, value)


def _check_cycles(graph: _Graph, waits: dict[str, dict[str, Span]]) -> None:
    """Report each ring of nodes once, beginning with the one written first."""
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(waits[start]))]
        if start in done:
            continue
        path.append(start)
        while stack:
            name, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif step in path:
                _report_cycle(graph, path[path.index(step) :], waits)
            elif step in waits and step not in done:
                path.append(step)
                stack.append((step, iter(waits[step])))


def _report_cycle(graph: _Graph, ring: list[str], waits: dict[str, dict[str, Span]]) -> None:
    order = list(graph.nodes)
    first = min(range(len(ring)), key=lambda index: order.index(ring[index]))
    ring = ring[first:] + ring[:first]
    spans = [waits[name][ring[(i + 1) % len(ring)]] for i, name in enumerate(ring)]
    graph.found.append(misfits.cycle(ring, spans))


def _check_settings(graph: _Graph) -> None:
    settings = graph.root.get("settings")
    if not isinstance(settings, Mapping):
        return
    for word in ("on_init", "on_finalize"):
        name = settings.get(word)
        if isinstance(name, Scalar) and not name.is_null:
            names = _node_names(graph.root)
            if name.value not in names:
                what = f'the node "{name.value}"'
                problem = misfits.unknown_binding(name, what, names, name.value)
                graph.found.append(problem)
            else:
                graph.found.append(complaints.not_supported(f'setting "{word}"', name.span))


def _has_compute(root: Mapping) -> bool:
    settings = root.get("settings")
    default = settings.get("default_compute") if isinstance(settings, Mapping) else None
    return root.get("compute") is not None or default is not None


def _without_compute(nodes: Iterable[NodeFacts]) -> Iterator[Scalar]:
    """Nodes that nobody gave a compute, also those inside of pipeline components."""
    for node in nodes:
        component = node.component
        if component is not None and component.kind is Kind.PIPELINE_COMPONENT:
            if component.document is not None:
                yield from _bare_nodes(component.document)
        elif node.mapping.get("compute") is None and not _is_pipeline(node.mapping):
            yield node.key


def _bare_nodes(root: Mapping) -> Iterator[Scalar]:
    for entry in entries_of(root.get("jobs")):
        node = entry.value
        if isinstance(node, Mapping) and not node.get("compute") and not _is_pipeline(node):
            yield entry.key


def _is_pipeline(node: Mapping) -> bool:
    type = node.get("type")
    return isinstance(type, Scalar) and type.value.lower() == "pipeline"


def _bound_value(node: Node) -> Scalar | None:
    """The text in which an input's binding or literal stands: itself, its `path` or its `value`."""
    if isinstance(node, Mapping):
        inner = node.get("path") or node.get("value")
        return inner if isinstance(inner, Scalar) else None
    return node if isinstance(node, Scalar) else None


def _is_literal_mapping(node: Node) -> bool:
    return isinstance(node, Mapping) and node.entry("value") is not None


def _is_group(name: str, known: Iterable[str]) -> bool:
    """Whether a name is a part of a group of inputs, or a group (`group.item`)."""
    head = name.partition(".")[0]
    return any(other.startswith(f"{name}.") for other in known) or ("." in name and head in known)


def _node_names(root: Mapping) -> list[str]:
    return [entry.key.value for entry in entries_of(root.get("jobs"))]


def _component_name(node: NodeFacts) -> str:
    value = node.component.value if node.component else {}
    name = value.get("name")
    return str(name) if name else node.name


def _side_word(binding: Binding) -> str:
    return "input" if binding.side in (Side.PARENT_INPUT, Side.NODE_INPUT) else "output"
