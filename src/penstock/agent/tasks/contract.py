"""What a pipeline task is: a name, inputs, and a function that does it. Packages may add tasks.

A package declares an entry point in the group `penstock.tasks`, named `Name@Major`, that leads to a
`Task`; `penstock.agent.tasks.testing` checks that it keeps to this contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.agent.context import Outcome, StepContext
from penstock.records import record


@record
class Input:
    """An input of a task. `type` is that of task.json (`string`, `boolean`, `pickList`, `filePath`,
    `multiLine`, `connectedService:AzureRM` ...).

    A `required` input must have a value, but with `when` only while another input has that value.
    A `pickList` or `radio` allows `choices`, ignoring case.
    """

    name: str
    type: str = "string"
    default: str = ""
    required: bool = False
    when: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@record
class Task:
    """A task. `run` does it in the job's thread and may raise `ToolMissing` and `OSError`.

    `restricted` allows its programs only the harmless logging commands; `settable` names the
    variables they may set (patterns), None meaning any.
    """

    name: str
    major: int
    id: str
    friendly_name: str
    description: str
    inputs: tuple[Input, ...]
    run: Callable[[StepContext], Outcome]
    version: str = ""
    restricted: bool = False
    settable: tuple[str, ...] | None = None
    has_header: bool = True

    @property
    def reference(self) -> str:
        """`Name@Major`, as YAML names it."""
        return f"{self.name}@{self.major}"


@record(kw_only=False)
class Inputs:
    """The inputs of a step: values by lower-case canonical name, and the names of no input."""

    values: Mapping[str, str]
    unknown: tuple[str, ...] = ()


def resolve_inputs(task: Task, given: Mapping[str, str]) -> Inputs:
    """Names ignore case, aliases mean their input, defaults fill in; values are trimmed."""
    spellings = {
        spelling.lower(): item.name.lower()
        for item in task.inputs
        for spelling in (*item.aliases, item.name)
    }
    values = {item.name.lower(): item.default for item in task.inputs}
    unknown = []
    for name, value in given.items():
        canonical = spellings.get(name.lower())
        if canonical is None:
            unknown.append(name)
        values[canonical or name.lower()] = value.strip()
    return Inputs(values, tuple(unknown))


def input_problems(task: Task, values: Mapping[str, str]) -> list[str]:
    """What is wrong with resolved inputs: a required one is empty, a choice is not one."""
    problems = []
    for item in task.inputs:
        value = values.get(item.name.lower(), "")
        if not value:
            if item.required and _applies(item, values):
                problems.append(f'{task.reference} needs the input "{_told(item)}"')
        elif item.choices and "$(" not in value and not _is_choice(item, value):
            listed = ", ".join(choice for choice in item.choices if choice)
            problems.append(
                f'{task.reference} does not take "{value}" for "{_told(item)}"; '
                f"it is one of: {listed}"
            )
    return problems


def _applies(item: Input, values: Mapping[str, str]) -> bool:
    if item.when is None:
        return True
    name, wanted = item.when
    value = values.get(name.lower(), "")
    return value.lower() == wanted.lower()


def _is_choice(item: Input, value: str) -> bool:
    return value.lower() in (choice.lower() for choice in item.choices)


def _told(item: Input) -> str:
    """The name people write in YAML: the alias, where there is one."""
    return item.aliases[0] if item.aliases else item.name
