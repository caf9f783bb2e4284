"""Reads a Docker build context for the Python packages that it installs and the variables that it
sets; nothing in it is run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from penstock.agent.environments import curated, requirements
from penstock.agent.environments.dockerfile_variables import (
    OnlyTheImageKnows,
    assignments,
    instructions,
)
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe, Wish, short_name

_COMMAND = re.compile(
    r"""(?: '[^']*' | "(?:\\.|[^"\\])*" | \\. | [^'"\\;&|]
      | (?<!&)&(?!&) | (?<!\|)\|(?!\|) | ['"\\] )+""",
    re.VERBOSE,
)
"""What stands between `&&`, `||` and `;`, those in quotes apart."""
_RUN_OPTIONS = re.compile(r"(?:--\w+(?:=\S+)?\s+)+")
_CONDA_PROGRAMS = {"conda", "mamba", "micromamba"}
_FILE_OPTIONS = {"-f", "--file"}
_REQUIREMENTS = {"-r", "--requirement"}
_CONSTRAINTS = {"-c", "--constraint"}
_INDEXES = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links"}
_PIP_OPTIONS_WITH_VALUE = {
    *_REQUIREMENTS,
    *_CONSTRAINTS,
    *_INDEXES,
    *("-C", "--config-settings", "-t", "--target", "--abi", "--cache-dir", "--cert"),
    *("--client-cert", "--exists-action", "--global-option", "--group", "--implementation"),
    *("--install-option", "--keyring-provider", "--log", "--no-binary", "--only-binary"),
    *("--platform", "--prefix", "--progress-bar", "--proxy", "--python", "--python-version"),
    *("--report", "--retries", "--root", "--root-user-action", "--src", "--timeout"),
    *("--trusted-host", "--upgrade-strategy", "--use-deprecated", "--use-feature"),
}
"""Documentation of pip, "pip install", options and general options."""
_TEXTS = ("", ".txt", ".yml", ".yaml", ".toml", ".cfg")
_SEARCHED_IN_IMAGE = {"PATH", "LD_LIBRARY_PATH", "CONDA_PREFIX"}
"""Their values are folders of the image, for which the environment itself stands here."""
_MOST_BYTES = 200_000
_SHOWN = 70


def contents(folder: Path) -> list[tuple[str, str]]:
    """The small text files of a context, by relative path: what decides on its packages."""
    return [
        (path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace"))
        for path in sorted(folder.rglob("*"))
        if path.suffix in _TEXTS and path.is_file() and path.stat().st_size <= _MOST_BYTES
    ]


def read(folder: Path, dockerfile: str, id: str, log: Callable[[str], None]) -> Recipe:
    """The recipe of a context. Raises `EnvironmentRefused` when it installs no Python packages."""
    path = (folder / dockerfile).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise EnvironmentRefused(f'the build context has no "{dockerfile}"')
    context = _Context(folder.resolve(), id, log)
    for line, name, rest in instructions(path.read_text(encoding="utf-8-sig", errors="replace")):
        context.follow(line, name, rest)
    return context.recipe()


class _Context:
    """What the instructions of a Dockerfile come to, as far as Python packages go."""

    def __init__(self, folder: Path, id: str, log: Callable[[str], None]) -> None:
        self.folder = folder
        self.id = id
        self.whose = f'"{short_name(id)}"' if short_name(id) else "the environment"
        self.log = log
        self.image = ""
        self.base: Recipe | None = None
        self.wishes: list[Wish] = []
        self.sources: list[Wish] = []
        self.options: list[str] = []
        self.variables: dict[str, str] = {}
        self.arguments: dict[str, str] = {}
        self.stages: dict[str, dict[str, str]] = {}
        self.not_set: list[str] = []
        self.not_run: list[str] = []
        self.copied: dict[str, str] = {}

    def recipe(self) -> Recipe:
        """What was found."""
        from penstock.agent.environments.sources import python_of_image

        if self.base is None and not self.wishes and not self.sources:
            raise EnvironmentRefused(
                f"the build context of {self.whose} installs no Python packages that can be read "
                "from its Dockerfile, and images are not built here. use a conda_file, or "
                "`pip install -r requirements.txt` in the Dockerfile"
            )
        title = f"the Dockerfile of {self.whose}"
        base = self.base or Recipe(title=title, python=python_of_image(self.image))
        notes = [
            f"the Dockerfile of {self.whose} is not run, only its Python packages and ENV are taken"
        ]
        notes += [f"not run: {line}" for line in self.not_run]
        notes += [f"not set: {line}" for line in self.not_set]
        return replace(
            base,
            wishes=(*base.wishes, *self.wishes),
            sources=(*base.sources, *self.sources),
            options=(*base.options, *self.options),
            variables={**base.variables, **self.variables},
            notes=(*base.notes, *notes),
        )

    def follow(self, line: int, name: str, rest: str) -> None:
        """Take from one instruction what concerns Python packages and variables."""
        match name.upper():
            case "FROM":
                self.begin(rest)
            case "ENV" | "ARG":
                self.set(line, name.upper(), rest)
            case "COPY" | "ADD":
                self.copy(rest)
            case "RUN":
                for command in _commands(rest):
                    self.run(command)

    def begin(self, rest: str) -> None:
        """Begin a stage; one that is built on an earlier one has its variables."""
        words = [word for word in rest.split() if not word.startswith("--")]
        self.image = words[0] if words else ""
        if curated.is_curated(self.image):
            self.base = curated.find(self.image)
        self.variables = dict(self.stages.get(self.image.lower(), {}))
        self.arguments = {}
        if len(words) == 3 and words[1].lower() == "as":
            self.stages[words[2].lower()] = self.variables

    def set(self, line: int, name: str, rest: str) -> None:
        """Take the variables of an instruction. Raises `EnvironmentRefused` for one whose value
        only the image has."""
        if name == "ARG" and "=" not in rest:
            self.arguments |= dict.fromkeys(rest.split(), "")
            return
        known = {**self.arguments, **self.variables}
        try:
            found = assignments(rest, known)
        except OnlyTheImageKnows as error:
            if rest.replace("=", " ").split()[0] in _SEARCHED_IN_IMAGE:
                self.not_set.append(f"{name} {rest}")
                return
            raise EnvironmentRefused(
                f'line {line} of the Dockerfile of {self.whose}: "{error}" in "{name} {rest}" is '
                "known to the image only, and images are not built here. write its value, or set "
                "the variable in environment_variables of the job"
            ) from None
        if name == "ARG":
            self.arguments |= found
            return
        self.not_set += [f"ENV {key}={found.pop(key)}" for key in _SEARCHED_IN_IMAGE & found.keys()]
        self.variables |= found

    def copy(self, rest: str) -> None:
        """Remember where a file of the context goes to, so that commands can name it there."""
        words = [word for word in rest.split() if not word.startswith("--")]
        for word in words[:-1]:
            self.copied[Path(word).name] = word
            self.copied[Path(words[-1]).name] = word

    def run(self, command: str) -> None:
        """Take the packages of one command, or note that it is not run."""
        try:
            words = shlex.split(command)
        except ValueError:
            words = []
        installs = _pip_arguments(words)
        if installs is not None:
            self.pip_install(installs)
        elif _installs_conda_file(words):
            self.conda_file(next(value for value in _values(words, _FILE_OPTIONS)))
        elif command:
            command = " ".join(command.split())
            self.not_run.append(command if len(command) <= _SHOWN else f"{command[:_SHOWN]}...")

    def pip_install(self, words: list[str]) -> None:
        """Take the packages, files and indexes of a `pip install`."""
        for option, value in _pip_words(words):
            if option in _REQUIREMENTS | _CONSTRAINTS:
                is_bound = option in _CONSTRAINTS
                for place, line in requirements.read_file(self.find(value), is_bound=is_bound):
                    self.take(line, place)
            elif option in _INDEXES or option == "--pre":
                self.take(requirements.read_line(f"{option} {value}"), "")
            elif not option:
                self.take(requirements.read_line(value, "the Dockerfile"), "the Dockerfile")

    def take(self, line: requirements.Line, place: str) -> None:
        """Take one requirement. Raises `EnvironmentRefused` where it is none."""
        match line:
            case Wish():
                self.wishes.append(line)
            case requirements.Option(text=text, kept=True):
                self.options.append(text)
            case requirements.Address(text=text):
                self.sources.append(Wish(requirement=text, written=text, place=place))
            case requirements.Problem(message=message, help=help):
                raise EnvironmentRefused(f"{message} ({place}). {help}")

    def conda_file(self, name: str) -> None:
        """Take a conda file of the context."""
        from penstock.agent.environments.sources import read_conda_file

        path = self.find(name)
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        self.base = read_conda_file(text, self.id, self.image, self.log, folder=path.parent)

    def find(self, name: str) -> Path:
        """The file of the context that a command names, wherever it was copied to."""
        for candidate in (name, self.copied.get(Path(name).name, ""), Path(name).name):
            path = (self.folder / candidate.lstrip("/")).resolve() if candidate else self.folder
            if path.is_file() and path.is_relative_to(self.folder):
                return path
        raise EnvironmentRefused(f'"{name}", which the Dockerfile reads, is not in the context')


def _commands(rest: str) -> Iterator[str]:
    """The commands of a `RUN`, in its form for a shell or as a JSON list."""
    rest = _RUN_OPTIONS.sub("", rest, count=1) if rest.startswith("--") else rest
    if rest.startswith("["):
        try:
            yield shlex.join(str(word) for word in json.loads(rest))
            return
        except ValueError:  # then Docker gives it to a shell too
            pass
    yield from (command.strip() for command in _COMMAND.findall(rest))


def _pip_arguments(words: list[str]) -> list[str] | None:
    """The options and packages of `pip install`, `python -m pip --OPTION install`, `conda run ...
    pip install`."""
    for index, word in enumerate(words):
        rest = words[index + 1 :]
        if not re.fullmatch(r"(.*/)?pip3?(\.\d+)?", word) or "install" not in rest:
            continue
        place = rest.index("install")
        if place == 0 or rest[0].startswith("-"):
            return rest[:place] + rest[place + 1 :]
    return None


def _pip_words(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value, if it has one; a package is the value of no option."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif name in _PIP_OPTIONS_WITH_VALUE:
            yield name, value if equals else next(rest, "")
        elif word[:2] in _PIP_OPTIONS_WITH_VALUE:
            yield word[:2], word[2:]
        else:
            yield name, value


def _installs_conda_file(words: list[str]) -> bool:
    is_conda = bool(words) and Path(words[0]).name in _CONDA_PROGRAMS
    return is_conda and any(True for _ in _values(words, _FILE_OPTIONS))


def _values(words: list[str], options: set[str]) -> Iterator[str]:
    """The values of those options, in both forms."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word in options and index + 1 < len(words):
            yield words[index + 1]
        elif equals and name in options:
            yield value
