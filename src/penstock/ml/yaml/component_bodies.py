"""Components as JSON: the spec a workspace keeps of a command or a graph, and its hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.ml.bindings import typed_literal
from penstock.ml.yaml import words
from penstock.ml.yaml.environments import environment_id
from penstock.ml.yaml.kinds import Kind
from penstock.ml.yaml.loaded import Loaded
from penstock.ml.yaml.paths import is_local, local_path
from penstock.ml.yaml.registrar import Registrar
from penstock.ml.yaml.words import Json

ANONYMOUS = "azureml_anonymous"
_NOT_HASHED = ("name", "version", "id", "_source")
_RUN_FIELDS = (
    "resources",
    "distribution",
    "limits",
    "queue_settings",
    "environment_variables",
    "properties",
)


def component_properties(loaded: Loaded, registrar: Registrar, place: str = "") -> Json:
    """The `properties` of a component that is registered under its own name."""
    value = loaded.value
    name, version = str(value.get("name", "")), str(value.get("version", "1"))
    spec = component_spec(loaded, registrar, place, name=name, version=version)
    body = _version_properties(value, spec, anonymous=False)
    body["properties"]["client_component_hash"] = spec_hash(spec)
    return body


def anonymous_component(loaded: Loaded, registrar: Registrar, place: str) -> str:
    """The id of the component in a file that a node names."""
    spec = component_spec(loaded, registrar, place)
    body = _version_properties(loaded.value, spec, anonymous=True)
    return registrar.component(spec_hash(spec), body, place)


def component_spec(
    loaded: Loaded,
    registrar: Registrar,
    place: str,
    *,
    name: str = ANONYMOUS,
    version: str = "1",
) -> Json:
    """The `componentSpec`: the YAML's shape with ids in place of local things."""
    value = loaded.value
    spec: Json = {"name": name, "version": version}
    for field in ("$schema", "display_name", "description"):
        if value.get(field) is not None:
            spec[field] = value[field]
    if value.get("tags"):
        spec["tags"] = {key: words.literal(tag) for key, tag in value["tags"].items()}
    if loaded.kind is Kind.PIPELINE_COMPONENT:
        from penstock.ml.yaml.job_bodies import node_bodies

        spec["jobs"] = node_bodies(loaded, registrar, _below(place, "jobs"))
        spec["type"] = "pipeline"
        if value.get("is_deterministic") is not None:
            spec["is_deterministic"] = words.truth(value["is_deterministic"], True)
    else:
        spec.update(_command_spec(value, loaded, registrar, place))
    spec.update(_ports(value))
    return {**spec, "_source": "YAML.COMPONENT"}


def _command_spec(
    value: Mapping[str, Any], loaded: Loaded, registrar: Registrar, place: str
) -> Json:
    deterministic = value.get("is_deterministic")
    spec: Json = {"type": "command", "is_deterministic": words.truth(deterministic, True)}
    spec["command"] = value.get("command", "")
    code = code_id(value, loaded, registrar, _below(place, "code"))
    if code is not None:
        spec["code"] = _marked(code)
    target = _below(place, "environment")
    environment = environment_id(value.get("environment"), loaded.folder, registrar, target)
    spec["environment"] = _marked(environment)
    for field in _RUN_FIELDS:
        if value.get(field):
            spec[field] = value[field]
    return spec


def code_id(
    value: Mapping[str, Any], loaded: Loaded, registrar: Registrar, place: str
) -> str | None:
    """The id of the code a command starts in, or None when it has none."""
    code = value.get("code")
    includes = value.get("additional_includes") or ()
    paths = tuple(local_path(str(path), loaded.folder) for path in includes)
    if code is None:
        return registrar.code(None, paths, place) if paths else None
    if not is_local(str(code)):
        return registrar.named(str(code), "codes", place)
    return registrar.code(local_path(str(code), loaded.folder), paths, place)


def spec_hash(spec: Mapping[str, Any]) -> str:
    """A hash of what a component is, without its name, written like a GUID."""
    import json
    from hashlib import sha256

    kept = {name: item for name, item in spec.items() if name not in _NOT_HASHED}
    digest = sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def _ports(value: Mapping[str, Any]) -> Json:
    ports: Json = {}
    if value.get("inputs"):
        ports["inputs"] = {name: _port(port) for name, port in value["inputs"].items()}
    if value.get("outputs"):
        ports["outputs"] = {name: _port(port) for name, port in value["outputs"].items()}
    return ports


def _port(port: Mapping[str, Any]) -> Json:
    """A declared input or output: numbers and defaults are texts, of the declared type."""
    type = str(port.get("type"))
    body: Json = {"type": type}
    for field in ("description", "mode"):
        if port.get(field) is not None:
            body[field] = port[field]
    if words.truth(port.get("optional"), False):
        body["optional"] = True
    for field in ("default", "min", "max"):
        if port.get(field) is not None:
            body[field] = declared_literal(port[field], type)
    if port.get("enum"):
        body["enum"] = list(port["enum"])
    return body


def declared_literal(value: object, type: str) -> str:
    """A default, as Azure's client spells it (`0.2`, `1.0`, `True`)."""
    text = words.literal(value)
    if type == "number":
        return str(float(text))
    return typed_literal(text, type) if type in ("integer", "boolean") else text


def _version_properties(value: Mapping[str, Any], spec: Json, *, anonymous: bool) -> Json:
    body: Json = {
        "componentSpec": spec,
        "isAnonymous": anonymous,
        "isArchived": False,
        "properties": dict(value.get("properties") or {}),
        "tags": dict(value.get("tags") or {}),
    }
    if value.get("description"):
        body["description"] = value["description"]
    return body


def _marked(id: str) -> str:
    """Inside of a spec a resource id carries `azureml:`; what lives elsewhere stays as it is."""
    return f"azureml:{id}" if id.startswith("/") else id


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
