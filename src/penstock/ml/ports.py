"""Values that flow into and out of nodes: literals checked and typed, places for outputs chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from penstock.engine.requests import CommandInput, CommandOutput
from penstock.ml.bindings import fill, typed_literal
from penstock.ml.components import Port, mode_word
from penstock.ml.datastores import artifacts_path, parse_uri
from penstock.ml.fields import field, text
from penstock.ml.resolver import REMOTE, Resolver
from penstock.records import record

FILE = "uri_file"
LITERAL = "literal"
ARTIFACTS = "artifacts"
"""The output that every job has: its own artifact store, with what it leaves in `outputs/`."""


@record
class Value:
    """What an input was given: a literal's `text`, or the `uri` of data.

    Both None: unknown, because of a problem that was reported where it arose.
    """

    text: str | None = None
    uri: str | None = None
    type: str = ""
    mode: str = ""


UNKNOWN = Value()


@record
class Place:
    """Where an output should go, as far as someone said so. `uri` may hold `${{name}}`."""

    uri: str | None = None
    mode: str = ""
    type: str = ""
    asset_name: str = ""
    asset_version: str = ""


def given_value(entry: object, type: str, resolver: Resolver, target: str) -> Value | None:
    """An input that is no binding: a literal, or a reference to data. None when it is null.

    `type` is that of the component's input; empty when there is no component to say it.
    """
    uri = field(entry, "uri")
    literal = field(entry, "value") if isinstance(entry, Mapping) else entry
    declared = text(field(entry, "job_input_type", "")) if isinstance(entry, Mapping) else LITERAL
    mode = mode_word(field(entry, "mode", ""))
    if uri is not None:
        kind = type or declared
        content = resolver.content(text(uri), kind, f"{target}.path")
        return Value(uri=content, type=declared, mode=mode) if content else UNKNOWN
    if literal is None:
        return None
    return Value(text=text(literal), type=LITERAL, mode=mode)


def command_input(
    port: Port, value: Value | None, resolver: Resolver, target: str
) -> CommandInput | None:
    """The input of a command; None for an optional one without a value. Problems are collected."""
    if value is None and port.default is not None:
        value = Value(text=port.default)
    if value is None:
        if not port.optional:
            message = f'required input "{port.name}" of type {port.type} has no value'
            resolver.problem("MissingInput", message, target)
        return None
    if port.is_literal:
        return CommandInput(
            name=port.name, type=port.type, value=_literal(port, value, resolver, target)
        )
    uri = value.uri or ""
    if value.text is not None:
        uri = resolver.content(value.text, port.type, target)
    mode = value.mode or port.mode or "ro_mount"
    return CommandInput(name=port.name, type=port.type, uri=uri, mode=mode)


def refuse_remote(entry: CommandInput | None, resolver: Resolver, target: str) -> None:
    """Say of data at an address elsewhere that it is not fetched; a command may get the address."""
    uri = entry.uri if entry is not None else None
    if entry is None or uri is None or entry.mode == "direct" or not uri.startswith(REMOTE):
        return
    message = (
        f'input "{entry.name}" is at "{uri}", and nothing is fetched from there: download it and'
        " give its local path, or give the command the address itself with mode: direct"
    )
    resolver.problem("RemoteInputNotSupported", message, target)


def _literal(port: Port, value: Value, resolver: Resolver, target: str) -> str:
    if value.text is None:
        if value.uri is not None:
            message = f'input "{port.name}" takes a value of type {port.type}, not data'
            resolver.problem("InvalidInput", message, target)
        return ""
    if "\0" in value.text:
        resolver.problem("InvalidInput", f'input "{port.name}" holds a NUL', target)
    try:
        literal = typed_literal(value.text, port.type)
    except (ValueError, OverflowError):
        message = f'"{value.text}" is no {port.type}, which input "{port.name}" takes'
        resolver.problem("InvalidInput", message, target)
        return value.text
    if port.type == "integer" and float(value.text) != float(literal):
        resolver.warn(f'{target}: "{value.text}" is read as the whole number {literal}')
    _warn_of_limits(port, literal, resolver, target)
    return literal


def _warn_of_limits(port: Port, literal: str, resolver: Resolver, target: str) -> None:
    """Azure's client accepts values outside `enum`, `min` and `max`; so do we, but say so."""
    if port.enum and literal not in port.enum:
        choices = ", ".join(port.enum)
        resolver.warn(f'{target}: "{literal}" is none of the values of "{port.name}": {choices}')
    if port.type not in ("integer", "number"):
        return
    try:
        too_small = port.minimum is not None and float(literal) < float(port.minimum)
        too_great = port.maximum is not None and float(literal) > float(port.maximum)
    except ValueError:
        return
    if too_small or too_great:
        limit = f"less than min {port.minimum}" if too_small else f"more than max {port.maximum}"
        resolver.warn(f'{target}: {literal} is {limit} of "{port.name}"')


def place_of(entry: object) -> Place:
    """What an output's declaration says of where it goes, in a node or at the job."""
    return Place(
        uri=field(entry, "uri"),
        mode=mode_word(field(entry, "mode", "")),
        type=text(field(entry, "job_output_type", "")),
        asset_name=text(field(entry, "asset_name") or field(entry, "name", "")),
        asset_version=text(field(entry, "asset_version") or field(entry, "version", "")),
    )


def shared_place(outer: Place, inner: Place) -> Place:
    """Where an output goes that a node shares with the pipeline: the pipeline's path comes first.

    The asset a node registers is its own; the pipeline's is registered when the pipeline ends.
    """
    return replace(inner, uri=outer.uri or inner.uri, mode=inner.mode or outer.mode)


def command_output(
    port: Port, place: Place, job: str, datastore: str, resolver: Resolver, target: str
) -> CommandOutput:
    """The output of a command, at its final address.

    Azure's default is `azureml/${{name}}/${{output_name}}/` in the default datastore; `${{name}}`
    is the name of the step's own job (documentation, "output path expressions"). The output named
    `artifacts` is the job's artifact store.
    """
    if port.is_literal:
        message = f'output "{port.name}" of type {port.type} is not supported: outputs are data'
        resolver.problem("OutputNotSupported", message, target)
    if port.name == ARTIFACTS:
        return _artifacts_output(port, place, job, resolver, target)
    template = place.uri or (
        "azureml://datastores/${{default_datastore}}/paths/azureml/${{name}}/${{output_name}}"
        + ("" if port.type == FILE else "/")
    )
    words = {"name": job, "default_datastore": datastore, "output_name": port.name}
    address = fill(template, words.get)
    stored = parse_uri(address, resolver.workspace)
    if stored is None:
        message = f'output "{port.name}" can only go to a datastore, not to "{address}"'
        resolver.problem("OutputNotSupported", message, f"{target}.path")
    elif ".." in stored.path.split("/"):
        message = f'the path of output "{port.name}" leads outside its datastore: "{address}"'
        resolver.problem("InvalidPath", message, f"{target}.path")
    else:
        resolver.datastore(stored.datastore, f"{target}.path")
    mode = place.mode or port.mode or "rw_mount"
    uri = stored.uri if stored else address
    return CommandOutput(name=port.name, type=port.type, uri=uri, mode=mode)


def _artifacts_output(
    port: Port, place: Place, job: str, resolver: Resolver, target: str
) -> CommandOutput:
    if place.uri:
        resolver.warn(f"{target}.path: the job's own artifacts lie in its artifact store, not here")
    uri = artifacts_path(resolver.workspace, job).uri
    return CommandOutput(name=port.name, type=port.type, uri=uri, mode=place.mode or "rw_mount")
