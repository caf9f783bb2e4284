"""What the service knows of tasks: that they exist, and which inputs name a service connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from penstock.engine.requests import Step
from penstock.records import record


@record
class TaskFacts:
    """A task as far as planning needs it. `connection_inputs` maps every spelling of an input, in
    lower case, to the type of connection it takes (`AzureRM`)."""

    name: str
    friendly_name: str
    connection_inputs: Mapping[str, str] = field(default_factory=dict)


class TaskCatalog(Protocol):
    """The tasks that the agents of this machine can run."""

    def find(self, reference: str) -> TaskFacts | None:
        """The task of a reference such as `AzureCLI@2` or `GUID@1`, ignoring case."""

    def problems(self, step: Step) -> Sequence[str]:
        """What is wrong with the inputs of a step, one sentence each."""

    def names(self) -> Sequence[str]:
        """Every `Name@Major`, for suggestions."""
