"""What an Azure ML YAML file describes, told by its `$schema`, its `type` or its shape."""

from __future__ import annotations

import re
from enum import StrEnum

from penstock.language.yaml import Mapping, Node, Scalar


class Family(StrEnum):
    """A group of `az ml` commands: `az ml job`, `az ml data` ..."""

    JOB = "job"
    COMPONENT = "component"
    ENVIRONMENT = "environment"
    DATA = "data"
    COMPUTE = "compute"
    WORKSPACE = "workspace"
    DATASTORE = "datastore"
    MODEL = "model"
    OTHER = "other"


class Kind(StrEnum):
    """What one file describes. The words are those of messages."""

    PIPELINE_JOB = "pipeline job"
    COMMAND_JOB = "command job"
    COMMAND_COMPONENT = "command component"
    PIPELINE_COMPONENT = "pipeline component"
    ENVIRONMENT = "environment"
    DATA = "data"
    COMPUTE = "compute"
    WORKSPACE = "workspace"
    DATASTORE = "datastore"
    MODEL = "model"
    SWEEP_JOB = "sweep job"
    PARALLEL_JOB = "parallel job"
    SPARK_JOB = "Spark job"
    AUTOML_JOB = "AutoML job"
    IMPORT_JOB = "import job"
    DATA_TRANSFER_JOB = "data transfer job"
    SWEEP_COMPONENT = "sweep component"
    PARALLEL_COMPONENT = "parallel component"
    SPARK_COMPONENT = "Spark component"
    IMPORT_COMPONENT = "import component"
    DATA_TRANSFER_COMPONENT = "data transfer component"
    ONLINE_ENDPOINT = "online endpoint"
    ONLINE_DEPLOYMENT = "online deployment"
    BATCH_ENDPOINT = "batch endpoint"
    BATCH_DEPLOYMENT = "batch deployment"
    SCHEDULE = "schedule"
    REGISTRY = "registry"
    CONNECTION = "connection"
    OTHER = "Azure ML file"

    @property
    def family(self) -> Family:
        """The group of commands that creates it."""
        if self.value.endswith(" job"):
            return Family.JOB
        if self.value.endswith(" component"):
            return Family.COMPONENT
        return Family(self.value) if self in _PLAIN else Family.OTHER

    @property
    def is_supported(self) -> bool:
        """Whether it can be created here; the others are refused by name."""
        return self in _PLAIN or self in _RUNNABLE


_RUNNABLE = frozenset(
    {
        Kind.PIPELINE_JOB,
        Kind.COMMAND_JOB,
        Kind.COMMAND_COMPONENT,
        Kind.PIPELINE_COMPONENT,
    }
)
_PLAIN = frozenset(
    {Kind.ENVIRONMENT, Kind.DATA, Kind.COMPUTE, Kind.WORKSPACE, Kind.DATASTORE, Kind.MODEL}
)
COMPUTE_TYPES = ("amlcompute", "computeinstance", "kubernetes", "virtualmachine", "synapsespark")
DATASTORE_TYPES = (
    "azure_blob",
    "azure_file",
    "azure_data_lake_gen1",
    "azure_data_lake_gen2",
    "one_lake",
)
MODEL_TYPES = ("custom_model", "mlflow_model", "triton_model")
DATA_TYPES = ("uri_file", "uri_folder", "mltable")
RUN_TYPES = (
    "command",
    "pipeline",
    "sweep",
    "parallel",
    "spark",
    "automl",
    "import",
    "data_transfer",
)
_SCHEMA = re.compile(r"azureml.*/([\w-]+)\.schema\.json\Z", re.IGNORECASE)
_BY_SCHEMA = {
    "amlcompute": Kind.COMPUTE,
    "computeinstance": Kind.COMPUTE,
    "vmcompute": Kind.COMPUTE,
    "virtualmachinecompute": Kind.COMPUTE,
    "kubernetescompute": Kind.COMPUTE,
    "synapsesparkpool": Kind.COMPUTE,
    "azureblob": Kind.DATASTORE,
    "azurefile": Kind.DATASTORE,
    "azuredatalakegen1": Kind.DATASTORE,
    "azuredatalakegen2": Kind.DATASTORE,
    "onelake": Kind.DATASTORE,
    "environment": Kind.ENVIRONMENT,
    "data": Kind.DATA,
    "dataset": Kind.DATA,
    "model": Kind.MODEL,
    "workspace": Kind.WORKSPACE,
    "managedonlineendpoint": Kind.ONLINE_ENDPOINT,
    "kubernetesonlineendpoint": Kind.ONLINE_ENDPOINT,
    "managedonlinedeployment": Kind.ONLINE_DEPLOYMENT,
    "kubernetesonlinedeployment": Kind.ONLINE_DEPLOYMENT,
    "batchendpoint": Kind.BATCH_ENDPOINT,
    "batchdeployment": Kind.BATCH_DEPLOYMENT,
    "modelbatchdeployment": Kind.BATCH_DEPLOYMENT,
    "pipelinecomponentbatchdeployment": Kind.BATCH_DEPLOYMENT,
    "schedule": Kind.SCHEDULE,
    "registry": Kind.REGISTRY,
    "workspaceconnection": Kind.CONNECTION,
}
_OTHERS_WORDS = frozenset(
    [
        "trigger",
        "pr",
        "stages",
        "steps",
        "pool",
        "extends",
        "variables",
        "parameters",
        "schedules",
        "on",
    ]
)
"""Keys of Azure Pipelines, and `on` of GitHub's workflows, which have `jobs` too."""
_ASSET_WORDS = ("version", "is_deterministic", "additional_includes")


def recognise(root: Node | None) -> Kind | None:
    """What an Azure ML file describes; None for a text that is no Azure ML file at all.

    A `$schema` decides the family; without one the keys do, as far as they differ from those of
    pipelines of other services.
    """
    if not isinstance(root, Mapping):
        return None
    family = _family_by_schema(root)
    if isinstance(family, Kind):
        return family
    family = family or _family_by_shape(root)
    return None if family is None else kind_in(family, root)


def kind_in(family: Family, root: Mapping) -> Kind:
    """Which kind of a family the `type` of the file says it is."""
    if family not in (Family.JOB, Family.COMPONENT):
        return Kind.OTHER if family is Family.OTHER else Kind(family.value)
    type = root.get("type")
    if isinstance(type, Scalar) and not type.is_null:
        word = type.value.lower()
    else:
        word = "pipeline" if "jobs" in _keys(root) else "command"
    return run_kind(word, family) or Kind.OTHER


def run_kind(type: str, family: Family) -> Kind | None:
    """The kind that a `type` of a job, component or node stands for, or None for an unknown one."""
    if type not in RUN_TYPES:
        return None
    names = {"automl": "AutoML", "spark": "Spark", "data_transfer": "data transfer"}
    try:
        return Kind(f"{names.get(type, type)} {family.value}")
    except ValueError:
        return None


def _family_by_schema(root: Mapping) -> Kind | Family | None:
    match = _SCHEMA.search(_text(root, "$schema"))
    if match is None:
        return None
    name = match[1].lower()
    if name.endswith("component"):
        return Family.COMPONENT
    if name.endswith("job"):
        return Family.JOB
    return _BY_SCHEMA.get(name, Kind.OTHER)


def _family_by_shape(root: Mapping) -> Family | None:
    keys = _keys(root)
    if keys & _OTHERS_WORDS:
        return None
    if isinstance(root.get("jobs"), Mapping) or "command" in keys:
        return Family.COMPONENT if _looks_kept(root, keys) else Family.JOB
    match _text(root, "type").lower():
        case type if type in COMPUTE_TYPES:
            return Family.COMPUTE
        case type if type in DATASTORE_TYPES:
            return Family.DATASTORE
        case type if type in DATA_TYPES and "path" in keys:
            return Family.DATA
        case type if type in MODEL_TYPES and "path" in keys:
            return Family.MODEL
        case "pipeline" if "component" in keys:
            return Family.JOB
        case "sweep" if "trial" in keys:
            return Family.JOB
    if "name" in keys and keys & {"image", "build", "conda_file"}:
        return Family.ENVIRONMENT
    return None


def _looks_kept(root: Mapping, keys: set[str]) -> bool:
    """Whether a graph or a command is a component: a job has no version nor typed parameters."""
    if keys & {"compute", "settings", "experiment_name"}:
        return False
    inputs = root.get("inputs")
    entries = inputs.entries if isinstance(inputs, Mapping) else ()
    typed = any(
        isinstance(entry.value, Mapping) and entry.value.get("path") is None
        for entry in entries
        if isinstance(entry.value, Mapping) and entry.value.get("type") is not None
    )
    return "name" in keys and (typed or any(word in keys for word in _ASSET_WORDS))


def _keys(root: Mapping) -> set[str]:
    return {entry.key.value for entry in root.entries}


def _text(root: Mapping, key: str) -> str:
    value = root.get(key)
    return value.value if isinstance(value, Scalar) else ""
