"""The contexts of `penstock eval`, from options and a file.

Variables and outputs are texts as written; parameters are typed as YAML types them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.cli.exits import Exit
from penstock.cli.options import Failure, pairs
from penstock.engine.places import Place, functions_in, names_in
from penstock.language import yaml
from penstock.language.casing import fold_case
from penstock.language.diagnostics import nearest
from penstock.language.expressions import Function, Object, Value, from_python
from penstock.language.source import Diagnostic, Source
from penstock.records import record

_CANCELED = "canceled"
_TEXTS = ("variables", "dependencies", "stageDependencies", "resources")


@record
class Given:
    """What an expression may use, or what is wrong with the context file."""

    names: tuple[str, ...] = ()
    functions: Mapping[str, Function]
    contexts: Mapping[str, Value]
    diagnostics: tuple[Diagnostic, ...] = ()


def read_contexts(
    place: Place,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    file: str | None,
    folder: Path | None,
) -> Given:
    """The contexts that options and file give. An option wins over the file.

    Raises Failure (exit 3) where there is no such file, UsageError for a malformed option.
    """
    problems: list[Diagnostic] = []
    entries = _entries(file, folder, problems)
    known = {fold_case(name): name for name in (*names_in(place), _CANCELED)}
    every = {fold_case(n): n for p in Place for n in names_in(p)}
    found: dict[str, object] = {}
    is_canceled = False
    for entry in entries:
        key = fold_case(entry.key.value)
        if key == fold_case(_CANCELED):
            is_canceled = yaml.to_python(entry.value) is True
        elif key in known or key in every or place is Place.TEMPLATE:
            name = every.get(key, entry.key.value)
            found[name] = _content(name, entry.value)
        else:
            problems.append(_unknown(entry.key, [*every.values(), _CANCELED]))
    found["parameters"] = {**_table(found.get("parameters")), **_parameters(parameters)}
    found["variables"] = {**_table(found.get("variables")), **pairs(variables, "--var")}
    contexts = {name: _value(name, content) for name, content in found.items()}
    loops = tuple(n for n in found if n not in every.values()) if place is Place.TEMPLATE else ()
    return Given(
        names=(*names_in(place), *loops),
        functions=functions_in(place, contexts, is_canceled=is_canceled),
        contexts=contexts,
        diagnostics=tuple(problems),
    )


def _entries(
    file: str | None, folder: Path | None, problems: list[Diagnostic]
) -> tuple[yaml.Entry, ...]:
    if file is None:
        return ()
    path = (folder or Path()) / file
    if not path.is_file():
        raise Failure(
            f'--context: there is no file "{file}"',
            "it is a YAML file of contexts, such as `variables: {name: value}`",
            Exit.NOT_FOUND,
        )
    document = yaml.parse(Source(file, path.read_text("utf-8", "replace")), anchors=True)
    problems += document.diagnostics
    if isinstance(document.root, yaml.Mapping):
        return document.root.entries
    if not problems:
        raise Failure(
            f'--context: "{file}" must be a mapping of context names',
            "write for example `variables: {name: value}`",
            Exit.INVALID,
        )
    return ()


def _unknown(key: yaml.Scalar, names: list[str]) -> Diagnostic:
    guess = nearest(key.value, names)
    return Diagnostic(
        code="PS2101",
        message=f'"{key.value}" is no context',
        span=key.span,
        label="unknown",
        help=f'did you mean "{guess}"?' if guess else f"contexts are {', '.join(names)}",
    )


def _content(name: str, node: yaml.Node) -> object:
    return _texts(node) if name in _TEXTS else yaml.to_python(node)


def _texts(node: yaml.Node) -> object:
    """Dictionaries and lists with every scalar as the text that is written."""
    match node:
        case yaml.Scalar():
            return "" if node.is_null else node.value
        case yaml.Sequence():
            return [_texts(item) for item in node.items]
        case yaml.Mapping():
            return {entry.key.value: _texts(entry.value) for entry in node.entries}


def _parameters(texts: tuple[str, ...]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, text in pairs(texts, "--parameter").items():
        document = yaml.parse(Source(f"--parameter {name}", text))
        if document.root is None and text.strip():
            raise Failure(
                f'--parameter {name}: "{text}" is not valid YAML',
                "put text that holds brackets or colons in quotes",
                Exit.USAGE,
            )
        found[name] = "" if document.root is None else yaml.to_python(document.root)
    return found


def _table(content: object) -> dict[str, object]:
    return dict(content) if isinstance(content, dict) else {}


def _value(name: str, content: object) -> Value:
    if name == "parameters":
        items = ((n, from_python(v)) for n, v in _table(content).items())
        return Object(items, ignore_case=True, strict=True)
    if name == "pipeline":
        return _pipeline(_table(content))
    return from_python(content, ignore_case_keys=name in _TEXTS)


def _pipeline(table: dict[str, object]) -> Value:
    from penstock.language.expressions.times import parse_time

    items = (
        (name, parse_time(value) if name == "startTime" and isinstance(value, str) else value)
        for name, value in table.items()
    )
    return from_python(dict(items), ignore_case_keys=True)
