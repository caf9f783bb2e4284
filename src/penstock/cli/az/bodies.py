"""The body by which each kind of thing is created."""

from __future__ import annotations

from typing import Any

from penstock.ml.workspaces import Workspace
from penstock.ml.yaml import Family, Loaded
from penstock.ml.yaml.registrar import Registrar


def body_of(loaded: Loaded, registrar: Registrar, workspace: Workspace) -> dict[str, Any]:
    """The JSON of a compute, datastore, environment, data asset, model or component.

    Local content it names is uploaded by the registrar on the way.
    """
    from penstock.ml.yaml import asset_bodies

    value, folder = loaded.value, loaded.folder
    family = loaded.kind.family if loaded.kind else None
    match family:
        case Family.COMPUTE:
            return asset_bodies.compute_body(value, "local")
        case Family.DATASTORE:
            return asset_bodies.datastore_body(value)
        case Family.DATA:
            return {"properties": asset_bodies.data_properties(value, folder, registrar)}
        case Family.MODEL:
            properties = asset_bodies.model_properties(value, folder, registrar, workspace)
            return {"properties": properties}
        case Family.ENVIRONMENT:
            from penstock.ml.yaml.environments import environment_properties

            return {"properties": environment_properties(value, folder, registrar, "")}
        case Family.COMPONENT:
            from penstock.ml.yaml.component_bodies import component_properties

            return {"properties": component_properties(loaded, registrar)}
    raise ValueError(f"a {loaded.kind} has no body of its own")
