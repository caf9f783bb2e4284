"""Bindings between parts of a pipeline job (`${{parent.jobs.a.outputs.b}}`), and typed literals.

`${{inputs.x}}` and `$[[ ]]` of a command line are left alone: the agent replaces them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from penstock.records import record

_WHOLE = re.compile(r"^\s*\$\{\{\s*([^{}]+?)\s*\}\}\s*\Z")
_EACH = re.compile(r"\$\{\{\s*([^{}]+?)\s*\}\}")
_PARENT = re.compile(r"^parent\.(inputs|outputs)\.(.+)\Z")
_NODE = re.compile(r"^(?:parent\.)?jobs\.([^.]+)\.(inputs|outputs)\.(.+)\Z")


class Side(StrEnum):
    """What a binding reads or writes: the pipeline's own inputs or outputs, or those of a node."""

    PARENT_INPUT = "parent input"
    PARENT_OUTPUT = "parent output"
    NODE_INPUT = "node input"
    NODE_OUTPUT = "node output"


@record
class Binding:
    """One whole-value binding. `node` is empty for the pipeline's own inputs and outputs."""

    side: Side
    name: str
    node: str = ""


class NotABinding(Exception):
    """an expression that Azure ML does not know as a binding"""


def parse_binding(value: object) -> Binding | None:
    """The binding that is the whole of `value`, or None when there is no expression.

    Also reads `${{jobs.n.outputs.o}}` without `parent.`, an old form that Azure still runs.
    Raises `NotABinding` when an expression is only a part of the value, or is none of the known
    forms.
    """
    if not isinstance(value, str) or "${{" not in value:
        return None
    whole = _WHOLE.match(value)
    if whole is None:
        raise NotABinding(f'"{value}" must be one binding and nothing else')
    if match := _PARENT.match(whole[1]):
        side = Side.PARENT_INPUT if match[1] == "inputs" else Side.PARENT_OUTPUT
        return Binding(side=side, name=match[2])
    if match := _NODE.match(whole[1]):
        side = Side.NODE_INPUT if match[2] == "inputs" else Side.NODE_OUTPUT
        return Binding(side=side, node=match[1], name=match[3])
    raise NotABinding(
        f'"{value}" is no binding: use ${{{{parent.inputs.NAME}}}},'
        " ${{parent.outputs.NAME}} or ${{parent.jobs.NODE.outputs.NAME}}"
    )


def fill(template: str, value_of: Callable[[str], str | None]) -> str:
    """Replace each `${{expression}}` that `value_of` knows; the others stay as they are."""

    def replace(match: re.Match[str]) -> str:
        value = value_of(match[1])
        return match[0] if value is None else value

    return _EACH.sub(replace, template)


def typed_literal(literal: str, type: str) -> str:
    """The text a command sees for a literal of a component's input, as Azure's client parses them.

    `integer` is `int(float(v))` (`10.0` becomes `10`), `boolean` is true only for `true` in any
    case, a `number` keeps its spelling. Raises ValueError when the text is not of that type.
    """
    match type:
        case "integer":
            return str(int(float(literal)))
        case "number":
            float(literal)
            return literal
        case "boolean":
            if literal.lower() not in ("true", "false"):
                raise ValueError(literal)
            return str(literal.lower() == "true")
    return literal
