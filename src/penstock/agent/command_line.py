"""Puts paths and values into the text of an ML command: `${{inputs.x}}`, `$[[ optional ]]`.

The command is the user's own shell text; values are inserted as they are, as Azure ML does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from penstock.records import record

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)


class UnknownReference(Exception):
    """the command refers to an input or output that the job does not have"""


@record
class Values:
    """What a command can refer to, as text. An input without a value is absent, or None."""

    inputs: Mapping[str, str | None] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def expand(command: str, values: Values) -> str:
    """The command with every reference replaced.

    A `$[[ ]]` segment is dropped when any input in it has no value. Raises `UnknownReference` for
    a reference to nothing, naming what there is.
    """
    without = _OPTIONAL.sub(lambda match: _segment(match[1], values), command)
    return _EXPRESSION.sub(lambda match: _value(match[0], match[1], values), without)


def _segment(text: str, values: Values) -> str:
    for expression in _EXPRESSION.findall(text):
        kind, _, name = expression.partition(".")
        if kind in ("inputs", "search_space") and values.inputs.get(name) is None:
            return ""
    return text


def _value(written: str, expression: str, values: Values) -> str:
    kind, _, name = expression.partition(".")
    table: Mapping[str, str | None]
    match kind:
        case "inputs" | "search_space":
            table = values.inputs
        case "outputs":
            table = values.outputs
        case _:
            raise UnknownReference(
                f'"{written}" in the command is none of ${{{{inputs.NAME}}}}, '
                "${{outputs.NAME}}, ${{search_space.NAME}}"
            )
    value = table.get(name)
    if value is not None:
        return value
    if name in table:
        raise UnknownReference(
            f'"{written}" in the command has no value: the input is optional and was not given. '
            f"write $[[{written}]], so that it is left out then"
        )
    known = ", ".join(sorted(table)) or "none"
    noun = "output" if kind == "outputs" else "input"
    raise UnknownReference(f'"{written}" in the command names no {noun} of the job (has: {known})')
