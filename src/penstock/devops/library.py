"""The local library: what the service keeps in its portal, as files under `.penstock/`.

Reads connections, variable groups, environments and images. Secret values are never in these
files; the caller adds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock.engine.requests import Endpoint
from penstock.language import yaml
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Source, Span

LOCAL_SCHEME = "PenstockLocal"
ARM_TYPE = "AzureRM"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableGroup:
    """Named values that a pipeline takes by `group:`; the values of `secrets` are kept apart."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEnvironment:
    """A target of deployment jobs. `approvers` non-empty means a person must approve."""

    name: str
    description: str = ""
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """All that a pipeline may name and the repository does not define in its YAML."""

    connections: Mapping[str, Endpoint] = field(default_factory=dict)
    groups: Mapping[str, VariableGroup] = field(default_factory=dict)
    environments: Mapping[str, DeploymentEnvironment] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    def connection(self, name: str) -> Endpoint | None:
        """The connection of that name or id, ignoring case."""
        wanted = name.casefold()
        for key, connection in self.connections.items():
            if wanted in (key.casefold(), connection.id.casefold()):
                return connection
        return None

    def group(self, name: str) -> VariableGroup | None:
        """The variable group of that name, ignoring case."""
        wanted = name.casefold()
        return next((g for key, g in self.groups.items() if key.casefold() == wanted), None)


def read_library(root: Path) -> Library:
    """The library in `root/.penstock`; empty where there is no such folder."""
    folder = root / ".penstock"
    if not folder.is_dir():
        return Library()
    problems: list[Diagnostic] = []
    connections = {
        path.stem: _connection(path.stem, body, problems)
        for path, body in _documents(root, folder / "connections", problems)
    }
    groups = {
        path.stem: _group(path.stem, body, problems)
        for path, body in _documents(root, folder / "variable-groups", problems)
    }
    environments = {
        path.stem: _environment(path.stem, body, problems)
        for path, body in _documents(root, folder / "environments", problems)
    }
    return Library(
        connections=connections,
        groups=groups,
        environments=environments,
        images=_images(root, folder, problems),
        diagnostics=tuple(problems),
    )


def local_connection(name: str) -> Endpoint:
    """The Azure Resource Manager connection that stands for the workspace on this machine."""
    return Endpoint(
        id=name, name=name, type=ARM_TYPE, url="https://management.azure.com/", scheme=LOCAL_SCHEME
    )


def _documents(
    root: Path, folder: Path, problems: list[Diagnostic]
) -> Iterator[tuple[Path, yaml.Mapping]]:
    if not folder.is_dir():
        return
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        body = _read(root, path, problems)
        if body is not None:
            yield path, body


def _read(root: Path, path: Path, problems: list[Diagnostic]) -> yaml.Mapping | None:
    source = Source(path.relative_to(root).as_posix(), path.read_text("utf-8", "replace"))
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


def _connection(name: str, body: yaml.Mapping, problems: list[Diagnostic]) -> Endpoint:
    keys = ("id", "type", "url", "scheme", "parameters", "data", "secrets", "description")
    found = _checked(body, keys, problems)
    kind = _text(found.get("type"), problems, ARM_TYPE)
    default_scheme = LOCAL_SCHEME if kind == ARM_TYPE else "None"
    return Endpoint(
        id=_text(found.get("id"), problems, name),
        name=name,
        type=kind,
        url=_text(found.get("url"), problems, "https://management.azure.com/"),
        scheme=_text(found.get("scheme"), problems, default_scheme),
        parameters=_table(found.get("parameters"), problems),
        data=_table(found.get("data"), problems),
        secrets=_texts(found.get("secrets"), problems),
    )


def _group(name: str, body: yaml.Mapping, problems: list[Diagnostic]) -> VariableGroup:
    found = _checked(body, ("description", "variables", "secrets"), problems)
    return VariableGroup(
        name=name,
        variables=_table(found.get("variables"), problems),
        secrets=_texts(found.get("secrets"), problems),
    )


def _environment(
    name: str, body: yaml.Mapping, problems: list[Diagnostic]
) -> DeploymentEnvironment:
    found = _checked(body, ("description", "approvers"), problems)
    return DeploymentEnvironment(
        name=name,
        description=_text(found.get("description"), problems),
        approvers=_texts(found.get("approvers"), problems),
    )


def _images(root: Path, folder: Path, problems: list[Diagnostic]) -> Mapping[str, str]:
    path = folder / "images.yml"
    body = _read(root, path, problems) if path.is_file() else None
    return _table(body, problems) if body is not None else {}
