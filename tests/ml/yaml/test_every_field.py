"""No field is silently ignored: each changes what is sent to the service, or a message names it.

The files are made from the table of shapes itself, a pair for each field: the smallest valid file
with one value of the field, and with another (or without it).
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aml_projects as projects
import pytest
import yaml

from penstock.ml.workspaces import Workspace
from penstock.ml.yaml import Family, Loaded, load
from penstock.ml.yaml.asset_bodies import (
    compute_body,
    data_properties,
    datastore_body,
    model_properties,
    workspace_parameters,
)
from penstock.ml.yaml.component_bodies import component_properties
from penstock.ml.yaml.environments import environment_properties
from penstock.ml.yaml.job_bodies import job_body
from penstock.ml.yaml.kinds import COMPUTE_TYPES, DATASTORE_TYPES
from penstock.ml.yaml.shapes import SHAPES

Json = dict[str, Any]
Steps = tuple[str | int, ...]
WORKSPACE = Workspace(subscription="s", resource_group="g", name="w")
_PORTS = "inputs: {x: {type: string, default: a}}\noutputs: {k: {type: uri_folder}}\n"
_COMPONENT = "type: command\nname: c\nenvironment: azureml:e@latest\n" + _PORTS
_PIPELINE = "type: pipeline\nname: p\n" + _PORTS
_JOBS = "jobs: {{n: {{command: echo {}, environment: azureml:e@latest, compute: azureml:c}}}}\n"
BESIDE = {
    "aaa/t.py": "1",
    "aaa/Dockerfile": "FROM a",
    "bbb/t.py": "2",
    "bbb/Dockerfile": "FROM b",
    "aaa.yml": "dependencies: [a]\n",
    "bbb.yml": "dependencies: [b]\n",
    "command_a.yml": _COMPONENT + "command: echo a\n",
    "command_b.yml": _COMPONENT + "command: echo b\n",
    "pipeline_a.yml": _PIPELINE + _JOBS.format("a"),
    "pipeline_b.yml": _PIPELINE + _JOBS.format("b"),
}
NODE = {"command": "echo", "environment": "azureml:e@latest", "compute": "azureml:c"}
SMALLEST: dict[str, tuple[Family, Json]] = {
    "pipeline job": (
        Family.JOB,
        {"type": "pipeline", "compute": "azureml:c", "jobs": {"n": NODE}},
    ),
    "command job": (Family.JOB, {}),
    "command component": (Family.COMPONENT, {"type": "command", "name": "c"}),
    "pipeline component": (
        Family.COMPONENT,
        {"type": "pipeline", "name": "c", "jobs": {"n": NODE}},
    ),
    "environment": (Family.ENVIRONMENT, {"image": "i"}),
    "data": (Family.DATA, {"name": "d"}),
    "model": (Family.MODEL, {}),
    "workspace": (Family.WORKSPACE, {"name": "w"}),
    **{type: (Family.COMPUTE, {"type": type}) for type in COMPUTE_TYPES},
    **{type: (Family.DATASTORE, {"type": type}) for type in DATASTORE_TYPES},
}
VALUES: dict[str, tuple[Any, Any]] = {
    "text": ("aaa", "bbb"),
    "texts": (["aaa"], ["bbb"]),
    "version": ("4", "5"),
    "integer": (7, 8),
    "count": (7, 8),
    "number": (1.5, 2.5),
    "boolean": (True, False),
    "scalar": ("1", "2"),
    "any": ("aaa", "bbb"),
    "map": ({"k": "aaa"}, {"k": "bbb"}),
    "compute": ("azureml:aaa", "azureml:bbb"),
    "default compute": ("azureml:aaa", "azureml:bbb"),
    "datastore": ("azureml:aaa", "azureml:bbb"),
    "code": ("aaa", "bbb"),
    "include": ("aaa", "bbb"),
    "conda": ("aaa.yml", "bbb.yml"),
    "build context": ("aaa", "bbb"),
    "local or remote": ("aaa", "bbb"),
    "environment": ("azureml:aaa@latest", "azureml:bbb@latest"),
    "os type": ("linux", "windows"),
    "no servers": (0, 1),
    "distribution": ({"type": "mpi"}, {"type": "pytorch"}),
    "account credentials": ({"account_key": "aaa"}, {"sas_token": "bbb"}),
    "principal credentials": (
        {"tenant_id": "t", "client_id": "c", "client_secret": "aaa"},
        {"tenant_id": "t", "client_id": "c", "thumbprint": "bbb"},
    ),
    "input": ("1", "2"),
    "output": ({"type": "uri_file"}, {"type": "mltable"}),
    "node output": ({"type": "uri_file"}, {"type": "mltable"}),
    "port": ({"type": "string"}, {"type": "integer"}),
    "jobs": ({"n": NODE}, {"n": {**NODE, "command": "true"}}),
    "component": ("command_a.yml", "command_b.yml"),
}
BELOW: dict[str, tuple[tuple[str, Json], ...]] = {
    "input": (("data input", {"path": "aaa"}), ("literal input", {"value": "1"})),
    "output": (("output", {"name": "a"}),),
    "node output": (("output", {"name": "a"}),),
    "port": (
        ("parameter", {"type": "number"}),
        ("plain parameter", {"type": "string"}),
        ("data port", {"type": "uri_folder"}),
    ),
    "environment": (("inline environment", {"image": "i"}),),
    "distribution": tuple((type, {"type": type}) for type in ("pytorch", "mpi", "tensorflow")),
    "account credentials": (("account key", {}), ("sas token", {})),
    "principal credentials": (("service principal", {}), ("certificate", {})),
}
NODES: dict[str, Json] = {
    "inline command": NODE,
    "command node": {"component": "command_a.yml", "compute": "azureml:c"},
    "pipeline node": {"component": "pipeline_a.yml", "type": "pipeline"},
}
FIXED = {
    "$schema": "it says which kind of file this is",
    "type": "it decides which fields there are; a wrong one is refused in test_yaml_verdicts",
}
ELSEWHERE = {
    ("workspace", "resource_group"): "where it differs from -g, the command warns of it",
}
SPECIAL: dict[tuple[str, str], tuple[Any, Any]] = {
    ("pipeline job", "jobs"): ({"n": NODE}, {"n": {**NODE, "command": "true"}}),
    ("pipeline job", "component"): ("pipeline_a.yml", "pipeline_b.yml"),
    ("pipeline node", "component"): ("pipeline_a.yml", "pipeline_b.yml"),
    ("plain parameter", "enum"): (["a", "aaa"], ["b"]),
    ("build", "dockerfile_path"): ("t.py", "Dockerfile"),
    ("pipeline settings", "on_init"): ("n", "n"),
    ("pipeline settings", "on_finalize"): ("n", "n"),
    ("one_lake artifact", "type"): ("lake_house", "warehouse"),
}
INSTEAD_OF = {"build": "image", "component": "jobs"}
"""A field that stands instead of another one."""


@dataclass(frozen=True)
class Case:
    """A field of a shape, the place of that shape in a file of a kind, and the file around it."""

    kind: str
    shape: str
    place: Steps
    field: str
    around: Json

    def __str__(self) -> str:
        return ".".join(map(str, (self.kind, *self.place, self.field)))


def cases() -> Iterator[Case]:
    for kind, (_, smallest) in SMALLEST.items():
        yield from below(kind, kind, (), {**required(kind), **smallest})


def below(kind: str, shape: str, place: Steps, around: Json) -> Iterator[Case]:
    """The fields of a shape, and those of the shapes in it; what has no effect is named as one."""
    for field, rule in SHAPES[shape].items():
        if rule in ("x", "-") or field in FIXED or (shape, field) in ELSEWHERE:
            continue
        if not rule.lstrip("!").startswith("<"):
            yield Case(kind, shape, place, field, around)
        if rule.lstrip("!").startswith("~") or (shape, field) == ("command node", "component"):
            continue
        for steps, inner, smallest in shapes_in(rule.lstrip("!")):
            at = (*place, field, *steps)
            filled = put(around, at, {**required(inner), **smallest})
            if field in INSTEAD_OF:
                filled = without(filled, (*place, INSTEAD_OF[field]))
            yield from below(kind, inner, at, filled)


def shapes_in(rule: str) -> Iterator[tuple[Steps, str, Json]]:
    for word in rule.split("|"):
        if word == "jobs":
            yield from ((("n",), shape, smallest) for shape, smallest in NODES.items())
            continue
        steps: Steps = ("k",) if word.startswith("map:") else ()
        steps = (0,) if word.startswith("list:") else steps
        word = word.removeprefix("map:").removeprefix("list:")
        if word.startswith("<"):
            yield steps, word[1:-1], {}
        for shape, smallest in BELOW.get(word, ()):
            yield steps, shape, smallest


def required(shape: str) -> Json:
    rules = SHAPES[shape].items()
    return {name: values(rule)[0] for name, rule in rules if rule.startswith("!")}


def values(rule: str) -> tuple[Any, Any]:
    """Two values that meet a rule, or that a message names."""
    word = rule.lstrip("!~").split("|")[0]
    if word.startswith("{"):
        words = word.strip("{=}").split(",")
        return words[0], words[-1]
    if word.startswith("<"):
        return required(word[1:-1]), required(word[1:-1])
    if word.startswith("map:"):
        first, second = values(word.removeprefix("map:"))
        return {"k": first}, {"k": second}
    if word.startswith("list:"):
        first, second = values(word.removeprefix("list:"))
        return [first], [second]
    return VALUES[word]


def put(document: Json, steps: Steps, value: Any) -> Json:
    changed = copy.deepcopy(document)
    node: Any = changed
    for step, following in itertools.pairwise(steps):
        if isinstance(node, dict) and not isinstance(node.get(step), dict | list):
            node[step] = [{}] if isinstance(following, int) else {}
        node = node[step]
    node[steps[-1]] = value
    return changed


def without(document: Json, steps: Steps) -> Json:
    changed = copy.deepcopy(document)
    node: Any = changed
    for step in steps[:-1]:
        node = node[step]
    node.pop(steps[-1], None)
    return changed


class RememberingRegistrar:
    """Names parts by their content and remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def named(self, reference: str, kind: str, place: str) -> str:
        return self._keep(kind, reference)

    def code(self, path: Path | None, includes: tuple[Path, ...], place: str) -> str:
        return self._keep("code", path and path.name, [include.name for include in includes])

    def data(self, path: Path, place: str) -> str:
        return self._keep("data", path.name)

    def context(self, path: Path, place: str) -> str:
        return self._keep("context", path.name)

    def environment(self, version: str, properties: Json, place: str) -> str:
        return self._keep("environment", version, properties)

    def component(self, version: str, properties: Json, place: str) -> str:
        return self._keep("component", version, properties)

    def _keep(self, *asked: object) -> str:
        self.asked.append(asked)
        return f"/{asked[0]}/{asked[1]}"


def requests(kind: str, loaded: Loaded) -> str:
    """Everything that creating it would send; the name and the version are in addresses."""
    value, registrar = loaded.value, RememberingRegistrar()
    address = [value.get("name"), value.get("version")]
    body: object
    match SMALLEST[kind][0]:
        case Family.JOB:
            body = job_body(loaded, registrar, name="n", experiment="e")
        case Family.COMPONENT:
            body = component_properties(loaded, registrar)
        case Family.ENVIRONMENT:
            body = environment_properties(value, loaded.folder, registrar, "")
        case Family.DATA:
            body = data_properties(value, loaded.folder, registrar)
        case Family.MODEL:
            body = model_properties(value, loaded.folder, registrar, WORKSPACE)
        case Family.COMPUTE:
            body = compute_body(value, "local")
        case Family.DATASTORE:
            body = datastore_body(value)
        case _:
            body = workspace_parameters(value, "g")
    return json.dumps([address, body, registrar.asked], sort_keys=True, default=str)


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_a_field_is_sent_or_named(case: Case, tmp_path: Path) -> None:
    projects.write(tmp_path, BESIDE)
    rule = SHAPES[case.shape][case.field]
    first, second = SPECIAL.get((case.shape, case.field), values(rule))
    place = (*case.place, case.field)
    around = case.around
    if case.field in INSTEAD_OF:
        around = without(around, (*case.place, INSTEAD_OF[case.field]))
    is_choice = rule.startswith("!") or case.field in INSTEAD_OF or first in (0, True)
    before = put(around, place, second) if is_choice else without(around, place)
    family = SMALLEST[case.kind][0]
    one, other = (
        read(tmp_path, document, family) for document in (before, put(around, place, first))
    )
    if any(f'"{case.field}"' in diagnostic.message for diagnostic in both(one, other)):
        return
    assert not one.has_errors and not other.has_errors, both(one, other)
    assert requests(case.kind, one) != requests(case.kind, other)


def both(one: Loaded, other: Loaded) -> tuple[Any, ...]:
    return (*one.diagnostics, *other.diagnostics)


def read(folder: Path, document: Json, family: Family) -> Loaded:
    path = folder / "case.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return load(path, family)


SCHEMAS = {
    "pipeline job": "PipelineJob",
    "command job": "CommandJob",
    "command component": "CommandComponent AnonymousCommandComponent",
    "pipeline component": "PipelineComponent",
    "inline command": "PipelineCommandJob",
    "command node": "Command",
    "pipeline node": "Pipeline",
    "environment": "Environment",
    "inline environment": "AnonymousEnvironment",
    "data": "Data",
    "model": "Model",
    "workspace": "Workspace",
    "amlcompute": "AmlCompute",
    "computeinstance": "ComputeInstance",
    "kubernetes": "KubernetesCompute",
    "virtualmachine": "VirtualMachineCompute",
    "synapsespark": "SynapseSparkCompute",
    "azure_blob": "AzureBlob",
    "azure_file": "AzureFile",
    "azure_data_lake_gen1": "AzureDataLakeGen1",
    "azure_data_lake_gen2": "AzureDataLakeGen2",
    "one_lake": "OneLake",
    "one_lake artifact": "OneLakeArtifact",
    "account key": "AccountKey",
    "sas token": "SasToken",
    "service principal": "ServicePrincipal",
    "certificate": "Certificate",
    "auto delete setting": "AutoDeleteSetting",
    "assigned identity": "Identity",
    "assigned user": "CreateOnBehalfOf",
    "network settings": "NetworkSettings",
    "cluster ssh settings": "AmlComputeSshSettings",
    "instance ssh settings": "ComputeInstanceSshSettings",
    "machine ssh settings": "VirtualMachineSshSettings",
    "compute schedules": "ComputeSchedules",
    "compute schedule": "ComputeStartStopSchedule",
    "compute trigger": "CronTrigger RecurrenceTrigger",
    "recurrence": "RecurrenceSchedule",
    "custom application": "CustomApplications",
    "setup scripts": "SetupScripts",
    "setup script": "ScriptReference",
    "customer managed key": "CustomerManagedKey",
    "network acls": "NetworkAcls",
    "managed network": "ManagedNetwork",
    "outbound rule": "PrivateEndpointOutboundRule ServiceTagOutboundRule FqdnOutboundRule",
    "serverless compute": "ServerlessComputeSettings",
    "pipeline settings": "PipelineJobSettings",
    "limits": "CommandJobLimits",
    "resources": "JobResourceConfiguration",
    "pytorch": "PyTorchDistribution",
    "mpi": "MPIDistribution",
    "tensorflow": "TensorFlowDistribution",
    "queue settings": "QueueSettings",
    "service": "SshJobService TensorBoardJobService VsCodeJobService JupyterLabJobService",
    "identity": "ManagedIdentity AMLTokenIdentity UserIdentity",
    "data input": "DataInput ModelInput MLTableInput",
    "literal input": "InputLiteralValue",
    "output": "Output",
    "parameter": "Parameter",
    "data port": "InputPort",
    "output port": "OutputPort PrimitiveOutput",
    "inference config": "InferenceConfig",
    "route": "Route",
    "build": "BuildContext",
}
REFUSED = {
    ("command node", field): "a warning says to change the component"
    for field in ("command", "code", "environment")
} | {("data port", "default"): "Azure's client takes it and then fails: data has no default"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", SCHEMAS)
def test_every_field_of_azures_client_is_in_the_table(shape: str) -> None:
    missing = azures_fields(*SCHEMAS[shape].split()) - SHAPES[shape].keys()
    assert {field for field in missing if (shape, field) not in REFUSED} == set()


def azures_fields(*names: str) -> set[str]:
    """The fields that azure-ai-ml reads in the schemas of these names."""
    from importlib import import_module

    from marshmallow.class_registry import get_class

    for module in ("compute", "_datastore", "job", "pipeline", "component", "workspace"):
        import_module(f"azure.ai.ml._schema.{module}")
    found: set[str] = set()
    for name in names:
        known = get_class(f"{name}Schema", all=True)
        for schema in known if isinstance(known, list) else [known]:
            fields = schema._declared_fields
            kept = {name: field for name, field in fields.items() if not field.dump_only}
            found.update(field.data_key or name for name, field in kept.items())
    return found
