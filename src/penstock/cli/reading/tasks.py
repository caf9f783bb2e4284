"""The agent's tasks as the planner asks for them: the two rooms do not know each other."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.agent import tasks
from penstock.devops.plans.catalog import TaskFacts
from penstock.engine.requests import Step

_CONNECTION = "connectedService:"


class AgentTasks:
    """Implements `devops.catalog.TaskCatalog` over the agent's registry."""

    def find(self, reference: str) -> TaskFacts | None:
        """The task of a reference, ignoring case."""
        try:
            task = tasks.find(reference)
        except tasks.UnknownTask:
            return None
        inputs = {
            name.casefold(): declared.type.removeprefix(_CONNECTION)
            for declared in task.inputs
            if declared.type.startswith(_CONNECTION)
            for name in (declared.name, *declared.aliases)
        }
        return TaskFacts(name=task.name, friendly_name=task.friendly_name, connection_inputs=inputs)

    def names(self) -> Sequence[str]:
        """Every `Name@Major`."""
        return tasks.names()

    def problems(self, step: Step) -> Sequence[str]:
        """What is wrong with the inputs of a step."""
        return [problem.message for problem in tasks.check([step])]
