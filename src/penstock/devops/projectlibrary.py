"""The library that a run sees: what the store has of its project over what the commit's files say.

`ProjectLibrary(store, secrets).for_run(project, files) -> Library` is the one port for planning.
`files` are those of the commit that runs (`language.templates.files.Files`, repository `self`);
`project` is the project's id, or `resources.OWN` for the user's own library.

A connection, secure file or environment of the store replaces a file's of the same name; a variable
group of the store lays its variables over the file's. What a file says of an environment's
protection holds in addition to the checks of the store: a commit can add to it, never take away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from penstock.devops.library import (
    Connection,
    DeploymentEnvironment,
    Library,
    SecretValues,
    SecureFile,
    VariableGroup,
)
from penstock.devops.libraryfiles import read_library
from penstock.devops.resources import OWN, Kept, ResourceStore, ResourceType
from penstock.engine.requests import Endpoint
from penstock.language.templates.files import Files

_Item = TypeVar("_Item")


class LoneSecrets(Protocol):
    """Secrets that stand alone, by the owner "" (`penstock secrets set`)."""

    def values(self, project: str, owner: str) -> Mapping[str, str]:
        """The values of an owner, by name."""


class ProjectLibrary:
    """Makes libraries. Its methods may be called from any thread."""

    def __init__(self, store: ResourceStore, secrets: LoneSecrets) -> None:
        self._store = store
        self._secrets = secrets

    def for_run(self, project: str, files: Files) -> Library:
        """The library for planning a run: it can tell the values of secrets when asked for one."""
        return replace(self._over(read_library(files), project), values=self.values(project))

    def values(self, project: str) -> SecretValues:
        """The secrets of a project's library."""
        return _Values(self._store, self._secrets, project)

    def shown(self, project: str, files: Files | None = None) -> Library:
        """The library without any secret value, each thing with its `origin`: for pages."""
        return self._over(read_library(files) if files else Library(), project)

    def _over(self, library: Library, project: str) -> Library:
        groups, connections = library.groups, library.connections
        secure_files, environments = library.secure_files, library.environments
        for kept in self._store.of_type(project, ResourceType.VARIABLE_GROUP):
            groups = _put(groups, kept.name, _laid_over(library.group(kept.name), group_of(kept)))
        for kept in self._store.of_type(project, ResourceType.ENDPOINT):
            connections = _put(connections, kept.name, connection_of(kept))
        for kept in self._store.of_type(project, ResourceType.SECURE_FILE):
            secure_files = _put(secure_files, kept.name, secure_file_of(kept))
        for kept in self._store.of_type(project, ResourceType.ENVIRONMENT):
            environment = environment_of(kept, library.environment(kept.name))
            environments = _put(environments, kept.name, environment)
        return replace(
            library,
            groups=groups,
            connections=connections,
            secure_files=secure_files,
            environments=environments,
        )


class _Values:
    """Implements `library.SecretValues`: a thing's own secrets, and in the user's own library the
    lone ones below them. Opens none before it is asked."""

    def __init__(self, store: ResourceStore, secrets: LoneSecrets, project: str) -> None:
        self._store = store
        self._secrets = secrets
        self._project = project

    def of(self, thing: VariableGroup | Connection) -> Mapping[str, str]:
        """The values that are known, names in lower case."""
        if not (thing.secrets if isinstance(thing, VariableGroup) else thing.endpoint.secrets):
            return {}
        type = ResourceType.ENDPOINT if isinstance(thing, Connection) else _GROUP
        found: dict[str, str] = {}
        if self._project == OWN:
            found.update(self._secrets.values(OWN, ""))
        if thing.id and (kept := self._store.get(self._project, type, thing.id)):
            found.update(self._store.secrets(kept))
        return {name.casefold(): value for name, value in found.items()}


_GROUP = ResourceType.VARIABLE_GROUP


def _put(items: Mapping[str, _Item], name: str, item: _Item) -> dict[str, _Item]:
    kept = {key: other for key, other in items.items() if key.casefold() != name.casefold()}
    return {**kept, name: item}


def _laid_over(below: VariableGroup | None, group: VariableGroup) -> VariableGroup:
    if below is None:
        return group
    hidden = {name.casefold() for name in (*group.variables, *group.secrets)}
    return replace(
        group,
        variables={
            **{n: v for n, v in below.variables.items() if n.casefold() not in hidden},
            **group.variables,
        },
        secrets=(*(n for n in below.secrets if n.casefold() not in hidden), *group.secrets),
        origin=f"{group.origin}, over {below.origin}",
    )


def group_of(kept: Kept) -> VariableGroup:
    """A variable group as the store has it."""
    return VariableGroup(
        name=kept.name,
        id=kept.id,
        description=kept.description,
        variables=dict(kept.body.get("variables", {})),
        secrets=tuple(kept.body.get("secrets", ())),
    )


def connection_of(kept: Kept) -> Connection:
    """A service connection as the store has it."""
    body = kept.body
    endpoint = Endpoint(
        id=kept.id,
        name=kept.name,
        type=body["type"],
        url=body["url"],
        scheme=body["scheme"],
        parameters=dict(body.get("parameters", {})),
        data=dict(body.get("data", {})),
        secrets=tuple(body.get("secrets", ())),
    )
    return Connection(endpoint=endpoint, id=kept.id, description=kept.description)


def secure_file_of(kept: Kept) -> SecureFile:
    """A secure file as the store has it."""
    return SecureFile(
        name=kept.name,
        id=kept.id,
        size=kept.body.get("size", 0),
        properties=dict(kept.body.get("properties", {})),
    )


def environment_of(kept: Kept, said: DeploymentEnvironment | None = None) -> DeploymentEnvironment:
    """An environment as the store has it, protected as the file `said` asks too."""
    base = said or DeploymentEnvironment(name=kept.name)
    origin = f"store, over {said.origin}" if said else "store"
    description = kept.description or base.description
    return replace(base, name=kept.name, id=kept.id, description=description, origin=origin)
