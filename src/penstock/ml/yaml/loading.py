"""Reads an Azure ML YAML file and the component files it names, and checks all of it at once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from penstock.language.source import Diagnostic, Source, Span
from penstock.language.yaml import Mapping, Node, Scalar, parse, to_python
from penstock.ml.references import is_name
from penstock.ml.yaml import complaints, phrases
from penstock.ml.yaml.components import check_ports_and_command
from penstock.ml.yaml.kinds import (
    COMPUTE_TYPES,
    DATA_TYPES,
    DATASTORE_TYPES,
    RUN_TYPES,
    Family,
    Kind,
    kind_in,
    recognise,
)
from penstock.ml.yaml.loaded import Loaded
from penstock.ml.yaml.paths import (
    COMMAND_LINE,
    is_local,
    local_path,
    near_file,
    read_mapping,
    shown,
)
from penstock.ml.yaml.pipelines import check_pipeline
from penstock.ml.yaml.structure import Context, check_shape
from penstock.ml.yaml.values import check_environment_source, check_value

_COMPONENT_NAME = re.compile(r"^[a-z][a-z\d_]*\Z", re.ASCII)
_JOB_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}\Z")
_TITLES = {Kind.DATA: "data asset"}
Opened = dict[Path, Loaded | None]  # None: being read


def load(
    path: Path | str,
    kind: Kind | Family | None = None,
    overrides: Iterable[tuple[str, str]] = (),
) -> Loaded:
    """Read a file, apply the overrides (dotted name, text) and check everything in it.

    `kind` says what it must be, or which group of commands reads it; without it the file itself
    tells. Never raises for what is in the file, nor for a file that cannot be read: that is in the
    diagnostics, all at once.
    """
    loaded = _load(Path(path), kind, overrides, {})
    return dataclasses.replace(loaded, diagnostics=in_order(loaded.diagnostics))


def in_order(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """File by file as they were read, and in each from the top down."""
    files: dict[str, int] = {}
    for diagnostic in found:
        if diagnostic.span is not None:
            files.setdefault(diagnostic.span.source.name, len(files))

    def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
        span = diagnostic.span
        return (files[span.source.name], span.line, span.column) if span else (-1, 0, 0)

    return tuple(sorted(found, key=place))


def _load(
    path: Path, kind: Kind | Family | None, overrides: Iterable[tuple[str, str]], opened: Opened
) -> Loaded:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return Loaded(kind=None, path=path, diagnostics=(_unreadable(path, error),))
    document = parse(Source(shown(path), text), anchors=True)
    found = list(document.diagnostics)
    root = document.root
    if not isinstance(root, Mapping):
        if not found:
            found.append(_nothing(root, Source(shown(path), text)))
        return Loaded(kind=None, path=path, diagnostics=tuple(found))
    return _finish(path, root, kind, overrides, found, opened)


def compose(family: Family, overrides: Iterable[tuple[str, str]], folder: Path) -> Loaded:
    """What options alone say, without a file. Relative paths begin in `folder`."""
    source = Source(COMMAND_LINE, "")
    root = Mapping((), Span(source, 1, 1, 1, 1))
    loaded = _finish(folder / COMMAND_LINE, root, family, overrides, [], {})
    found = tuple(_helped(diagnostic) for diagnostic in loaded.diagnostics)
    return dataclasses.replace(loaded, diagnostics=in_order(found))


def _helped(found: Diagnostic) -> Diagnostic:
    """A field that no option gave has no line to be shown at: say how it is given."""
    if found.code != "PS3005" or found.help:
        return found
    return dataclasses.replace(found, help="give it by its option, or a file by --file")


def _finish(
    path: Path,
    root: Mapping,
    kind: Kind | Family | None,
    overrides: Iterable[tuple[str, str]],
    found: list[Diagnostic],
    opened: Opened,
) -> Loaded:
    """Apply the overrides, tell the kind, and check."""
    root, refused = _apply(root, overrides)
    found.extend(refused)
    known = _kind_of(kind, root)
    loaded = Loaded(kind=known, path=path, document=root, value=_plain(root))
    parts = _check(loaded, kind, found, opened)
    return dataclasses.replace(loaded, diagnostics=tuple(found), parts=parts)


def _apply(
    root: Mapping, overrides: Iterable[tuple[str, str]]
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """The tree with the overrides put in; most files have none."""
    given = tuple(overrides)
    if not given:
        return root, ()
    from penstock.ml.yaml.overrides import apply_overrides

    return apply_overrides(root, given)


def _unreadable(path: Path, error: Exception) -> Diagnostic:
    if isinstance(error, UnicodeDecodeError):
        return complaints.unreadable(shown(path), "it is not UTF-8 text")
    reason = "it is a folder" if path.is_dir() else "there is no such file"
    return complaints.unreadable(shown(path), reason, _elsewhere(path))


def _elsewhere(path: Path) -> str | None:
    """Where the same relative path is below one of the folders here: a `cd` was forgotten."""
    if path.is_absolute() or path.exists():
        return None
    here = sorted(folder for folder in Path().iterdir() if folder.is_dir())
    found = [folder / path for folder in here if (folder / path).is_file()]
    return str(found[0]) if len(found) == 1 else near_file(path, str(path))


def _nothing(root: Node | None, source: Source) -> Diagnostic:
    span = root.span if root else Span(source, 1, 1, 1, 1)
    found = phrases.describe(root) if root else "nothing"
    return complaints.not_azure_ml(phrases.first_line(span), found)


def _plain(root: Mapping) -> dict[str, object]:
    value = to_python(root)
    return value if isinstance(value, dict) else {}


def _kind_of(kind: Kind | Family | None, root: Mapping) -> Kind | None:
    if isinstance(kind, Kind):
        return kind
    return recognise(root) if kind is None else kind_in(kind, root)


def _check(
    loaded: Loaded, asked: Kind | Family | None, found: list[Diagnostic], opened: Opened
) -> dict[str, Loaded]:
    """Complain about everything in one document; returns the component files it uses."""
    root, kind = loaded.document, loaded.kind
    if root is None:
        return {}
    at = _start(root)
    context = Context(folder=loaded.folder, found=found, special=check_value)
    if kind is None:
        found.append(complaints.not_azure_ml(at, "none of the fields of one"))
    elif kind is Kind.OTHER and asked in (Family.JOB, Family.COMPONENT):
        found.append(_unknown_type(root, at))
    elif not kind.is_supported:
        found.append(complaints.not_supported(kind.value, _type_span(root, at)))
    else:
        parts = _check_kind(kind, loaded, root, context, opened)
        if context.idle:
            found.append(complaints.no_effect(context.idle))
        return parts
    return {}


def _check_kind(
    kind: Kind, loaded: Loaded, root: Mapping, context: Context, opened: Opened
) -> dict[str, Loaded]:
    at = _start(root)
    if kind.family is not Family.COMPONENT:
        _check_name(root, kind, context)
    match kind:
        case Kind.PIPELINE_JOB | Kind.PIPELINE_COMPONENT:
            check_shape(root, kind.value, context, at)

            def follow(path: Path) -> Loaded | None:
                return _open(path, context.found, opened)

            opened[loaded.path.resolve()] = None
            return check_pipeline(loaded, root, context, follow)
        case Kind.COMMAND_JOB | Kind.COMMAND_COMPONENT:
            check_shape(root, kind.value, context, at)
            check_ports_and_command(root, context)
        case Kind.COMPUTE:
            _check_typed(root, COMPUTE_TYPES, "compute", context)
        case Kind.DATASTORE:
            _check_typed(root, DATASTORE_TYPES, "datastore", context)
            type = root.get("type")
            if isinstance(type, Scalar) and not type.is_null:
                context.found.append(complaints.datastore_is_here(type))
        case _:
            check_shape(root, kind.value, context, at, _TITLES.get(kind, ""))
            if kind is Kind.ENVIRONMENT:
                check_environment_source(root, root.entries[0].key, context)
            if kind is Kind.DATA:
                _check_content(root, context)
    return {}


def _check_name(root: Mapping, kind: Kind, context: Context) -> None:
    """The name is a part of addresses; that of a component is checked where it is registered."""
    name = root.get("name")
    if not isinstance(name, Scalar) or name.is_null:
        return
    if kind.family is Family.JOB:
        is_right = _JOB_NAME.match(name.value) is not None
        rule = "letters, digits, underscores and hyphens"
    else:
        is_right = is_name(name.value)
        rule = "letters, digits, underscores, hyphens and periods"
    if not is_right:
        suggestion = re.sub(r"[^A-Za-z0-9_-]", "_", name.value).lstrip("_-")
        said = f"it may hold {rule}, and begins with a letter or digit"
        what = f"the {kind.family}'s name"
        context.found.append(complaints.bad_name(what, name, said, suggestion or name.value))


def _check_content(root: Mapping, context: Context) -> None:
    """What a data asset is made of must be what its type says."""
    path, type = root.get("path"), root.get("type")
    if not isinstance(path, Scalar) or not path.value.strip() or not is_local(path.value):
        return
    place = local_path(path.value, context.folder)
    word = type.value.lower() if isinstance(type, Scalar) and not type.is_null else "uri_folder"
    if not place.exists() or word not in DATA_TYPES:
        return  # that was said already
    if word == "uri_file" and not place.is_file():
        fault, help = "is a folder, and uri_file is one file", "write type: uri_folder"
    elif word != "uri_file" and not place.is_dir():
        fault, help = f"is a file, and {word} is a folder", "write type: uri_file"
    elif word == "mltable" and not (place / "MLTable").is_file():
        fault, help = 'has no file "MLTable"', "write one, or write type: uri_folder"
    else:
        if word == "mltable":
            read_mapping(place / "MLTable", path, "the MLTable file of", context)
        return
    context.found.append(complaints.unusable("the path", path, fault, help))


def _open(path: Path, found: list[Diagnostic], opened: Opened) -> Loaded | None:
    """The component in a file, read once however many nodes use it; None inside of itself."""
    key = path.resolve()
    if key not in opened:
        loaded = _load(path, Family.COMPONENT, (), opened)
        opened[key] = loaded
        found.extend(loaded.diagnostics)
    return opened[key]


def check_registered_name(loaded: Loaded) -> tuple[Diagnostic, ...]:
    """What is wrong with the name a component would be registered under (a node needs no name)."""
    root = loaded.document
    if root is None:
        return ()
    name = root.get("name")
    if not isinstance(name, Scalar):
        at = _start(root)
        owner = str(loaded.kind or "component")
        return (complaints.missing_field("name", owner, at),) if name is None else ()
    if _COMPONENT_NAME.match(name.value):
        return ()
    suggestion = re.sub(r"[^a-z\d_]", "_", name.value.lower()).lstrip("_0123456789")
    rule = "it may hold small letters, digits and underscores, and begins with a letter"
    return (complaints.bad_name("the component's name", name, rule, suggestion),)


def _check_typed(root: Mapping, types: tuple[str, ...], owner: str, context: Context) -> None:
    """A compute or a datastore: the `type` decides which fields there are."""
    type = root.get("type")
    at = _start(root)
    if not isinstance(type, Scalar) or type.is_null:
        context.found.append(complaints.missing_field("type", owner, at, _types_help(types)))
    elif type.value.lower() not in types:
        context.found.append(complaints.not_one_of("type", type, types))
    else:
        check_shape(root, type.value.lower(), context, at, f"{type.value.lower()} {owner}")


def _types_help(types: tuple[str, ...]) -> str:
    return f"it can be {phrases.listed(types)}"


def _unknown_type(root: Mapping, at: Span) -> Diagnostic:
    type = root.get("type")
    if isinstance(type, Scalar):
        return complaints.not_one_of("type", type, RUN_TYPES)
    return complaints.missing_field("type", "job", at)


def _start(root: Mapping) -> Span:
    """Where a file begins to say something: its first key."""
    return root.entries[0].key.span if root.entries else phrases.first_line(root.span)


def _type_span(root: Mapping, at: Span) -> Span:
    type = root.get("type") or root.get("$schema")
    return type.span if isinstance(type, Scalar) else at
