"""Checks of what a component, or a command with inputs of its own, declares and runs."""

from __future__ import annotations

from penstock.language.source import Diagnostic, Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence, plain_value
from penstock.ml.bindings import typed_literal
from penstock.ml.yaml import complaints, misfits
from penstock.ml.yaml.commands import check_command
from penstock.ml.yaml.paths import is_local
from penstock.ml.yaml.structure import Context

LITERALS = ("string", "integer", "number", "boolean")


def check_ports_and_command(spec: Mapping, context: Context) -> None:
    """Hold defaults against their own types, and the command against the inputs and outputs."""
    check_ports(spec, context)
    _check_includes(spec, context)
    optional = [
        entry.key.value
        for entry in entries_of(spec.get("inputs"))
        if _is_true(port_field(entry, "optional"))
    ]
    check_command(spec, optional, context)


def _check_includes(spec: Mapping, context: Context) -> None:
    """A registered snapshot is what it is: nothing can be laid beside it."""
    code, includes = spec.entry("code"), spec.entry("additional_includes")
    if code is None or includes is None or not isinstance(code.value, Scalar):
        return
    if not code.value.is_null and not is_local(code.value.value):
        context.found.append(complaints.exclusive(code.key, includes.key, "component"))


def check_ports(spec: Mapping, context: Context) -> None:
    """Hold the default, `min` and `max` of each declared input against its type; outputs are data
    (documentation: "primitive types output isn't supported")."""
    for entry in entries_of(spec.get("outputs")):
        type = port_field(entry, "type")
        if isinstance(type, Scalar) and type.value in LITERALS:
            help = "an output is data: write a file into a uri_file or uri_folder output"
            context.found.append(complaints.value_not_supported("type", type, help))
    for entry in entries_of(spec.get("inputs")):
        for name in ("default", "min", "max"):
            given = port_field(entry, name)
            if isinstance(given, Scalar) and not given.is_null:
                complaint = check_literal(entry.key.value, given, entry.value)
                if complaint is not None:
                    context.found.append(complaint)


def check_literal(
    name: str, given: Scalar, port: Node, declared: Span | None = None
) -> Diagnostic | None:
    """What is wrong with a literal for a declared input: its type, or (warned of) its range."""
    if not isinstance(port, Mapping):
        return None
    type = port.get("type")
    if not isinstance(type, Scalar) or type.value not in LITERALS:
        return None
    text = str(plain_value(given))
    try:
        typed_literal(text, type.value)
    except (ValueError, OverflowError):
        return misfits.value_unfit(name, given.value, type.value, given.span, declared)
    rule = _outside(text, type.value, port)
    return misfits.outside(name, given.value, rule, given.span, declared) if rule else None


def _outside(text: str, type: str, port: Mapping) -> str | None:
    choices = port.get("enum")
    if isinstance(choices, Sequence):
        words = [item.value for item in choices.items if isinstance(item, Scalar)]
        if words and text not in words:
            return f"which is not one of {', '.join(words)}"
    if type == "integer" and not float(text).is_integer():
        return f"which is read as the whole number {typed_literal(text, type)}"
    if type in ("integer", "number"):
        for bound, word in (("min", "less than"), ("max", "more than")):
            limit = _number(port.get(bound))
            value = float(text)
            if limit is not None and (value < limit if bound == "min" else value > limit):
                return f"{word} its {bound} {limit:g}"
    return None


def _number(node: Node | None) -> float | None:
    try:
        return float(node.value) if isinstance(node, Scalar) else None
    except ValueError:
        return None


def entries_of(node: Node | None) -> tuple[Entry, ...]:
    """The entries of a mapping; none of anything else."""
    return node.entries if isinstance(node, Mapping) else ()


def port_field(entry: Entry, name: str) -> Node | None:
    """A field of a declared input or output."""
    return entry.value.get(name) if isinstance(entry.value, Mapping) else None


def is_required(port: Node) -> bool:
    """Whether a node must give this input: it is not optional and has no default."""
    if not isinstance(port, Mapping):
        return True
    return port.get("default") is None and not _is_true(port.get("optional"))


def _is_true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value.lower() in ("true", "yes", "on", "1")
