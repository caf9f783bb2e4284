"""The library that a repository keeps as files under `.penstock/`, read with places.

Secret values are never in these files; the caller adds them (`library.with_secrets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.devops.library import (
    ARM_TYPE,
    LOCAL_SCHEME,
    Connection,
    DeploymentEnvironment,
    Library,
    SecureFile,
    VariableGroup,
)
from penstock.engine.requests import Endpoint
from penstock.language import yaml
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Span
from penstock.language.templates.files import Files, UnreadableFile

_FOLDER = ".penstock"


def read_library(files: Files) -> Library:
    """The library in `.penstock/` of the repository `self`; empty where there is no such folder."""
    if not files.names("self", _FOLDER):
        return Library()
    problems: list[Diagnostic] = []
    return Library(
        connections={
            name: _connection(name, path, body, problems)
            for name, path, body in _documents(files, "connections", problems)
        },
        groups={
            name: _group(name, path, body, problems)
            for name, path, body in _documents(files, "variable-groups", problems)
        },
        environments={
            name: _environment(name, path, body, problems)
            for name, path, body in _documents(files, "environments", problems)
        },
        secure_files={
            name: SecureFile(name=name, origin=f"{_FOLDER}/secure-files/{name}")
            for name in files.names("self", f"{_FOLDER}/secure-files")
        },
        images=_images(files, problems),
        diagnostics=tuple(problems),
    )


def _documents(
    files: Files, kind: str, problems: list[Diagnostic]
) -> Iterator[tuple[str, str, yaml.Mapping]]:
    """Name, path and body of every file of a kind; of two that have the same name, the first."""
    taken: dict[str, str] = {}
    for file in files.names("self", f"{_FOLDER}/{kind}"):
        name, dot, ending = file.rpartition(".")
        path = f"{_FOLDER}/{kind}/{file}"
        if not dot or ending not in ("yml", "yaml"):
            continue
        body = _read(files, path, problems)
        if body is None:
            continue
        other = taken.setdefault(name.casefold(), path)
        if other == path:
            yield name, path, body
        else:
            problems.append(
                Diagnostic(
                    code="PS2101",
                    message=f'"{other}" has the same name; one of the two must go',
                    span=body.span,
                    label="a second file of that name",
                )
            )


def _read(files: Files, path: str, problems: list[Diagnostic]) -> yaml.Mapping | None:
    try:
        source = files.read("self", path)
    except UnreadableFile as error:
        message = f'"{path}" cannot be read: {error}'
        problems.append(error.diagnostic or Diagnostic(code="PS2101", message=message))
        return None
    if source is None:
        return None
    document = yaml.parse(source)
    problems.extend(document.diagnostics)
    if document.root is None:
        return None
    if isinstance(document.root, yaml.Mapping):
        return document.root
    problems.append(
        Diagnostic(
            code="PS2101",
            message="a library file must be a mapping of keys to values",
            span=document.root.span,
            label="expected a mapping",
        )
    )
    return None


def _checked(
    body: yaml.Mapping, allowed: tuple[str, ...], problems: list[Diagnostic]
) -> Mapping[str, yaml.Node]:
    found: dict[str, yaml.Node] = {}
    for entry in body.entries:
        key = entry.key.value
        if key in allowed:
            found[key] = entry.value
            continue
        guess = nearest(key, allowed)
        problems.append(
            Diagnostic(
                code="PS2102",
                message=f'unknown key "{key}" in a library file',
                span=entry.key.span,
                label="expected one of: " + ", ".join(allowed),
                help=f'did you mean "{guess}"?' if guess else None,
            )
        )
    return found


def _text(node: yaml.Node | None, problems: list[Diagnostic], default: str = "") -> str:
    if node is None:
        return default
    if isinstance(node, yaml.Scalar):
        return "" if node.is_null else node.value
    problems.append(_expected("a text", node.span))
    return default


def _texts(node: yaml.Node | None, problems: list[Diagnostic]) -> tuple[str, ...]:
    if node is None:
        return ()
    if isinstance(node, yaml.Sequence):
        return tuple(_text(item, problems) for item in node.items)
    if isinstance(node, yaml.Scalar):
        return () if node.is_null else (node.value,)
    problems.append(_expected("a list of texts", node.span))
    return ()


def _count(node: yaml.Node | None, problems: list[Diagnostic]) -> int:
    text = _text(node, problems, "0")
    if node is not None and not text.isdecimal():
        problems.append(_expected("a whole number", node.span))
        return 0
    return int(text)


def _flag(node: yaml.Node | None, problems: list[Diagnostic]) -> bool:
    text = _text(node, problems, "false").lower()
    if node is not None and text not in ("true", "false"):
        problems.append(_expected('"true" or "false"', node.span))
    return text == "true"


def _table(node: yaml.Node | None, problems: list[Diagnostic]) -> dict[str, str]:
    if node is None or (isinstance(node, yaml.Scalar) and node.is_null):
        return {}
    if isinstance(node, yaml.Mapping):
        return {entry.key.value: _text(entry.value, problems) for entry in node.entries}
    problems.append(_expected("a mapping of names to texts", node.span))
    return {}


def _expected(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        code="PS2101", message=f"expected {what}", span=span, label=f"expected {what}"
    )


def _connection(name: str, path: str, body: yaml.Mapping, problems: list[Diagnostic]) -> Connection:
    keys = ("id", "type", "url", "scheme", "parameters", "data", "secrets", "description")
    found = _checked(body, keys, problems)
    kind = _text(found.get("type"), problems, ARM_TYPE)
    default_scheme = LOCAL_SCHEME if kind == ARM_TYPE else "None"
    endpoint = Endpoint(
        id=_text(found.get("id"), problems, name),
        name=name,
        type=kind,
        url=_text(found.get("url"), problems, "https://management.azure.com/"),
        scheme=_text(found.get("scheme"), problems, default_scheme),
        parameters=_table(found.get("parameters"), problems),
        data=_table(found.get("data"), problems),
        secrets=_texts(found.get("secrets"), problems),
    )
    description = _text(found.get("description"), problems)
    return Connection(endpoint=endpoint, description=description, origin=path)


def _group(name: str, path: str, body: yaml.Mapping, problems: list[Diagnostic]) -> VariableGroup:
    found = _checked(body, ("description", "variables", "secrets"), problems)
    return VariableGroup(
        name=name,
        description=_text(found.get("description"), problems),
        variables=_table(found.get("variables"), problems),
        secrets=_texts(found.get("secrets"), problems),
        origin=path,
    )


def _environment(
    name: str, path: str, body: yaml.Mapping, problems: list[Diagnostic]
) -> DeploymentEnvironment:
    keys = (
        "description", "approvers", "minimumApprovers", "instructions", "branches", "exclusiveLock",
    )  # fmt: skip
    found = _checked(body, keys, problems)
    return DeploymentEnvironment(
        name=name,
        description=_text(found.get("description"), problems),
        approvers=_texts(found.get("approvers"), problems),
        minimum=_count(found.get("minimumApprovers"), problems),
        instructions=_text(found.get("instructions"), problems),
        branches=_texts(found.get("branches"), problems),
        exclusive=_flag(found.get("exclusiveLock"), problems),
        origin=path,
    )


def _images(files: Files, problems: list[Diagnostic]) -> Mapping[str, str]:
    body = _read(files, f"{_FOLDER}/images.yml", problems)
    return _table(body, problems) if body is not None else {}
