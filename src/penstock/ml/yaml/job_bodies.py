"""Jobs as JSON, exactly as Azure's client sends them (recorded: jobs_pipeline_1a, jobs_pipeline_io,
jobs_command_mslearn). A job's own level is camelCase, its nodes are snake_case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.ml.bindings import NotABinding, Side, parse_binding
from penstock.ml.yaml import words
from penstock.ml.yaml.component_bodies import (
    ANONYMOUS,
    anonymous_component,
    code_id,
    spec_hash,
)
from penstock.ml.yaml.environments import environment_id
from penstock.ml.yaml.kinds import Kind
from penstock.ml.yaml.loaded import Loaded
from penstock.ml.yaml.paths import is_local, local_path
from penstock.ml.yaml.registrar import Registrar
from penstock.ml.yaml.words import Json, camel, snake

_KINDS_OF_DATA = {"custom_model": "models", "mlflow_model": "models", "triton_model": "models"}
_LITERAL_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def job_body(
    loaded: Loaded,
    registrar: Registrar,
    *,
    name: str,
    experiment: str,
    properties: Mapping[str, str] | None = None,
) -> Json:
    """The body of the request that creates a job; what it is made of is registered on the way.

    `experiment` is used where the YAML names none; `properties` (git facts) yield to the YAML's.
    """
    value = loaded.value
    body: Json = {
        "displayName": value.get("display_name") or name,
        "experimentName": value.get("experiment_name") or experiment,
        "tags": value.get("tags") or {},
        "properties": {**(properties or {}), **(value.get("properties") or {})},
        "isArchived": False,
    }
    if value.get("description"):
        body["description"] = value["description"]
    if value.get("identity"):
        body["identity"] = words.identity(value["identity"], camel)
    if value.get("services"):
        body["services"] = words.services(value["services"], camel)
    body["inputs"] = _job_inputs(value.get("inputs"), loaded.folder, registrar)
    body["outputs"] = _job_outputs(value.get("outputs"))
    if loaded.kind is Kind.PIPELINE_JOB:
        body.update(_pipeline(loaded, registrar))
    else:
        body.update(_command(loaded, registrar))
    return {"properties": body}


def _pipeline(loaded: Loaded, registrar: Registrar) -> Json:
    value = loaded.value
    body: Json = {"jobType": "Pipeline", "jobs": node_bodies(loaded, registrar, "jobs")}
    if value.get("compute"):
        body["computeId"] = _compute(str(value["compute"]), registrar, "compute")
    if value.get("component"):
        body["componentId"] = _component_id(loaded, "", value["component"], registrar, "component")
    settings: Json = dict(value.get("settings") or {})
    if settings.get("default_compute"):
        compute, place = str(settings["default_compute"]), "settings.default_compute"
        settings["default_compute"] = _compute(compute, registrar, place)
    if settings.get("default_datastore"):
        store, place = str(settings["default_datastore"]), "settings.default_datastore"
        settings["default_datastore"] = registrar.named(store, "datastores", place)
    for flag in ("continue_on_step_failure", "force_rerun"):
        if flag in settings:
            settings[flag] = words.truth(settings[flag], False)
    return {**body, "settings": {**settings, "_source": "YAML.JOB"}}


def _command(loaded: Loaded, registrar: Registrar) -> Json:
    value = loaded.value
    body: Json = {"jobType": "Command", "command": value.get("command", "")}
    code = code_id(value, loaded, registrar, "code")
    if code is not None:
        body["codeId"] = code
    environment = value.get("environment")
    body["environmentId"] = environment_id(environment, loaded.folder, registrar, "environment")
    body["environmentVariables"] = value.get("environment_variables") or {}
    resources = words.resources(value.get("resources") or {}, camel)
    if value.get("compute") == "local":
        resources["properties"] = {**resources.get("properties", {}), **_LOCAL}
    elif value.get("compute"):
        body["computeId"] = _compute(str(value["compute"]), registrar, "compute")
    if resources:
        body["resources"] = resources
    body.update(_run_settings(value, camel))
    return body


_LOCAL = {"IsLocal": {"IsLocal": True}}


def _run_settings(value: Mapping[str, Any], spell: words.Spelling) -> Json:
    body: Json = {}
    for field, translate in (
        ("distribution", words.distribution),
        ("limits", words.limits),
        ("queue_settings", words.queue_settings),
    ):
        given = value.get(field)
        if given:
            body[spell(field)] = translate(given, spell) if isinstance(given, Mapping) else given
    return body


def node_bodies(loaded: Loaded, registrar: Registrar, place: str) -> Json:
    """The nodes of a pipeline, or of a pipeline component, by name."""
    nodes = loaded.value.get("jobs") or {}
    return {
        str(name): _node(loaded, str(name), node, registrar, f"{place}.{name}")
        for name, node in nodes.items()
    }


def _node(
    loaded: Loaded, name: str, node: Mapping[str, Any], registrar: Registrar, place: str
) -> Json:
    part = loaded.parts.get(name)
    is_pipeline = part is not None and part.kind is Kind.PIPELINE_COMPONENT
    type = "pipeline" if is_pipeline else str(node.get("type", "command")).lower()
    body: Json = {"name": name, "type": type}
    for field in ("display_name", "tags", "properties", "comment"):
        if node.get(field):
            body[field] = node[field]
    if node.get("compute"):
        body["computeId"] = _compute(str(node["compute"]), registrar, f"{place}.compute")
    inputs = node.get("inputs") or {}
    if inputs:
        body["inputs"] = {
            key: _node_input(item, loaded.folder, registrar, f"{place}.inputs.{key}")
            for key, item in inputs.items()
        }
    outputs = _node_outputs(node.get("outputs") or {})
    if outputs:
        body["outputs"] = outputs
    body.update(_node_settings(node, part))
    return {**body, **_node_component(loaded, name, node, registrar, place)}


def _node_settings(node: Mapping[str, Any], part: Loaded | None) -> Json:
    """How a node runs; what it leaves open comes from its component's file."""
    inherited = part.value if part is not None and part.kind is Kind.COMMAND_COMPONENT else {}
    settings = {
        **{name: inherited[name] for name in ("resources", "distribution") if inherited.get(name)},
        **node,
    }
    body = _run_settings(settings, snake)
    resources = settings.get("resources")
    if resources:
        given = words.resources(resources, snake) if isinstance(resources, Mapping) else resources
        body["resources"] = given
    if node.get("environment_variables"):
        body["environment_variables"] = node["environment_variables"]
    if node.get("services"):
        body["services"] = words.services(node["services"], snake)
    if isinstance(node.get("identity"), Mapping):
        body["identity"] = words.identity(node["identity"], snake)
    return body


def _node_component(
    loaded: Loaded, name: str, node: Mapping[str, Any], registrar: Registrar, place: str
) -> Json:
    component = node.get("component")
    if component is None:
        id = _inline_component(loaded, node, registrar, place)
        return {"componentId": id, "_source": "YAML.JOB"}
    id = _component_id(loaded, name, component, registrar, f"{place}.component")
    is_here = name in loaded.parts
    return {
        "componentId": id,
        "_source": "YAML.COMPONENT" if is_here else "REMOTE.WORKSPACE.COMPONENT",
    }


def _component_id(
    loaded: Loaded, name: str, component: object, registrar: Registrar, place: str
) -> str:
    part = loaded.parts.get(name)
    if part is not None:
        return anonymous_component(part, registrar, place)
    return registrar.named(str(component), "components", place)


def _inline_component(
    loaded: Loaded, node: Mapping[str, Any], registrar: Registrar, place: str
) -> str:
    """The component that a node with a command of its own stands for."""
    spec: Json = {"name": ANONYMOUS, "version": "1", "type": "command", "is_deterministic": True}
    spec["command"] = node.get("command", "")
    code = code_id(node, loaded, registrar, f"{place}.code")
    if code is not None:
        spec["code"] = f"azureml:{code}" if code.startswith("/") else code
    target = f"{place}.environment"
    environment = environment_id(node.get("environment"), loaded.folder, registrar, target)
    spec["environment"] = f"azureml:{environment}" if environment[0] == "/" else environment
    for field in ("resources", "distribution", "tags", "description"):
        if node.get(field):
            spec[field] = node[field]
    inputs = {
        key: _inferred_input(item, loaded) for key, item in (node.get("inputs") or {}).items()
    }
    outputs = {
        key: _inferred_output(item, loaded) for key, item in (node.get("outputs") or {}).items()
    }
    spec.update({"inputs": inputs} if inputs else {})
    spec.update({"outputs": outputs} if outputs else {})
    spec["_source"] = "YAML.JOB"
    tags = dict(node.get("tags") or {})
    body: Json = {
        "componentSpec": spec,
        "isAnonymous": True,
        "isArchived": False,
        "properties": {},
        "tags": tags,
    }
    if node.get("description"):
        body["description"] = node["description"]
    return registrar.component(spec_hash(spec), body, place)


def _inferred_input(item: object, loaded: Loaded) -> Json:
    """The declaration of an input, told by what a node gives it."""
    if isinstance(item, Mapping) and "value" not in item:
        path = item.get("path")
        if not words.is_binding(path) or item.get("type"):
            port = {"type": item.get("type") or "uri_folder"}
        else:
            port = _source_port(str(path), loaded)
        return {**port, **({"mode": item["mode"]} if item.get("mode") else {})}
    value = item["value"] if isinstance(item, Mapping) else item
    if words.is_binding(value):
        return _source_port(str(value), loaded)
    type = _LITERAL_TYPES.get(value.__class__, "string")
    return {"type": type, "default": words.literal(value)}


def _inferred_output(item: object, loaded: Loaded) -> Json:
    if isinstance(item, Mapping):
        mode = {"mode": item["mode"]} if item.get("mode") else {}
        return {"type": item.get("type") or "uri_folder", **mode}
    return _source_port(item, loaded) if isinstance(item, str) else {"type": "uri_folder"}


def _source_port(text: str, loaded: Loaded) -> Json:
    """Type and mode of what a binding refers to; `uri_folder` where only the service knows."""
    try:
        binding = parse_binding(text)
    except NotABinding:
        return {"type": "string"}
    if binding is None:
        return {"type": "uri_folder"}
    side = "inputs" if binding.side in (Side.PARENT_INPUT, Side.NODE_INPUT) else "outputs"
    if binding.node:
        return {"type": _node_port_type(binding.node, side, binding.name, loaded)}
    source = (loaded.value.get(side) or {}).get(binding.name)
    if isinstance(source, Mapping) and "value" not in source:
        mode = {"mode": source["mode"]} if source.get("mode") else {}
        return {"type": source.get("type") or "uri_folder", **mode}
    value = source["value"] if isinstance(source, Mapping) else source
    return {"type": _LITERAL_TYPES.get(value.__class__, "uri_folder")}


def _node_port_type(node: str, side: str, name: str, loaded: Loaded) -> str:
    part = loaded.parts.get(node)
    given = ((loaded.value.get("jobs") or {}).get(node) or {}).get(side) or {}
    if part is not None:
        port = (part.value.get(side) or {}).get(name)
    else:
        port = given.get(name)
    if isinstance(port, str) and words.is_binding(port):
        return str(_source_port(port, loaded)["type"])
    return str(port.get("type") or "uri_folder") if isinstance(port, Mapping) else "uri_folder"


def _job_inputs(inputs: Mapping[str, Any] | None, folder: Path, registrar: Registrar) -> Json:
    """The inputs of a job; one without a value is left out, as in Azure's client."""
    bodies = {}
    for name, item in (inputs or {}).items():
        body = _input(item, folder, registrar, f"inputs.{name}", camel)
        if body is not None:
            bodies[name] = body
    return bodies


def _node_input(item: object, folder: Path, registrar: Registrar, place: str) -> Json:
    body = _input(item, folder, registrar, place, snake)
    return body if body is not None else {"value": None, "job_input_type": "literal"}


def _input(
    item: object, folder: Path, registrar: Registrar, place: str, spell: words.Spelling
) -> Json | None:
    """A literal, a binding or data."""
    if not isinstance(item, Mapping) or "value" in item:
        value = item["value"] if isinstance(item, Mapping) else item
        if value is None or value == "":
            return None
        return {"value": words.literal(value), spell("job_input_type"): "literal"}
    path = item.get("path")
    if path is None:
        return None
    mode = words.input_mode(item.get("mode"))
    body: Json = {"mode": mode} if mode else {}
    if words.is_binding(path):
        return {"value": path, **body, spell("job_input_type"): "literal"}
    type = item.get("type") or "uri_folder"
    uri = _uri(str(path), str(type), folder, registrar, f"{place}.path")
    return {"uri": uri, **body, spell("job_input_type"): type}


def _uri(path: str, type: str, folder: Path, registrar: Registrar, place: str) -> str:
    if is_local(path):
        return registrar.data(local_path(path, folder), place)
    if path.startswith("azureml:") and not path.startswith("azureml://"):
        return registrar.named(path, _KINDS_OF_DATA.get(type, "data"), place)
    return path


def _job_outputs(outputs: Mapping[str, Any] | None) -> Json:
    return {name: _output(item or {}, camel) for name, item in (outputs or {}).items()}


def _node_outputs(outputs: Mapping[str, Any]) -> Json:
    """The outputs of a node; those that say nothing are left to its component."""
    bodies: Json = {}
    for name, item in outputs.items():
        if isinstance(item, Mapping):
            bodies[name] = _output(item, snake)
        elif item is not None:
            bodies[name] = {"value": item, "type": "literal"}
    return bodies


def _output(item: Mapping[str, Any], spell: words.Spelling) -> Json:
    body: Json = {}
    if item.get("name"):
        body[spell("asset_name")] = item["name"]
    if item.get("version") is not None:
        body[spell("asset_version")] = str(item["version"])
    if item.get("path"):
        body["uri"] = item["path"]
    mode = words.output_mode(item.get("mode"))
    if mode:
        body["mode"] = mode
    return {**body, spell("job_output_type"): item.get("type") or "uri_folder"}


def _compute(compute: str, registrar: Registrar, place: str) -> str:
    """A compute's id; `local`, `serverless` and bindings stay as they are."""
    if compute in ("local", "serverless") or words.is_binding(compute):
        return compute
    return registrar.named(compute, "computes", place)
