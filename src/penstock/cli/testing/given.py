"""What a test says of a run before it starts. All that it leaves out is the same on any machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from penstock.cli.options import Request
from penstock.cli.reading.loading import Loaded, load
from penstock.devops.repository import LocalRepository
from penstock.records import record

BRANCH = "main"
_NAME = "repository"


@record
class Given:
    """The circumstances of one run. `pipeline` is a path from the root, None the usual file; values
    of parameters are YAML texts; `groups` are variable groups by name, `repositories` folders by
    alias."""

    pipeline: str | None = None
    branch: str = BRANCH
    reason: str = "Manual"
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    repositories: Mapping[str, str] = field(default_factory=dict)


def load_given(folder: Path, given: Given) -> Loaded:
    """Compile the pipeline, seen from `folder` where no path is given, else from its project.

    Raises Failure where there is no such file, or no such folder of a repository.
    """
    return load(_request(folder, given), apart=_repository(given.branch))


def _request(folder: Path, given: Given) -> Request:
    return Request(
        file=given.pipeline,
        folder=folder,
        parameters=_pairs(given.parameters),
        variables=_pairs(given.variables),
        group_values=tuple(
            f"{group}:{pair}" for group, values in given.groups.items() for pair in _pairs(values)
        ),
        repositories=_pairs(given.repositories),
        branch=given.branch,
        reason=given.reason,
    )


def _pairs(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in values.items())


def _repository(branch: str) -> LocalRepository:
    """What predefined variables tell of: neither the commit nor the user of this machine."""
    return LocalRepository(
        root=Path(_NAME),
        name=_NAME,
        url=f"https://localhost/{_NAME}",
        branch=branch.removeprefix("refs/heads/"),
        commit="0" * 40,
        author="author",
        email="author@localhost",
        message="message",
        user="user",
        user_email="user@localhost",
    )


def as_text(value: object) -> str:
    """A value of Python as a parameter or variable is given: texts as they are, the rest as YAML.

    Raises TypeError for what YAML cannot say.
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def options_of(given: Given) -> str:
    """The options of `penstock plan` that give the same, to be tried by hand."""
    from shlex import quote

    found = [f"--branch {quote(given.branch)}"]
    if given.reason != "Manual":
        found.append(f"--reason {given.reason}")
    found += [f"-p {quote(pair)}" for pair in _pairs(given.parameters)]
    found += [f"--var {quote(pair)}" for pair in _pairs(given.variables)]
    for group, values in given.groups.items():
        found += [f"--variable-group {quote(f'{group}:{pair}')}" for pair in _pairs(values)]
    found += [f"--local-repository {quote(pair)}" for pair in _pairs(given.repositories)]
    return " ".join(found)
