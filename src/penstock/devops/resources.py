"""Protected resources: what a pipeline may use only with permission and past its checks.

Here are the records and the Protocol of their store, `store/library/resources.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Protocol

from penstock.records import record

OWN = ""
"""The project of the user's own library, which `penstock run` uses."""
EVERY_PIPELINE = 0
"""Stands for all pipelines of a project in a permission."""


class ResourceType(StrEnum):
    """The kinds of resources, by the words of Azure's REST (pipelinePermissions, checks)."""

    ENDPOINT = "endpoint"
    VARIABLE_GROUP = "variablegroup"
    SECURE_FILE = "securefile"
    ENVIRONMENT = "environment"
    QUEUE = "queue"
    REPOSITORY = "repository"


NOUNS: Mapping[ResourceType, str] = {
    ResourceType.ENDPOINT: "service connection",
    ResourceType.VARIABLE_GROUP: "variable group",
    ResourceType.SECURE_FILE: "secure file",
    ResourceType.ENVIRONMENT: "environment",
    ResourceType.QUEUE: "agent pool",
    ResourceType.REPOSITORY: "repository",
}


@record
class Actor:
    """An account that did or may do something. `name` is its sign-in name, unique in the server."""

    id: str
    name: str = ""
    display_name: str = ""

    def is_same(self, other: Actor) -> bool:
        """Whether both are the same account; one known by its name only is compared by that."""
        if self.id and other.id:
            return self.id.casefold() == other.id.casefold()
        return bool(self.name) and self.name.casefold() == other.name.casefold()


@record
class Resource:
    """What a permission or check is about."""

    type: ResourceType
    id: str
    name: str = ""


@record
class Kept:
    """A resource of a project's library as the store has it. Times are seconds since 1970.

    `body` by type: `variables` and `secrets` (names) of a group; `type`, `url`, `scheme`,
    `parameters`, `data`, `secrets` of a connection; `size` and `properties` of a secure file.
    """

    project: str
    type: ResourceType
    id: str
    name: str
    description: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    created_by: Actor
    modified: float = 0.0
    modified_by: Actor

    @property
    def resource(self) -> Resource:
        """What its permissions and checks are about."""
        return Resource(type=self.type, id=self.id, name=self.name)


@record
class Grant:
    """That a pipeline (`EVERY_PIPELINE`: any) may use a resource."""

    pipeline: int
    by: Actor
    at: float


class NameTaken(Exception):
    """the project has a resource of that type and name already"""


class NoSuchResource(Exception):
    """the project has no such resource"""


class ResourceStore(Protocol):
    """Keeps the library of every project, and who may use what. Names ignore case."""

    def of_type(self, project: str, type: ResourceType) -> Sequence[Kept]:
        """All of a type, by name."""

    def get(self, project: str, type: ResourceType, id: str) -> Kept | None:
        """One by its id."""

    def named(self, project: str, type: ResourceType, name: str) -> Kept | None:
        """One by its name."""

    def secrets(self, kept: Kept) -> Mapping[str, str]:
        """The secret values of a group or connection, by name."""

    def ensure(self, project: str, type: ResourceType, name: str, by: Actor, pipeline: int) -> Kept:
        """The one of that name; where there is none it is made, and the pipeline may use it."""

    def grants(self, project: str, resource: Resource) -> Sequence[Grant]:
        """Who may use a resource."""

    def grant(self, project: str, resource: Resource, pipeline: int, by: Actor) -> None:
        """Let a pipeline use a resource; one that may already is left as it is."""

    def revoke(self, project: str, resource: Resource, pipelines: Collection[int]) -> None:
        """Take such permissions back."""
