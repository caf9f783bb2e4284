"""The files that a run is made of: those of its commit, and of the repositories its YAML names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from penstock.devops.queueing.requests import RunRequest
from penstock.devops.sources import SourceMissing, SourceRepository, Sources
from penstock.language import yaml
from penstock.language.source import Source
from penstock.language.templates.files import Files, UnreadableFile

_HEADS = "refs/heads/"
_COMMIT = re.compile("[0-9a-f]{40}")

Resources = Mapping[str, tuple[SourceRepository, str]]
"""Further repositories by alias, each with its commit."""


def read_files(
    sources: Sources, request: RunRequest, repository: SourceRepository, commit: str
) -> tuple[Resources, Files]:
    """The files of the commit and of the repositories that its YAML names as resources.

    The names are read before the YAML is expanded, for its templates may lie in them.
    """
    own = sources.files({"self": (repository, commit)})
    path = request.definition.path.lstrip("/")
    source = Source(path, request.yaml) if request.yaml is not None else _read(own, path)
    resources: dict[str, tuple[SourceRepository, str]] = {}
    for alias, name, ref in _written_resources(source):
        try:
            wanted = request.resources.get(alias) or ref
            resources[alias] = resolve_repository(sources, request, name, wanted)
        except SourceMissing:
            continue  # said with its place once the YAML is expanded
    files = sources.files({"self": (repository, commit), **resources})
    if request.yaml is not None:
        files = _Edited(files, path, request.yaml)
    return resources, files


def resolve_repository(
    sources: Sources, request: RunRequest, name: str, ref: str
) -> tuple[SourceRepository, str]:
    """A repository that the YAML names, and the commit of a ref in it (a branch may be short, empty
    is its default), or a commit's own id. Raises SourceMissing."""
    repository = sources.repository(name, request.definition.project)
    is_full = not ref or ref.startswith("refs/") or is_commit(ref)
    return repository, sources.resolve(repository, ref if is_full else f"{_HEADS}{ref}")


def is_commit(text: str) -> bool:
    """Whether a text is a commit's own id, and no ref."""
    return _COMMIT.fullmatch(text) is not None


class _Edited:
    """Files of which one is replaced by a text that is not committed yet."""

    def __init__(self, files: Files, path: str, text: str) -> None:
        self._files, self._path, self._text = files, path, text

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file; see Files."""
        if repository.lower() == "self" and path == self._path:
            return Source(path, self._text)
        return self._files.read(repository, path)

    def describe(self, repository: str) -> str | None:
        """What messages call the repository."""
        return self._files.describe(repository)

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder."""
        return self._files.names(repository, folder)


def _read(files: Files, path: str) -> Source | None:
    try:
        return files.read("self", path)
    except UnreadableFile:
        return None  # said by the compiler


def _written_resources(source: Source | None) -> list[tuple[str, str, str]]:
    """Alias, name and ref of each Git repository under `resources`, as they are written."""
    root = yaml.parse(source).root if source is not None else None
    resources = root.get("resources") if isinstance(root, yaml.Mapping) else None
    listed = resources.get("repositories") if isinstance(resources, yaml.Mapping) else None
    found = []
    for item in listed.items if isinstance(listed, yaml.Sequence) else ():
        if not isinstance(item, yaml.Mapping):
            continue
        texts = {
            key: node.value
            for key in ("repository", "type", "name", "ref")
            if isinstance(node := item.get(key), yaml.Scalar)
        }
        if texts.get("type", "git").casefold() == "git" and "name" in texts:
            found.append((texts.get("repository", ""), texts["name"], texts.get("ref", "")))
    return found
