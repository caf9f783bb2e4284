"""Environments as JSON: an image with a conda file, or a build context."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.ml.yaml.paths import local_path
from penstock.ml.yaml.registrar import Registrar
from penstock.ml.yaml.snapshots import tree_hash
from penstock.ml.yaml.words import Json

_DESCRIBING = ("description", "tags", "properties")


def environment_id(value: object, folder: Path, registrar: Registrar, place: str) -> str:
    """The id of an environment that a job names, or defines on the spot."""
    if isinstance(value, str) and value.startswith("file:"):
        path = local_path(value, folder)
        return environment_id(_read(path), path.parent, registrar, place)
    if isinstance(value, Mapping):
        properties = environment_properties(value, folder, registrar, place)
        version = anonymous_version(value, properties, folder)
        return registrar.environment(version, {**properties, "isAnonymous": True}, place)
    return registrar.named(str(value), "environments", place)


def _read(path: Path) -> object:
    """What a file says of an environment that is used without being registered."""
    import yaml

    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def environment_properties(
    value: Mapping[str, Any], folder: Path, registrar: Registrar, place: str
) -> Json:
    """The `properties` of an environment's version."""
    body: Json = {}
    conda = conda_text(value.get("conda_file"), folder)
    if conda is not None:
        body["condaFile"] = conda
    if value.get("image"):
        body["image"] = value["image"]
    build = value.get("build")
    if isinstance(build, Mapping):
        path = str(build.get("path", "."))
        context = path if "://" in path else registrar.context(local_path(path, folder), place)
        body["build"] = {"contextUri": context}
        if build.get("dockerfile_path"):
            body["build"]["dockerfilePath"] = build["dockerfile_path"]
    if value.get("os_type"):
        body["osType"] = str(value["os_type"]).capitalize()
    routes = value.get("inference_config")
    if isinstance(routes, Mapping):
        body["inferenceConfig"] = {_camel_route(name): item for name, item in routes.items()}
    body.update({name: value[name] for name in _DESCRIBING if value.get(name)})
    return {**body, "isAnonymous": False, "isArchived": False}


def conda_text(conda: object, folder: Path) -> str | None:
    """A conda file (by path, or written out) as the service keeps it: YAML with sorted keys."""
    if conda is None:
        return None
    import yaml

    if isinstance(conda, str):
        conda = yaml.safe_load(local_path(conda, folder).read_text(encoding="utf-8"))
    return yaml.dump(conda, sort_keys=True)


def anonymous_version(value: Mapping[str, Any], properties: Json, folder: Path) -> str:
    """The version of an environment without a name, as Azure's client makes it (recorded:
    jobs_command_hello), so that both clients share one environment."""
    build = value.get("build")
    if isinstance(build, Mapping):
        mixed = _hash(tree_hash(local_path(str(build.get("path", ".")), folder)))
        if build.get("dockerfile_path"):
            mixed = mixed.join(_hash(str(build["dockerfile_path"])))
        return _hash(mixed)
    mixed = _hash(str(value.get("image")))
    if properties.get("condaFile"):
        mixed = mixed.join(_hash(properties["condaFile"]))
    return _hash(mixed)


def _hash(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()


def _camel_route(name: str) -> str:
    head, _, tail = name.partition("_")
    return head + tail.capitalize()
