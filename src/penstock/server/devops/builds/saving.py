"""New definitions, from the area `pipelines` or `build`: checked, named, kept."""

from __future__ import annotations

from penstock.devops.definitions import Definition, NameTaken, Settings, normal_folder
from penstock.devops.sources import SourceMissing, SourceRepository
from penstock.server.devops.context import DevopsHttp
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.requests import full_branch
from penstock.server.errors import Refused
from penstock.server.routes import Call

_LONGEST = 260
_NOT_IN_NAMES = frozenset('<>|:*?"\\/')


def save_new(
    http: DevopsHttp,
    call: Call,
    *,
    name: str,
    folder: str,
    path: str,
    repository: str,
    branch: str,
    settings: Settings | None = None,
) -> Definition:
    """Keep a new definition. The repository's name is the pipeline's where none is given.

    Raises `Refused`: 404 without such a repository, 409 for a name that is taken, 400 else.
    """
    if not path.strip("/"):
        raise bad_request("configuration.path: name the YAML file, from the root of the repository")
    source = source_named(http, call, repository)
    fresh = Definition(
        id=0,
        project=call.project,
        name=checked_name(name.strip() or source.name),
        folder=normal_folder(folder),
        repository=source.id,
        path="/" + path.lstrip("/"),
        branch=full_branch(branch),
        author=call.principal.id if call.principal else "",
        settings=settings or Settings(),
    )
    try:
        return http.definitions.create(fresh)
    except NameTaken as error:
        raise Refused(409, "DefinitionExistsException", str(error)) from error


def source_named(http: DevopsHttp, call: Call, named: str) -> SourceRepository:
    """The repository of the project by its id or name. Raises `Refused` (404)."""
    try:
        return http.sources.repository(named, call.project)
    except SourceMissing as error:
        raise not_found("RepositoryNotFoundException", str(error)) from error


def checked_name(name: str) -> str:
    """A name that a pipeline may have. Raises `Refused` (400)."""
    is_odd = not name.isprintable() or not _NOT_IN_NAMES.isdisjoint(name)
    if not name or len(name) > _LONGEST or is_odd:
        raise bad_request(f'"{name[:100]}" is not a name that a pipeline may have')
    return name
