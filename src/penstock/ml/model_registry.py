"""The MLflow model registry as a view of the workspace's model assets.

So a model registered by `mlflow.register_model` is one that `az ml model` shows, and the reverse.
What MLflow says of a version and Azure ML has no word for is kept among its properties.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from threading import Lock
from typing import Any

from penstock.ml.assets import Asset, AssetStore, container, next_version
from penstock.ml.fields import table
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_artifacts import source_place
from penstock.ml.tracking_values import LONGEST_TAG, Code, TrackingError, check_name
from penstock.ml.workspaces import Workspace
from penstock.records import record

KIND = "models"
STAGES = ("None", "Staging", "Production", "Archived")
LATEST = "latest"
"""The alias that always means the version made last; nobody sets it."""

_ALIASES = "mlflow.aliases"
_ALIAS = re.compile(r"[\w-]{1,255}")
_RESERVED = re.compile(r"latest|v\d+", re.IGNORECASE)
_RUN = "mlflow.runId"
_MODEL = "mlflow.modelId"
_SOURCE = "mlflow.source"


@record
class ModelVersion:
    """A version of a registered model. `uri` is the place of its files; times are milliseconds."""

    name: str
    version: str
    uri: str
    source: str
    run_id: str = ""
    model_id: str = ""
    description: str = ""
    stage: str = "None"
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    created: int
    updated: int


@record
class RegisteredModel:
    """A registered model. `versions` are newest first, `aliases` are to versions."""

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[ModelVersion, ...] = ()
    created: int
    updated: int


class ModelRegistry:
    """Registered models of all workspaces. Methods may be called from any thread."""

    def __init__(
        self,
        assets: AssetStore,
        tracking: Tracking,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._assets = assets
        self._tracking = tracking
        self._clock = clock
        self._lock = Lock()

    def create(
        self, workspace: Workspace, name: str, *, description: str, tags: Mapping[str, str]
    ) -> RegisteredModel:
        """A new model without versions."""
        _check_model_name(name)
        _check_tags(tags)
        with self._lock:
            if self._kept(workspace, name) is not None:
                raise TrackingError(
                    Code.RESOURCE_ALREADY_EXISTS,
                    f"Registered Model (name={name}) already exists.",
                )
            properties = {"description": description, "tags": dict(tags), "isArchived": False}
            self._put(workspace, name, "", properties, ("description", "tags"))
        return self.model(workspace, name)

    def model(self, workspace: Workspace, name: str) -> RegisteredModel:
        """The model of that name with its versions."""
        kept = self._kept(workspace, name)
        if kept is None:
            raise _missing(f"Registered Model with name={name} not found")
        return self._model(workspace, kept)

    def models(self, workspace: Workspace) -> list[RegisteredModel]:
        """All models, by name."""
        scope = workspace.scope
        names = {asset.name for asset in self._assets.list(scope, KIND)}
        names |= {asset.name for asset in self._assets.versions(scope, KIND)}
        found = [self._kept(workspace, name) for name in sorted(names)]
        return [self._model(workspace, kept) for kept in found if kept is not None]

    def change(
        self,
        workspace: Workspace,
        name: str,
        *,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        aliases: Mapping[str, str | None] | None = None,
    ) -> RegisteredModel:
        """Change what is given; a tag or alias that becomes None is removed."""
        _check_tags(tags or {})
        with self._lock:
            before = self.model(workspace, name)
            for version in (aliases or {}).values():
                if version is not None:
                    self.version(workspace, name, version)
            merged = _merged(before.aliases, aliases)
            properties = {
                "description": before.description if description is None else description,
                "tags": _merged(before.tags, tags),
                "properties": {_ALIASES: json.dumps(merged)},
                "isArchived": False,
            }
            self._put(workspace, name, "", properties, tuple(properties))
        return self.model(workspace, name)

    def delete(self, workspace: Workspace, name: str) -> None:
        """Forget a model with all its versions; their files stay where the run left them."""
        with self._lock:
            model = self.model(workspace, name)
            for version in model.versions:
                self._assets.delete(workspace.scope, KIND, name, version.version)
            self._assets.delete(workspace.scope, KIND, name)

    def create_version(
        self,
        workspace: Workspace,
        name: str,
        *,
        source: str,
        run_id: str = "",
        model_id: str = "",
        description: str = "",
        tags: Mapping[str, str],
    ) -> ModelVersion:
        """A new version whose files are at `source`, which must be in this workspace."""
        _check_tags(tags)
        place = source_place(self._tracking, workspace, source)
        run_id = run_id or self._run_of(workspace, source, model_id)
        said = {_RUN: run_id, _MODEL: model_id, _SOURCE: source}
        properties = {
            "modelType": "mlflow_model",
            "modelUri": place.uri,
            "flavors": {},
            "description": description,
            "tags": dict(tags),
            "properties": {key: value for key, value in said.items() if value},
            "isAnonymous": False,
            "isArchived": False,
            "stage": "None",
            **({"jobName": run_id} if run_id else {}),
        }
        with self._lock:
            self.model(workspace, name)
            version = next_version(self._assets.versions(workspace.scope, KIND, name))
            self._put(workspace, name, version, properties, ())
        return self.version(workspace, name, version)

    def _run_of(self, workspace: Workspace, source: str, model_id: str) -> str:
        """The run that logged the model of a version; empty where it is none that was logged."""
        if source.startswith("models:/m-"):
            model_id = source.removeprefix("models:/").partition("/")[0]
        return self._tracking.model(workspace, model_id).source_run if model_id else ""

    def version(self, workspace: Workspace, name: str, version: str) -> ModelVersion:
        """One version of a model."""
        asset = self._assets.get(workspace.scope, KIND, name, version) if version else None
        if asset is None:
            raise _missing(f"Model Version (name={name}, version={version}) not found")
        kept = self._assets.get(workspace.scope, KIND, name)
        return _version(asset, _aliases(kept))

    def change_version(
        self,
        workspace: Workspace,
        name: str,
        version: str,
        *,
        description: str | None = None,
        stage: str | None = None,
        tags: Mapping[str, str | None] | None = None,
    ) -> ModelVersion:
        """Change what is given of a version."""
        _check_tags(tags or {})
        stages = {known.lower(): known for known in STAGES}
        if stage is not None and stage.lower() not in stages:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}.",
            )
        with self._lock:
            before = self.version(workspace, name, version)
            properties = {
                "description": before.description if description is None else description,
                "tags": _merged(before.tags, tags),
                "stage": before.stage if stage is None else stages[stage.lower()],
            }
            self._put(workspace, name, version, properties, tuple(properties))
        return self.version(workspace, name, version)

    def delete_version(self, workspace: Workspace, name: str, version: str) -> None:
        """Forget a version, and the aliases to it."""
        found = self.version(workspace, name, version)
        if found.aliases:
            self.change(workspace, name, aliases=dict.fromkeys(found.aliases))
        with self._lock:
            if self._assets.get(workspace.scope, KIND, name) is None:
                # Without a document of its own the model would go with its last version.
                self._put(workspace, name, "", {"isArchived": False}, ())
            self._assets.delete(workspace.scope, KIND, name, version)

    def _kept(self, workspace: Workspace, name: str) -> Asset | None:
        scope = workspace.scope
        return self._assets.get(scope, KIND, name) or container(self._assets, scope, KIND, name)

    def _model(self, workspace: Workspace, kept: Asset) -> RegisteredModel:
        aliases = _aliases(kept)
        versions = self._assets.versions(workspace.scope, KIND, kept.name)
        return RegisteredModel(
            name=kept.name,
            description=str(kept.properties.get("description") or ""),
            tags=_texts(kept.properties.get("tags")),
            aliases=aliases,
            versions=tuple(_version(asset, aliases) for asset in versions),
            created=int(kept.created_at * 1000),
            updated=int(max(asset.updated_at for asset in (kept, *versions)) * 1000),
        )

    def _put(
        self,
        workspace: Workspace,
        name: str,
        version: str,
        properties: Mapping[str, Any],
        over: Sequence[str],
    ) -> None:
        """Keep a document; where there is one, only the properties named in `over` change."""
        now = self._clock()
        before = self._assets.get(workspace.scope, KIND, name, version)
        if before is None:
            asset = Asset(
                scope=workspace.scope,
                kind=KIND,
                name=name,
                version=version,
                document={"properties": dict(properties)},
                created_at=now,
                updated_at=now,
            )
        else:
            merged = dict(before.properties)
            for key in over:
                value = properties[key]
                merged[key] = {**table(merged, key), **value} if key == "properties" else value
            document = {**before.document, "properties": merged}
            asset = dataclasses.replace(before, document=document, updated_at=now)
        self._assets.put(asset)


def _version(asset: Asset, aliases: Mapping[str, str]) -> ModelVersion:
    properties = asset.properties
    said = _texts(properties.get("properties"))
    uri = str(properties.get("modelUri") or "")
    return ModelVersion(
        name=asset.name,
        version=asset.version,
        uri=uri,
        source=said.get(_SOURCE, uri),
        run_id=said.get(_RUN, str(properties.get("jobName") or "")),
        model_id=said.get(_MODEL, ""),
        description=str(properties.get("description") or ""),
        stage=str(properties.get("stage") or "None"),
        tags=_texts(properties.get("tags")),
        aliases=tuple(alias for alias, version in aliases.items() if version == asset.version),
        created=int(asset.created_at * 1000),
        updated=int(asset.updated_at * 1000),
    )


def _aliases(kept: Asset | None) -> dict[str, str]:
    """The aliases of a model; a client of Azure may have set their property to anything."""
    text = table(kept.properties, "properties").get(_ALIASES) if kept is not None else None
    try:
        return _texts(json.loads(text)) if isinstance(text, str) else {}
    except ValueError:
        return {}


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(key): str(item) for key, item in value.items() if item is not None}


def _merged(before: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    merged: dict[str, str | None] = {**before, **(changes or {})}
    return {key: value for key, value in merged.items() if value is not None}


def _check_tags(tags: Mapping[str, str | None]) -> None:
    for key, value in tags.items():
        check_name(key)
        if value is not None and len(value) > LONGEST_TAG:
            raise TrackingError(
                Code.INVALID_PARAMETER_VALUE,
                f"'value' exceeds the maximum length of {LONGEST_TAG} characters",
            )


def _check_model_name(name: str) -> None:
    """As MLflow has it; the control characters that a path cannot hold besides."""
    if not name.strip() or "/" in name or ":" in name or not name.isprintable() or len(name) > 250:
        raise TrackingError(
            Code.INVALID_PARAMETER_VALUE,
            f"Invalid model name '{name}'. Names cannot be empty and cannot contain '/' or ':'.",
        )


def check_alias(alias: str) -> str:
    """The alias, unless MLflow refuses it: for its characters, or as one that is taken."""
    if not _ALIAS.fullmatch(alias):
        problem = "it may hold letters, digits, underscores and hyphens only"
    elif _RESERVED.fullmatch(alias):
        problem = "it is reserved"
    else:
        return alias
    raise TrackingError(Code.INVALID_PARAMETER_VALUE, f"Invalid alias name: '{alias}': {problem}.")


def _missing(message: str) -> TrackingError:
    return TrackingError(Code.RESOURCE_DOES_NOT_EXIST, message)
