"""The environment variables of an ML command, as Azure ML sets them.

Source: the list of names in a public job manifest, azureml-mlflow's constants, and the Azure ML
documentation on distributed training.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from penstock.agent.environments.prepared import Prepared
from penstock.agent.machine import Machine
from penstock.engine.requests import CommandWork
from penstock.records import record

_NOT_FOR_JOBS = re.compile(
    "PYTHON|VIRTUAL_ENV|CONDA_|MLFLOW_|AZUREML_|AZURE_ML_|PENSTOCK_|UV_PROJECT|OMPI_|VSTS_"
)
_WORKSPACE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/.*/(?P<name>[^/]+)\Z",
    re.IGNORECASE,
)
_LOOPBACK = "127.0.0.1"
DISTRIBUTIONS = ("pytorch", "mpi", "tensorflow")
"""The kinds of distributed command that run here."""


@record
class Ports:
    """The inputs and outputs of a command on this machine: literals, and paths, by name."""

    literals: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@record(kw_only=False)
class Rank:
    """One of the processes that a command runs as."""

    number: int
    local: int
    node: int
    variables: Mapping[str, str]


def job_variables(
    work: CommandWork, machine: Machine, prepared: Prepared, ports: Ports, folder: str
) -> dict[str, str]:
    """All variables of the job but its own `environment_variables`, which go on top.

    `folder` is the working directory. `AZUREML_ARM_PROJECT_NAME` is left unset, so that
    `azureml.core.Run.get_context()` gives an offline run and does not look for the cloud.
    """
    host = {name: value for name, value in os.environ.items() if not _NOT_FOR_JOBS.match(name)}
    path = [*map(str, prepared.path_prepend), str(machine.bin or ""), host.get("PATH", "")]
    variables = {
        **host,
        **machine.environment,
        **prepared.env,
        "PATH": os.pathsep.join(part for part in path if part),
        "PYTHONUNBUFFERED": "1",
        **dict(_service_variables(machine)),
        **dict(_run_variables(work, folder)),
        **dict(_tracking_variables(work, machine)),
    }
    return {**_port_variables(ports, variables), **variables}


def _service_variables(machine: Machine) -> Iterator[tuple[str, str]]:
    if machine.service_url:
        yield "PENSTOCK_ENDPOINT", machine.service_url
        yield "PENSTOCK_TOKEN", machine.service_token


def _run_variables(work: CommandWork, folder: str) -> Iterator[tuple[str, str]]:
    yield "AZUREML_RUN_ID", work.job
    yield "AZUREML_ROOT_RUN_ID", work.root_job
    yield "AZUREML_EXPERIMENT_ID", work.experiment_id
    yield "AZUREML_EXPERIMENT_NAME", work.experiment
    yield "AZUREML_NODE_COUNT", str(work.instance_count)
    yield "AZUREML_COMPUTE_USE_COMMON_RUNTIME", "true"
    yield "AZUREML_CR_EXECUTION_WORKING_DIR_PATH", folder
    yield "AZUREML_CR_NODE_RANK", "0"
    yield "AZUREML_WORKSPACE_SCOPE", work.workspace
    yield "AZUREML_EXPERIMENT_SCOPE", f"{work.workspace}/experiments/{work.experiment}"
    match = _WORKSPACE.match(work.workspace)
    if match:
        yield "AZUREML_ARM_SUBSCRIPTION", match["subscription"]
        yield "AZUREML_ARM_RESOURCEGROUP", match["group"]
        yield "AZUREML_ARM_WORKSPACE_NAME", match["name"]


def _tracking_variables(work: CommandWork, machine: Machine) -> Iterator[tuple[str, str]]:
    """No MLFLOW_EXPERIMENT_NAME beside the id: the client would look it up and compare. Addresses
    are not printed: they end with this process and lead to no page."""
    yield "MLFLOW_DISABLE_TELEMETRY", "true"
    yield "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true"
    yield "MLFLOW_PRINT_MODEL_URLS_ON_CREATION", "false"
    yield "GIT_PYTHON_REFRESH", "quiet"
    if machine.service_url:
        yield "MLFLOW_TRACKING_URI", f"{machine.service_url}/mlflow/v1.0{work.workspace}"
        yield "MLFLOW_TRACKING_TOKEN", machine.service_token
        yield "MLFLOW_RUN_ID", work.job
        yield "MLFLOW_EXPERIMENT_ID", work.experiment_id


def _port_variables(ports: Ports, taken: Mapping[str, str]) -> dict[str, str]:
    variables = {}
    for name, value in ports.literals.items():
        variables[f"AZUREML_PARAMETER_{name}"] = value
    for name, path in ports.inputs.items():
        variables[f"AZURE_ML_INPUT_{name}"] = path
        variables[f"AZUREML_DATAREFERENCE_{name}"] = path
    for name, path in ports.outputs.items():
        variables[f"AZURE_ML_OUTPUT_{name}"] = path
        if name not in taken:
            variables[name] = path
    return variables


def process_count(work: CommandWork) -> int:
    """How many processes the command runs as: on each instance some, or TensorFlow's workers."""
    match work.distribution:
        case "pytorch" | "mpi":
            return work.instance_count * work.process_count
        case "tensorflow":
            return max(work.process_count, work.instance_count)
        case _:
            return 1


def ranks(work: CommandWork, ports: tuple[int, ...]) -> list[Rank]:
    """The processes of a distributed command, all on this machine; one with no variables else.

    `ports` are free loopback ports, one for each process.
    """
    kind, size, per_node = work.distribution, process_count(work), work.process_count
    if kind not in DISTRIBUTIONS:
        return [Rank(0, 0, 0, {})]
    made = []
    for number in range(size):
        node, local = (number, 0) if kind == "tensorflow" else divmod(number, per_node)
        match kind:
            case "pytorch":
                variables = _pytorch(size, number, local, node, ports)
            case "mpi":
                variables = _mpi(per_node, size, number, local, ports)
            case _:
                variables = _tensorflow(number, ports)
        made.append(Rank(number, local, node, {"AZUREML_CR_NODE_RANK": str(node), **variables}))
    return made


def _pytorch(
    size: int, number: int, local: int, node: int, ports: tuple[int, ...]
) -> dict[str, str]:
    return {
        "MASTER_ADDR": _LOOPBACK,
        "MASTER_PORT": str(ports[0]),
        "WORLD_SIZE": str(size),
        "NODE_RANK": str(node),
        "RANK": str(number),
        "LOCAL_RANK": str(local),
    }


def _mpi(
    per_node: int, size: int, number: int, local: int, ports: tuple[int, ...]
) -> dict[str, str]:
    return {
        "OMPI_COMM_WORLD_SIZE": str(size),
        "OMPI_COMM_WORLD_RANK": str(number),
        "OMPI_COMM_WORLD_LOCAL_SIZE": str(per_node),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(local),
        "AZ_BATCHAI_MPI_MASTER_NODE": _LOOPBACK,
        "AZ_BATCH_MASTER_NODE": f"{_LOOPBACK}:{ports[0]}",
        "AZ_BATCH_HOST_LIST": _LOOPBACK,
    }


def _tensorflow(number: int, ports: tuple[int, ...]) -> dict[str, str]:
    config = {
        "cluster": {"worker": [f"{_LOOPBACK}:{port}" for port in ports]},
        "task": {"type": "worker", "index": number},
        "environment": "cloud",
    }
    return {"TF_CONFIG": json.dumps(config)}
