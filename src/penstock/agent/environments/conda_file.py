"""Reads a conda file as a recipe for PyPI: names and versions translated, the rest refused by name.

It asks no index whether the packages are there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from penstock.agent.environments import conda_spec, requirements
from penstock.agent.environments.package_names import IN_WHEELS, ON_PYPI, TOOLS, is_conda_only
from penstock.agent.environments.recipe import Recipe, Wish
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Severity, Source, Span
from penstock.language.yaml import Mapping, Node, Scalar, Sequence, parse, plain_value

_KEYS = ("name", "channels", "dependencies", "variables", "prefix", "platforms", "category")

Find = Callable[[str], str | None]


def read(
    source: Source, *, title: str = "the conda file", folder: Path | None = None, find: Find
) -> tuple[Recipe, tuple[Diagnostic, ...]]:
    """The recipe, as far as it could be read, and all that is wrong with the file.

    `folder` is where files that the `pip` section names lie, if they were sent along. `find` says
    where a program is on this machine.
    """
    document = parse(source, anchors=True)
    reader = _Reader(source, title, folder, find)
    reader.diagnostics += document.diagnostics
    if document.root is not None:
        reader.read(document.root)
    return reader.recipe(), tuple(reader.diagnostics)


class _Reader:
    """Collects what the file asks for and what is wrong with it."""

    def __init__(self, source: Source, title: str, folder: Path | None, find: Find) -> None:
        self.source = source
        self.title = title
        self.folder = folder
        self.find = find
        self.python = ""
        self.wishes: list[Wish] = []
        self.sources: list[Wish] = []
        self.options: list[str] = []
        self.variables: dict[str, str] = {}
        self.notes: list[str] = []
        self.diagnostics: list[Diagnostic] = []

    def recipe(self) -> Recipe:
        """What was read."""
        return Recipe(
            title=self.title,
            python=self.python,
            wishes=tuple(self.wishes),
            sources=tuple(self.sources),
            options=tuple(self.options),
            variables=self.variables,
            notes=tuple(self.notes),
        )

    def read(self, root: Node) -> None:
        """Read the whole file."""
        if not isinstance(root, Mapping):
            self._refuse("PS3501", "a conda file is a mapping with `dependencies`", root.span)
            return
        for entry in root.entries:
            key = entry.key.value
            if key not in _KEYS:
                near = nearest(key, _KEYS)
                self._refuse(
                    "PS3501",
                    f'unknown key "{key}" in a conda file',
                    entry.key.span,
                    help=f'did you mean "{near}"?' if near else f"keys are {', '.join(_KEYS[:4])}",
                    severity=Severity.ERROR if near == "dependencies" else Severity.WARNING,
                )
        self._read_variables(root.get("variables"))
        for item in self._items(root.get("dependencies"), "dependencies"):
            if isinstance(item, Mapping):
                self._read_sections(item)
            elif isinstance(item, Scalar):
                self._read_dependency(item)
            else:
                self._refuse("PS3501", "a list cannot stand inside `dependencies`", item.span)

    def _items(self, node: Node | None, key: str) -> tuple[Node, ...]:
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ()
        if isinstance(node, Sequence):
            return node.items
        step = 'begin each line with "- "'
        self._refuse("PS3501", f"`{key}` must be a list", node.span, help=step)
        return ()

    def _read_variables(self, node: Node | None) -> None:
        if isinstance(node, Mapping):
            for entry in node.entries:
                if isinstance(entry.value, Scalar):
                    self.variables[entry.key.value] = entry.value.value

    def _read_sections(self, section: Mapping) -> None:
        for entry in section.entries:
            if entry.key.value != "pip":
                self._refuse(
                    "PS3501",
                    f'unknown section "{entry.key.value}" in `dependencies`',
                    entry.key.span,
                    help="the one section is `pip`; a version is written `name=1.2.3`",
                )
                continue
            for item in self._items(entry.value, "pip"):
                if isinstance(item, Scalar):
                    self._read_pip(item)
                else:
                    self._refuse("PS3504", "a pip requirement must be a text", item.span)

    def _read_pip(self, item: Scalar) -> None:
        text = _text(item)
        place = f"line {item.span.line} of {self.title}"
        line = requirements.read_line(text, place)
        if isinstance(line, requirements.Include) and self.folder is not None:
            self._include(line, item.span)
        else:
            self._take(line, text, place, item.span)

    def _include(self, include: requirements.Include, span: Span) -> None:
        assert self.folder is not None
        path = (self.folder / include.path).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            self._refuse(
                "PS3505",
                f'"{include.path}" is not in the folder that was sent',
                span,
                help="put the file beside the conda file",
            )
            return
        for place, line in requirements.read_file(path, is_bound=include.is_bound):
            self._take(line, "", place, span)

    def _take(self, line: requirements.Line, text: str, place: str, span: Span) -> None:
        match line:
            case Wish():
                self.wishes.append(line)
            case requirements.Option(text=option, kept=True):
                self.options.append(option)
            case requirements.Option(text=option):
                self.notes.append(f'{place}: pip option "{option}" has no effect here')
            case requirements.Address(text=address, local=local):
                if not local:
                    self._add_source(address, address, place)
                elif self.folder is None:
                    self._not_sent(text, span)
                else:
                    self._add_source(str((self.folder / address).resolve()), address, place)
            case requirements.Include():
                self._not_sent(text, span)
            case requirements.Problem(message=message, help=help):
                self._refuse("PS3504", message, span, help=help)

    def _add_source(self, requirement: str, written: str, place: str) -> None:
        self.sources.append(Wish(requirement=requirement, written=written, place=place))

    def _not_sent(self, text: str, span: Span) -> None:
        self._refuse(
            "PS3505",
            f'"{text}" names a file, and a conda file is sent to the service alone',
            span,
            help="write the packages into the conda file, or use `build:` with a folder",
        )

    def _read_dependency(self, item: Scalar) -> None:
        text = _text(item).strip()
        place = f"line {item.span.line} of {self.title}"
        parts = conda_spec.split(text)
        if parts is None:
            self._refuse(
                "PS3503", f'"{text}" is not a conda package', item.span, help='write "name=1.2.3"'
            )
            return
        name, version, build = parts
        specifier = conda_spec.specifier(version)
        if specifier is None:
            self._refuse(
                "PS3503",
                f'"{version}" in "{text}" is not a version',
                item.span,
                help=f'write "{name}=1.2.3" or "{name}>=1.2,<2"',
            )
            return
        if build and name not in IN_WHEELS:
            self.notes.append(f'{place}: build "{build}" is conda\'s own; any is taken')
        wish = Wish(requirement="", written=text, place=place)
        self._take_conda(name, specifier, wish, item.span)

    def _take_conda(self, name: str, specifier: str, wish: Wish, span: Span) -> None:
        if name == "python":
            self.python = specifier
        elif name == "pip":
            if specifier:
                self.notes.append(f"{wish.place}: pip is taken at its newest, not {wish.written}")
        elif name in IN_WHEELS:
            self.notes.append(f"{wish.place}: {wish.written} is left out: wheels bring it along")
        elif name in TOOLS or is_conda_only(name):
            self._look_for(name, wish.place, span)
        else:
            requirement = f"{ON_PYPI.get(name, name)}{specifier}"
            self.wishes.append(
                Wish(requirement=requirement, written=wish.written, place=wish.place)
            )

    def _look_for(self, name: str, place: str, span: Span) -> None:
        program = TOOLS.get(name)
        found = self.find(program) if program else None
        if found:
            self.notes.append(f"{place}: {name} is this machine's own, {found}")
            return
        step = (
            f'install it on this machine, so that "{program}" is on PATH, or remove the line'
            if program
            else "remove the line if the job does not need it"
        )
        self._refuse(
            "PS3502", f'"{name}" is a conda package that PyPI does not have', span, help=step
        )

    def _refuse(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        help: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.diagnostics.append(
            Diagnostic(code=code, message=message, span=span, help=help, severity=severity)
        )


def _text(item: Scalar) -> str:
    """The scalar's text as it was written; a number such as `1.10` keeps its digits."""
    return item.value if not item.is_null else str(plain_value(item) or "")
