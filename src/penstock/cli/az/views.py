"""What `az ml` prints of what the service answers: the SDK's dictionaries of its entities
(recorded: _entity_to_dict.json)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Upload": "upload",
    "Direct": "direct",
    "EvalMount": "eval_mount",
    "EvalDownload": "eval_download",
}
_TIMES = re.compile(r"(\d+)([DHMS])")
_SECONDS = {"D": 86400, "H": 3600, "M": 60, "S": 1}


def snake(name: str) -> str:
    """`instanceCount` as `instance_count`."""
    return _WORD.sub("_", name).lower()


def workspace(document: Mapping[str, Any]) -> Json:
    """A workspace."""
    properties = document.get("properties") or {}
    return _filled(
        name=document.get("name"),
        location=document.get("location"),
        id=document.get("id"),
        resource_group=_part(document.get("id"), 4),
        description=properties.get("description"),
        discovery_url=properties.get("discoveryUrl"),
        display_name=properties.get("friendlyName"),
        hbi_workspace=properties.get("hbiWorkspace"),
        storage_account=properties.get("storageAccount"),
        key_vault=properties.get("keyVault"),
        application_insights=properties.get("applicationInsights"),
        container_registry=properties.get("containerRegistry"),
        tags=document.get("tags") or {},
        mlflow_tracking_uri=properties.get("mlFlowTrackingUri"),
        public_network_access=properties.get("publicNetworkAccess"),
        identity=_snaked(document.get("identity")),
        creation_context=_creation(document),
    )


def compute(document: Mapping[str, Any]) -> Json:
    """A compute."""
    properties = document.get("properties") or {}
    details = properties.get("properties") or {}
    scale = details.get("scaleSettings") or {}
    idle = scale.get("nodeIdleTimeBeforeScaleDown")
    return _filled(
        name=document.get("name"),
        id=document.get("id"),
        type=str(properties.get("computeType", "")).lower(),
        location=document.get("location"),
        description=properties.get("description"),
        provisioning_state=properties.get("provisioningState"),
        resource_id=properties.get("resourceId"),
        namespace=details.get("namespace"),
        size=details.get("vmSize"),
        tier=snake(details["vmPriority"]) if details.get("vmPriority") else None,
        min_instances=scale.get("minNodeCount"),
        max_instances=scale.get("maxNodeCount"),
        idle_time_before_scale_down=_seconds(idle) if idle else None,
        state=details.get("state"),
        ssh_public_access_enabled=not properties.get("disableLocalAuth", True),
        network_settings={},
        enable_node_public_ip=details.get("enableNodePublicIp"),
        tags=document.get("tags") or None,
        created_on=(document.get("systemData") or {}).get("createdAt"),
    )


def datastore(document: Mapping[str, Any]) -> Json:
    """A datastore."""
    properties = document.get("properties") or {}
    kept = {snake(name): properties[name] for name in _STORE_FIELDS if properties.get(name)}
    return _filled(
        name=document.get("name"),
        id=document.get("id"),
        type=_STORES.get(str(properties.get("datastoreType"))),
        description=properties.get("description"),
        tags=properties.get("tags") or {},
        credentials={},
        artifact=_lake_artifact(properties.get("artifact")),
        **kept,
    )


def _lake_artifact(value: Mapping[str, Any] | None) -> Json | None:
    """The lakehouse of a OneLake datastore."""
    return {"name": value.get("artifactName"), "type": "lake_house"} if value else None


_STORES = {
    "AzureBlob": "azure_blob",
    "AzureFile": "azure_file",
    "AzureDataLakeGen1": "azure_data_lake_gen1",
    "AzureDataLakeGen2": "azure_data_lake_gen2",
    "OneLake": "one_lake",
}
_STORE_FIELDS = (
    "accountName",
    "containerName",
    "fileShareName",
    "filesystem",
    "storeName",
    "oneLakeWorkspaceName",
    "endpoint",
    "protocol",
)


def data(document: Mapping[str, Any]) -> Json:
    """A version of a data asset, or its container."""
    properties = document.get("properties") or {}
    return {
        **_asset(document, ""),
        **_filled(path=properties.get("dataUri"), type=properties.get("dataType")),
    }


def model(document: Mapping[str, Any]) -> Json:
    """A version of a model, or its container."""
    properties = document.get("properties") or {}
    return {
        **_asset(document, "azureml:"),
        **_filled(
            path=properties.get("modelUri"),
            type=properties.get("modelType"),
            stage=properties.get("stage"),
            flavors=properties.get("flavors") or None,
        ),
    }


def environment(document: Mapping[str, Any]) -> Json:
    """A version of an environment, or its container."""
    properties = document.get("properties") or {}
    build = properties.get("build")
    conda = properties.get("condaFile")
    if isinstance(conda, str):
        import yaml

        conda = yaml.safe_load(conda)
    return {
        **_asset(document, "azureml:"),
        **_filled(
            image=properties.get("image"),
            conda_file=conda,
            build={"path": build.get("contextUri"), "dockerfile_path": build.get("dockerfilePath")}
            if isinstance(build, Mapping)
            else None,
            os_type=str(properties["osType"]).lower() if properties.get("osType") else None,
        ),
    }


def component(document: Mapping[str, Any]) -> Json:
    """A version of a component, or its container."""
    properties = document.get("properties") or {}
    spec = properties.get("componentSpec") or {}
    return {
        **{name: value for name, value in spec.items() if not name.startswith(("_", "$"))},
        **_asset(document, "azureml:"),
    }


def _asset(document: Mapping[str, Any], prefix: str) -> Json:
    properties = document.get("properties") or {}
    id = str(document.get("id", ""))
    return _filled(
        name=_part(id, 10),
        version=_part(id, 12),
        id=f"{prefix}{id}",
        description=properties.get("description"),
        tags=properties.get("tags") or {},
        properties=properties.get("properties") or {},
        latest_version=properties.get("latestVersion") if not _part(id, 12) else None,
        creation_context=_creation(document),
    )


def job(document: Mapping[str, Any]) -> Json:
    """A job."""
    properties = document.get("properties") or {}
    type = str(properties.get("jobType", "")).lower()
    view = _filled(
        name=document.get("name"),
        id=f"azureml:{document.get('id')}",
        type=type,
        display_name=properties.get("displayName"),
        description=properties.get("description"),
        experiment_name=properties.get("experimentName"),
        status=properties.get("status"),
        creation_context=_creation(document),
        tags=properties.get("tags") or {},
        properties=properties.get("properties") or {},
        services=_services(properties.get("services")),
        inputs={name: _input(item) for name, item in (properties.get("inputs") or {}).items()},
        outputs={name: _output(item) for name, item in (properties.get("outputs") or {}).items()},
        compute=_short(properties.get("computeId")),
    )
    return {**view, **(_pipeline(properties) if type == "pipeline" else _command(properties))}


def _pipeline(properties: Mapping[str, Any]) -> Json:
    settings = dict(properties.get("settings") or {})
    settings.pop("_source", None)
    for name in ("default_compute", "default_datastore"):
        if settings.get(name):
            settings[name] = _short(settings[name])
    nodes = {name: _node(node) for name, node in (properties.get("jobs") or {}).items()}
    return {"jobs": nodes, **({"settings": settings} if settings else {})}


def _node(node: Mapping[str, Any]) -> Json:
    kept = {
        name: node[name]
        for name in (
            "display_name",
            "resources",
            "environment_variables",
            "comment",
        )
        if node.get(name)
    }
    limits = {name: item for name, item in (node.get("limits") or {}).items() if name == "timeout"}
    return _filled(
        type=node.get("type"),
        component=_short(node.get("componentId")),
        compute=_short(node.get("computeId")),
        inputs={name: _node_input(item) for name, item in (node.get("inputs") or {}).items()},
        outputs={name: _output(item) for name, item in (node.get("outputs") or {}).items()},
        limits={name: _seconds(item) for name, item in limits.items()} or None,
        distribution=_distribution(node.get("distribution")),
        **kept,
    )


def _command(properties: Mapping[str, Any]) -> Json:
    limits = properties.get("limits") or {}
    return _filled(
        command=properties.get("command"),
        code=f"azureml:{properties['codeId']}" if properties.get("codeId") else None,
        environment=_short(properties.get("environmentId")),
        environment_variables=properties.get("environmentVariables") or {},
        resources=_snaked(properties.get("resources")),
        distribution=_distribution(properties.get("distribution")),
        limits={"timeout": _seconds(limits["timeout"])} if limits.get("timeout") else None,
        parameters={},
    )


def child(run: Mapping[str, Any]) -> Json:
    """A node of a pipeline, as run history knows it."""
    return _filled(
        name=run.get("runId"),
        type="pipeline" if run.get("runType") == "azureml.PipelineRun" else "command",
        display_name=run.get("displayName"),
        description=run.get("description"),
        status=run.get("status"),
        parent_job_name=run.get("parentRunId"),
        root_job_name=run.get("rootRunId"),
        tags=run.get("tags") or {},
        properties=run.get("properties") or {},
        services={},
        error=run.get("error"),
        start_time=run.get("startTimeUtc"),
        end_time=run.get("endTimeUtc"),
        creation_context=_filled(created_at=run.get("createdUtc")),
    )


def _services(services: object) -> Json | None:
    if not isinstance(services, Mapping):
        return None
    return {
        name: _filled(endpoint=item.get("endpoint"), type=item.get("jobServiceType"))
        for name, item in services.items()
        if isinstance(item, Mapping)
    }


def _node_input(item: Mapping[str, Any]) -> Any:
    """A binding is printed as a path, as the SDK does."""
    value = item.get("value")
    if isinstance(value, str) and "${{" in value:
        return _filled(path=value, mode=_MODES.get(item.get("mode") or ""))
    return _input(item)


def _input(item: Mapping[str, Any]) -> Any:
    if "uri" not in item:
        return item.get("value")
    return _filled(
        type=item.get("jobInputType") or item.get("job_input_type"),
        path=_short(item["uri"]),
        mode=_MODES.get(item.get("mode") or ""),
    )


def _output(item: Mapping[str, Any]) -> Any:
    if "value" in item:
        return item["value"]
    return _filled(
        type=item.get("jobOutputType") or item.get("job_output_type"),
        mode=_MODES.get(item.get("mode") or ""),
        path=item.get("uri"),
        name=item.get("assetName") or item.get("asset_name"),
        version=item.get("assetVersion") or item.get("asset_version"),
    )


def _short(id: object) -> str | None:
    """A resource id as YAML would name it: `azureml:cpu-cluster`, `azureml:data:1`."""
    if not isinstance(id, str) or not id:
        return None
    parts = id.removeprefix("azureml:").split("/")
    if len(parts) < 11 or parts[1].lower() != "subscriptions":
        return id
    return f"azureml:{parts[10]}:{parts[12]}" if len(parts) > 12 else f"azureml:{parts[10]}"


def _creation(document: Mapping[str, Any]) -> Json | None:
    """Who made it and when. Times end in +00:00 here."""
    facts = document.get("systemData")
    if not isinstance(facts, Mapping):
        return None
    return {
        snake(name): str(value).replace("Z", "+00:00") if name.endswith("At") else value
        for name, value in facts.items()
    }


def _part(id: object, index: int) -> str | None:
    parts = str(id or "").split("/")
    return parts[index] if len(parts) > index else None


def _snaked(value: object) -> Json | None:
    if not isinstance(value, Mapping):
        return None
    view = {snake(name): item for name, item in value.items() if item is not None}
    if isinstance(view.get("type"), str):
        view["type"] = snake(view["type"])
    return view


def _distribution(value: object) -> Json | None:
    """How a command is spread over processes, as the YAML says it."""
    view = _snaked(value)
    if view is None:
        return None
    kind = str(view.pop("distribution_type", view.pop("type", ""))).lower()
    return {"type": kind, **view}


def _seconds(text: object) -> int | str | None:
    """An ISO 8601 duration in seconds; what is none stays as it is."""
    if not isinstance(text, str) or not text.startswith("P"):
        return text if isinstance(text, int) else None
    return sum(int(count) * _SECONDS[unit] for count, unit in _TIMES.findall(text))


def _filled(**fields: Any) -> Json:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
