"""The model registry: registered models, their versions, tags, stages and aliases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from penstock.ml.model_registry import LATEST, ModelVersion, RegisteredModel, check_alias
from penstock.ml.tracking_artifacts import version_uri
from penstock.ml.tracking_search import (
    REGISTRY,
    Kind,
    matches,
    parse_filter,
    parse_order,
    sorted_by,
)
from penstock.ml.tracking_values import Code, TrackingError
from penstock.server.mlflow.operations import Ask, Mlflow, Reply, rows
from penstock.server.mlflow.runs import paged
from penstock.server.mlflow.views import latest_versions, registered_model_view, version_view
from penstock.server.routes import Route

_Item = TypeVar("_Item")
_IS_PROMPT = "mlflow.prompt.is_prompt"


def routes(mlflow: Mlflow) -> tuple[Route, ...]:
    """The rows of this file."""
    return (
        *rows(mlflow, "POST", "registered-models/create", create_model),
        *rows(mlflow, "GET", "registered-models/get", get_model),
        *rows(mlflow, "GET", "registered-models/search", search_models, quick=False),
        *rows(mlflow, "PATCH", "registered-models/update", update_model),
        *rows(mlflow, "POST", "registered-models/rename", rename_model),
        *rows(mlflow, "DELETE", "registered-models/delete", delete_model),
        *rows(mlflow, "POST", "registered-models/set-tag", set_model_tag),
        *rows(mlflow, "DELETE", "registered-models/delete-tag", delete_model_tag),
        *rows(mlflow, "POST", "registered-models/get-latest-versions", get_latest, reads=True),
        *rows(mlflow, "GET", "registered-models/get-latest-versions", get_latest),
        *rows(mlflow, "GET", "registered-models/alias", get_by_alias),
        *rows(mlflow, "POST", "registered-models/alias", set_alias),
        *rows(mlflow, "DELETE", "registered-models/alias", delete_alias),
        *rows(mlflow, "POST", "model-versions/create", create_version),
        *rows(mlflow, "GET", "model-versions/get", get_version),
        *rows(mlflow, "GET", "model-versions/search", search_versions, quick=False),
        *rows(mlflow, "GET", "model-versions/get-download-uri", get_download_uri),
        *rows(mlflow, "PATCH", "model-versions/update", update_version),
        *rows(mlflow, "POST", "model-versions/transition-stage", transition),
        *rows(mlflow, "DELETE", "model-versions/delete", delete_version),
        *rows(mlflow, "POST", "model-versions/set-tag", set_version_tag),
        *rows(mlflow, "DELETE", "model-versions/delete-tag", delete_version_tag),
    )


def create_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """A new registered model."""
    made = mlflow.registry.create(
        ask.workspace,
        ask.text("name"),
        description=ask.optional_text("description"),
        tags=dict(ask.pairs("tags")),
    )
    return {"registered_model": registered_model_view(made)}


def get_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """A registered model."""
    return _model(mlflow.registry.model(ask.workspace, ask.text("name")))


def search_models(mlflow: Mlflow, ask: Ask) -> Reply:
    """The registered models that match, by name."""
    conditions = parse_filter(ask.optional_text("filter"), REGISTRY)
    found = [
        model
        for model in mlflow.registry.models(ask.workspace)
        if all(matches(item, _model_value(model, item.kind, item.key)) for item in conditions)
    ]
    page, more = paged(ask, _ordered(ask, found, _model_value), 100)
    return {"registered_models": [registered_model_view(model) for model in page], **more}


def update_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """Change the description of a registered model."""
    description = ask.given_text("description")
    name = ask.text("name")
    return _model(mlflow.registry.change(ask.workspace, name, description=description))


def rename_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """Refused: the name of an asset of a workspace cannot change."""
    raise TrackingError(
        Code.BAD_REQUEST,
        f"Renaming is not supported: '{ask.text('name')}' is a model of the workspace, whose name"
        " cannot change; register the version under the new name.",
    )


def delete_model(mlflow: Mlflow, ask: Ask) -> Reply:
    """Forget a registered model and its versions."""
    mlflow.registry.delete(ask.workspace, ask.text("name"))
    return {}


def set_model_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Set a tag of a registered model."""
    tags = {ask.text("key"): ask.optional_text("value")}
    mlflow.registry.change(ask.workspace, ask.text("name"), tags=tags)
    return {}


def delete_model_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Remove a tag of a registered model."""
    mlflow.registry.change(ask.workspace, ask.text("name"), tags={ask.text("key"): None})
    return {}


def get_latest(mlflow: Mlflow, ask: Ask) -> Reply:
    """The newest version of each stage."""
    model = mlflow.registry.model(ask.workspace, ask.text("name"))
    found = latest_versions(model, ask.texts("stages"))
    return {"model_versions": [version_view(version) for version in found]}


def get_by_alias(mlflow: Mlflow, ask: Ask) -> Reply:
    """The version that an alias means."""
    model, alias = mlflow.registry.model(ask.workspace, ask.text("name")), ask.text("alias")
    version = model.aliases.get(alias)
    if alias.lower() == LATEST and model.versions:
        version = model.versions[0].version
    if version is None:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE, f"Registered model alias {alias} not found."
        )
    return _version(mlflow.registry.version(ask.workspace, model.name, version))


def set_alias(mlflow: Mlflow, ask: Ask) -> Reply:
    """Let an alias mean a version."""
    aliases = {check_alias(ask.text("alias")): ask.text("version")}
    mlflow.registry.change(ask.workspace, ask.text("name"), aliases=aliases)
    return {}


def delete_alias(mlflow: Mlflow, ask: Ask) -> Reply:
    """Forget an alias."""
    mlflow.registry.change(ask.workspace, ask.text("name"), aliases={ask.text("alias"): None})
    return {}


def create_version(mlflow: Mlflow, ask: Ask) -> Reply:
    """A new version of a registered model."""
    made = mlflow.registry.create_version(
        ask.workspace,
        ask.text("name"),
        source=ask.text("source"),
        run_id=ask.optional_text("run_id"),
        model_id=ask.optional_text("model_id"),
        description=ask.optional_text("description"),
        tags=dict(ask.pairs("tags")),
    )
    return _version(made)


def get_version(mlflow: Mlflow, ask: Ask) -> Reply:
    """A version of a registered model."""
    return _version(mlflow.registry.version(ask.workspace, ask.text("name"), ask.text("version")))


def search_versions(mlflow: Mlflow, ask: Ask) -> Reply:
    """The versions that match, newest first in each model."""
    conditions = parse_filter(ask.optional_text("filter"), REGISTRY)
    found = [
        version
        for model in mlflow.registry.models(ask.workspace)
        for version in model.versions
        if all(matches(item, _version_value(version, item.kind, item.key)) for item in conditions)
    ]
    page, more = paged(ask, _ordered(ask, found, _version_value), 10_000)
    return {"model_versions": [version_view(version) for version in page], **more}


def get_download_uri(mlflow: Mlflow, ask: Ask) -> Reply:
    """Where the files of a version are, for clients of this interface."""
    version = mlflow.registry.version(ask.workspace, ask.text("name"), ask.text("version"))
    return {"artifact_uri": version_uri(version.name, version.version)}


def update_version(mlflow: Mlflow, ask: Ask) -> Reply:
    """Change the description of a version."""
    return _version(
        mlflow.registry.change_version(
            ask.workspace,
            ask.text("name"),
            ask.text("version"),
            description=ask.given_text("description"),
        )
    )


def transition(mlflow: Mlflow, ask: Ask) -> Reply:
    """Move a version to a stage; others may leave it."""
    name, version, stage = ask.text("name"), ask.text("version"), ask.text("stage")
    moved = mlflow.registry.change_version(ask.workspace, name, version, stage=stage)
    if ask.value("archive_existing_versions") is True:
        for other in mlflow.registry.model(ask.workspace, name).versions:
            if other.stage == moved.stage and other.version != moved.version:
                mlflow.registry.change_version(ask.workspace, name, other.version, stage="Archived")
    return _version(moved)


def delete_version(mlflow: Mlflow, ask: Ask) -> Reply:
    """Forget a version."""
    mlflow.registry.delete_version(ask.workspace, ask.text("name"), ask.text("version"))
    return {}


def set_version_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Set a tag of a version."""
    tags = {ask.text("key"): ask.optional_text("value")}
    mlflow.registry.change_version(ask.workspace, ask.text("name"), ask.text("version"), tags=tags)
    return {}


def delete_version_tag(mlflow: Mlflow, ask: Ask) -> Reply:
    """Remove a tag of a version."""
    mlflow.registry.change_version(
        ask.workspace, ask.text("name"), ask.text("version"), tags={ask.text("key"): None}
    )
    return {}


def _ordered(
    ask: Ask, items: list[_Item], value: Callable[[_Item, Kind, str], str | float | None]
) -> list[_Item]:
    """The items in the order that a request asks for, else as they are."""
    orders = [parse_order(text, REGISTRY) for text in ask.texts("order_by")]
    keyed = [([value(item, order.kind, order.key) for order in orders], item) for item in items]
    return sorted_by(keyed, orders)


def _tag(tags: Mapping[str, str], key: str) -> str | None:
    """A tag's value. Clients 3.x ask for what is no prompt, of models that never heard of any."""
    return tags.get(key, "false" if key == _IS_PROMPT else None)


def _model(model: RegisteredModel) -> Reply:
    return {"registered_model": registered_model_view(model)}


def _version(version: ModelVersion) -> Reply:
    return {"model_version": version_view(version)}


def _model_value(model: RegisteredModel, kind: Kind, key: str) -> str | float | None:
    if kind is Kind.TAG:
        return _tag(model.tags, key)
    match key:
        case "name":
            return model.name
        case "creation_timestamp":
            return float(model.created)
        case "last_updated_timestamp" | "timestamp":
            return float(model.updated)
    return None


def _version_value(version: ModelVersion, kind: Kind, key: str) -> str | float | None:
    if kind is Kind.TAG:
        return _tag(version.tags, key)
    match key:
        case "name":
            return version.name
        case "run_id":
            return version.run_id
        case "source_path":
            return version.source
        case "version_number":
            return float(version.version) if version.version.isdecimal() else None
        case "creation_timestamp":
            return float(version.created)
    return float(version.updated)
