"""What a run knows of its repositories: the variables `resources.repositories.ALIAS.ref` and so on.

Names: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository
("Variables"). The context `resources` of conditions and `$[ ]` is read from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.devops.plans.gates import full_ref
from penstock.devops.plans.planning import Surroundings
from penstock.devops.plans.variables import neutralised, stable_id
from penstock.engine.requests import Repository, Variable
from penstock.language import pipeline as model

_TYPES: Mapping[str, str] = {
    "git": "Git",
    "github": "GitHub",
    "githubenterprise": "GitHubEnterprise",
    "bitbucket": "Bitbucket",
}
_SITES: Mapping[str, str] = {
    "github": "https://github.com/",
    "bitbucket": "https://bitbucket.org/",
}


def repository_variables(
    pipeline: model.Pipeline, surroundings: Surroundings
) -> tuple[Variable, ...]:
    """The facts of `self` and of every repository resource; what is not known is left out."""
    known = {v.name.casefold(): v.value for v in surroundings.variables}
    found: dict[str, dict[str, str]] = {}
    own = surroundings.repositories.get("self")
    if own is not None:
        facts = _of_folder(own, "self", surroundings)
        found["self"] = {
            **facts,
            "url": own.origin or known.get("build.repository.uri", ""),
            "version": own.commit or known.get("build.sourceversion", ""),
        }
    for resource in pipeline.resources.repositories:
        alias = resource.alias.value
        folder = surroundings.repositories.get(alias.casefold())
        there = _of_folder(folder, alias, surroundings) if folder else {}
        said = {name: value for name, value in there.items() if value}
        found.setdefault(alias, {**_as_declared(resource), **said})
    return tuple(_variables(found))


def _of_folder(repository: Repository, alias: str, surroundings: Surroundings) -> dict[str, str]:
    id = surroundings.repository_ids.get(alias.casefold())
    return {
        "name": repository.name,
        "ref": repository.ref,
        "type": repository.type,
        "id": id or stable_id("repository", repository.name),
        "url": repository.origin,
        "version": repository.commit or "",
    }


def _as_declared(resource: model.RepositoryResource) -> dict[str, str]:
    """What the YAML itself says of a repository."""
    name = resource.name.value if resource.name else ""
    kind = resource.type.value.casefold() if resource.type else "git"
    is_elsewhere = kind in _SITES
    return {
        "name": name,
        "ref": full_ref(resource.ref),
        "type": _TYPES.get(kind, kind),
        "id": name if is_elsewhere else "",
        "url": f"{_SITES[kind]}{name}" if is_elsewhere else "",
    }


def _variables(repositories: Mapping[str, Mapping[str, str]]) -> Iterator[Variable]:
    for alias, facts in repositories.items():
        for name, value in facts.items():
            if value:
                key = f"resources.repositories.{alias}.{name}"
                yield Variable(name=key, value=neutralised(value), readonly=True)
