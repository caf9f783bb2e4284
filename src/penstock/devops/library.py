"""What a pipeline may name and its YAML does not define: connections, groups, environments, files.

On the service these are kept in a project's library; here they come from the store, from files of
the repository (`libraryfiles.py`), or both (`projectlibrary.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Protocol, TypeVar

from penstock.engine.requests import Endpoint
from penstock.language.source import Diagnostic
from penstock.records import record

LOCAL_SCHEME = "PenstockLocal"
ARM_TYPE = "AzureRM"
STORE = "store"
"""The `origin` of what the store has; of all else it is the path of a file."""


@record
class VariableGroup:
    """Named values that a pipeline takes by `group:`; `secrets` names its secret variables."""

    name: str
    id: str = ""
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    origin: str = STORE


@record
class Connection:
    """A service connection: what a task sees of it but for its secrets, and what only the library
    knows. `id` is empty for one of a file."""

    endpoint: Endpoint
    id: str = ""
    description: str = ""
    origin: str = STORE


@record
class SecureFile:
    """A file whose content is a secret; `id` is empty for one that the repository keeps."""

    name: str
    id: str = ""
    size: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    origin: str = STORE


@record
class DeploymentEnvironment:
    """A target of deployment jobs.

    What follows `description` is what a file says of its protection; checks of the store are kept
    apart. `approvers` non-empty means a person must approve, `minimum` of them (0: all).
    """

    name: str
    id: str = ""
    description: str = ""
    approvers: tuple[str, ...] = ()
    minimum: int = 0
    instructions: str = ""
    branches: tuple[str, ...] = ()
    exclusive: bool = False
    origin: str = STORE


class SecretValues(Protocol):
    """Knows the values of secrets; asked only for what a run uses."""

    def of(self, thing: VariableGroup | Connection) -> Mapping[str, str]:
        """The values that are known, names in lower case."""


class NoValues:
    """Knows no secret."""

    def of(self, thing: VariableGroup | Connection) -> Mapping[str, str]:
        """Nothing."""
        return {}


class _Given:
    """Values that were given for one run, over what else is known."""

    def __init__(self, given: Mapping[str, str], below: SecretValues) -> None:
        self._given = {name.casefold(): value for name, value in given.items()}
        self._below = below

    def of(self, thing: VariableGroup | Connection) -> Mapping[str, str]:
        """The given ones whatever the thing, for they were given by name alone."""
        return {**self._below.of(thing), **self._given}


_Item = TypeVar("_Item")


@record
class Library:
    """Everything by name. Lookups ignore case."""

    connections: Mapping[str, Connection] = field(default_factory=dict)
    groups: Mapping[str, VariableGroup] = field(default_factory=dict)
    environments: Mapping[str, DeploymentEnvironment] = field(default_factory=dict)
    secure_files: Mapping[str, SecureFile] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    values: SecretValues = field(default_factory=NoValues)
    diagnostics: tuple[Diagnostic, ...] = ()

    def connection(self, name: str) -> Connection | None:
        """The connection of that name or id."""
        wanted = name.casefold()
        for key, connection in self.connections.items():
            if wanted in (key.casefold(), connection.endpoint.id.casefold()):
                return connection
        return None

    def group(self, name: str) -> VariableGroup | None:
        """The variable group of that name."""
        return _named(self.groups, name)

    def secret(self, group: VariableGroup, name: str) -> str | None:
        """The value of a secret variable, None where it is not known."""
        return self.values.of(group).get(name.casefold())

    def with_secrets(self, given: Mapping[str, str]) -> Library:
        """The same library, in which these values of secrets win."""
        return replace(self, values=_Given(given, self.values)) if given else self

    def endpoint(self, connection: Connection) -> Endpoint:
        """The connection with the values of its secrets; one without a value is left out of its
        parameters."""
        endpoint = connection.endpoint
        if not endpoint.secrets:
            return endpoint
        known = self.values.of(connection)
        found = {n: known[n.casefold()] for n in endpoint.secrets if n.casefold() in known}
        return replace(endpoint, parameters={**endpoint.parameters, **found})

    def environment(self, name: str) -> DeploymentEnvironment | None:
        """The environment of that name."""
        return _named(self.environments, name)

    def secure_file(self, name: str) -> SecureFile | None:
        """The secure file of that name or id."""
        wanted = name.casefold()
        by_id = (f for f in self.secure_files.values() if f.id and f.id.casefold() == wanted)
        return _named(self.secure_files, name) or next(by_id, None)


def _named(items: Mapping[str, _Item], name: str) -> _Item | None:
    wanted = name.casefold()
    return next((item for key, item in items.items() if key.casefold() == wanted), None)


def local_connection(name: str) -> Connection:
    """The Azure Resource Manager connection that stands for the workspace on this machine."""
    endpoint = Endpoint(
        id=name, name=name, type=ARM_TYPE, url="https://management.azure.com/", scheme=LOCAL_SCHEME
    )
    return Connection(endpoint=endpoint)
