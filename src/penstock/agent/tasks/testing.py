"""The contract of a task as a test: what a package that adds tasks runs over each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.agent.tasks.contract import Input, Task

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPES = ("string", "boolean", "int", "filePath", "multiLine", "pickList", "radio", "secureFile")


def breaches(task: Task) -> tuple[str, ...]:
    """In what the task breaks the contract; nothing for a good one."""
    return tuple(_of_task(task))


def _of_task(task: Task) -> Iterator[str]:
    if not _NAME.fullmatch(task.name):
        yield f'name "{task.name}" must be a word of letters, digits and _'
    if not _GUID.fullmatch(task.id):
        yield f'id "{task.id}" must be a GUID in lower case'
    if task.major < 0:
        yield f"major {task.major} must not be negative"
    for what in ("friendly_name", "description"):
        if not getattr(task, what).strip():
            yield f"{what} must not be empty"
    seen: set[str] = set()
    for item in task.inputs:
        for spelling in (item.name, *item.aliases):
            if spelling.lower() in seen:
                yield f'input "{spelling}" is declared more than once (case is ignored)'
            seen.add(spelling.lower())
        yield from _of_input(task, item)


def _of_input(task: Task, item: Input) -> Iterator[str]:
    names = {other.name.lower() for other in task.inputs}
    if item.type not in _TYPES and not item.type.startswith("connectedService:"):
        yield f'input "{item.name}" has the unknown type "{item.type}"'
    choices = [choice.lower() for choice in item.choices]
    if item.default and choices and item.default.lower() not in choices:
        yield f'the default "{item.default}" of input "{item.name}" is not one of its choices'
    if item.when is not None and item.when[0].lower() not in names:
        yield f'input "{item.name}" depends on "{item.when[0]}", which is no input'
    if item.type == "boolean" and item.default.lower() not in ("true", "false", ""):
        yield f'the default of the boolean input "{item.name}" must be true or false'
