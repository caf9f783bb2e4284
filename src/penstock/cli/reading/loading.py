"""A pipeline file on this machine, read with all that the command line says about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.exits import Exit
from penstock.cli.options import (
    DEFAULT_FILES,
    STRICT,
    Failure,
    Request,
    group_pairs,
    pairs,
    working_folder,
)
from penstock.devops.plans.variables import RunFacts, queue_variables, template_variables
from penstock.devops.repository import LocalRepository, begin_reading, find_root, read_repository
from penstock.engine.variable import Variable
from penstock.language.templates.files import LocalFiles
from penstock.records import record

if TYPE_CHECKING:
    from penstock.devops.library import Library, VariableGroup
    from penstock.language.compiler import Compiled
    from penstock.language.templates.files import Files

_MOST_LIKELY = 3


@record
class Loaded:
    """A compiled pipeline and everything around it. `queued` are the variables given on the command
    line; `repositories` maps a repository resource's alias to its folder. What Git says, and the
    library, are read when they are first asked for."""

    compiled: Compiled
    root: Path
    path: str
    definition: str
    read_library: Callable[[], Library]
    read_facts: Callable[[], RunFacts]
    queued: Mapping[str, str]
    repositories: Mapping[str, Path]

    @property
    def library(self) -> Library:
        """What the repository's files, and the user's own library, say of resources."""
        return self.read_library()

    @property
    def facts(self) -> RunFacts:
        """What Git and the command line say of the run."""
        return self.read_facts()

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The predefined variables, then those of the command line, which are stronger."""
        given = (Variable(name=name, value=value) for name, value in self.queued.items())
        return (*queue_variables(self.facts), *given)


def load(
    request: Request, *, apart: LocalRepository | None = None, wants_facts: bool = False
) -> Loaded:
    """Compile the pipeline that `request` names.

    With `apart` it is loaded apart from this machine: that is told in place of what Git says, and
    the user's own library is not looked at. Who `wants_facts` has Git asked at once, meanwhile; it
    is asked anyway when an expression reads a variable. Raises Failure (exit 3) where there is no
    such file, (exit 2) where an option is malformed.
    """
    folder = working_folder(request.folder)
    root = find_root(folder)
    path = _find_file(folder, root, request.file)
    repositories = local_folders(request.repositories)
    queued = pairs(request.variables, "--var")
    parameters = pairs(request.parameters, "--parameter")
    answer = begin_reading(root) if wants_facts and apart is None else None
    from penstock.language.compiler import compile_pipeline  # loaded while Git answers

    definition = (
        path.stem if path.name not in DEFAULT_FILES else (apart.root if apart else root).name
    )
    relative = path.relative_to(root).as_posix()

    @cache
    def facts() -> RunFacts:
        repository = apart or (answer() if answer else read_repository(root))
        return RunFacts(
            repository=repository,
            definition=definition,
            path=relative,
            reason=request.reason,
            branch=request.branch,
        )

    files = LocalFiles(root, repositories)
    compiled = compile_pipeline(
        relative,
        files,
        parameters=parameters,
        variables=_Known(lambda: {**template_variables(queue_variables(facts())), **queued}),
    )
    if answer is not None:
        facts()  # whatever became of the pipeline, Git is not left alone
    values = group_pairs(request.group_values)
    library = cache(lambda: _library(files, values, is_apart=apart is not None))
    if request.parity == STRICT:
        compiled = _strictly(compiled, library())
    if (repositories or values or queued) and compiled.pipeline is not None:
        from penstock.cli.reading.unused import (
            overridden_variables,
            unused_groups,
            unused_repositories,
        )

        unused = (
            *unused_repositories(repositories, compiled.pipeline),
            *unused_groups(values, compiled.pipeline),
            *overridden_variables(queued, compiled.pipeline),
        )
        compiled = replace(compiled, diagnostics=(*compiled.diagnostics, *unused))
    return Loaded(
        compiled=compiled,
        root=root,
        path=relative,
        definition=definition,
        read_library=library,
        read_facts=facts,
        queued=queued,
        repositories=repositories,
    )


class _Known(Mapping[str, str]):
    """Variables that are found out when one is first looked at."""

    def __init__(self, find: Callable[[], dict[str, str]]) -> None:
        self._found = cache(find)

    def __getitem__(self, name: str) -> str:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())


def _strictly(compiled: Compiled, library: Library) -> Compiled:
    if compiled.pipeline is None:
        return compiled
    from penstock.devops.plans.parity import parity_problems

    problems = parity_problems(compiled.pipeline, library.images)
    return replace(compiled, diagnostics=(*compiled.diagnostics, *problems))


def _find_file(folder: Path, root: Path, name: str | None) -> Path:
    if name is None:
        for place in dict.fromkeys((folder, root)):
            for default in DEFAULT_FILES:
                if (place / default).is_file():
                    return place / default
        raise _no_default(folder, root)
    path = (folder / name).resolve()
    if not path.is_file():
        raise no_file(folder, name)
    if not path.is_relative_to(root):
        raise Failure(
            f'"{name}" is outside the repository {root}',
            "change to its repository first, or use -C",
            Exit.USAGE,
        )
    return path


def _no_default(folder: Path, root: Path) -> Failure:
    """What to say where there is no pipeline of a usual name: which others there are."""
    from penstock.cli.reading.likely import is_pipeline
    from penstock.devops.pushed import list_yaml_files

    likely = [name for name in list_yaml_files(root) if is_pipeline(root, name)]
    nearest = sorted(likely, key=lambda name: (name.count("/"), name))[:_MOST_LIKELY]
    shown = " or ".join(os.path.relpath(root / name, folder) for name in nearest)
    message = f"there is no {DEFAULT_FILES[0]} in {folder}"
    other = "write one, or name the file; -C names another folder"
    help = f"name the pipeline file, perhaps {shown}" if shown else other
    return Failure(message, help, Exit.NOT_FOUND)


def no_file(folder: Path, name: str) -> Failure:
    """What to say where `name`, given from `folder`, is no file."""
    from penstock.language.diagnostics import nearest

    path = folder / name
    if path.is_dir():
        return Failure(f'"{name}" is a folder', "name a YAML file in it", Exit.NOT_FOUND)
    siblings = sorted(path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    guess = nearest(path.name, [file.name for file in siblings])
    help = f'did you mean "{path.parent.joinpath(guess).relative_to(folder)}"?' if guess else ""
    seen = f"a path is seen from {folder.resolve()}; -C names another folder"
    return Failure(f'there is no file "{name}"', help or seen, Exit.NOT_FOUND)


def local_folders(texts: tuple[str, ...]) -> dict[str, Path]:
    """The folders of `--local-repository NAME=DIR` texts; Failure (exit 3) where there is none."""
    folders = {
        name: Path(text).resolve() for name, text in pairs(texts, "--local-repository").items()
    }
    for name, folder in folders.items():
        alias, at, revision = name.partition("@")
        if at:
            raise Failure(
                f"--local-repository {name}: a folder is taken as it is, without a revision",
                f"make a folder of it: git worktree add DIR {revision}, then "
                f"--local-repository {alias}=DIR",
                Exit.USAGE,
            )
        if not folder.is_dir():
            raise Failure(
                f'--local-repository {name}: there is no folder "{folder}"',
                f"clone the repository, and name its folder: --local-repository {name}=DIR",
                Exit.NOT_FOUND,
            )
    return folders


def _library(files: Files, given: Mapping[str, Mapping[str, str]], *, is_apart: bool) -> Library:
    """The library of some files, with the values that the command line gives its groups."""
    from penstock.cli.library.ownlibrary import own_library
    from penstock.devops.libraryfiles import read_library

    library = read_library(files) if is_apart else own_library(files)
    return replace(library, groups=_with_values(library, given)) if given else library


def _with_values(
    library: Library, given: Mapping[str, Mapping[str, str]]
) -> dict[str, VariableGroup]:
    from penstock.devops.library import VariableGroup

    groups = dict(library.groups)
    for name, values in given.items():
        known = library.group(name) or VariableGroup(name=name)
        groups[known.name] = replace(
            known,
            variables={**known.variables, **values},
            secrets=tuple(s for s in known.secrets if s not in values),
        )
    return groups
