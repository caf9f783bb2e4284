"""How the real Azure ML client finds the latest of an asset; run as a program by
`test_real_client`. Prints one JSON object of what it saw."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.ai.ml import Input, MLClient, command, dsl, load_component
from azure.ai.ml.entities import AmlCompute, Data, Environment, Model, Workspace
from azure.core.exceptions import AzureError
from sdk_client import Credential

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


def main(folder: Path) -> dict[str, Any]:
    (folder / "data" / "out.txt").write_text("hello\n")  # what `read.yml` reads
    client = MLClient(Credential(), SUBSCRIPTION, "dev-ml-rg", "dev-ml-ws")
    client.workspaces.begin_create(Workspace(name="dev-ml-ws", location="local")).result()
    cluster = AmlCompute(name="cpu-cluster", size="STANDARD_DS3_V2", max_instances=4)
    client.compute.begin_create_or_update(cluster).result()
    for version in ("1", "2", "10"):
        image = "library/python:latest"
        client.environments.create_or_update(
            Environment(name="plain", image=image, version=version)
        )
        data = Data(name="words", path=str(folder / "data"), type="uri_folder", version=version)
        client.data.create_or_update(data)
    model = Model(name="m", path=str(folder / "data"), type="custom_model")
    client.models.create_or_update(model)
    component = load_component(folder / "read.yml")
    client.components.create_or_update(component)
    seen: dict[str, Any] = {
        "got": [
            client.environments.get("plain", label="latest").version,
            client.data.get("words", label="latest").version,
            client.models.get("m", label="latest").version,
            client.components.get("read_words", label="latest").version,
            client.components.get("read_words").version,
        ],
        "missing": [
            is_missing(lambda: client.environments.get("none", label="latest")),
            is_missing(lambda: client.data.get("none", label="latest")),
        ],
    }
    job = command(
        command="ls ${{inputs.words}}",
        environment="azureml:plain@latest",
        compute="cpu-cluster",
        inputs={"words": Input(type="uri_folder", path="azureml:words@latest")},
    )
    made = client.jobs.create_or_update(job)
    seen["environment"] = made.environment
    seen["input"] = made.inputs["words"].path
    kept = component

    @dsl.pipeline(default_compute="cpu-cluster")
    def read(words: Input) -> None:
        node = kept(big=words)
        node.environment = "azureml:plain@latest"

    graph = read(Input(type="uri_folder", path="azureml:words@latest"))
    piped = client.jobs.create_or_update(graph)
    seen["piped"] = piped.inputs["words"].path
    seen["statuses"] = [ended(client, made.name), ended(client, piped.name)]
    return seen


def is_missing(do: Callable[[], object]) -> bool:
    try:
        do()
    except AzureError as error:
        return "none" in str(error)
    return False


def ended(client: MLClient, name: str) -> Any:
    while (now := client.jobs.get(name).status) not in ("Canceled", "Completed", "Failed"):
        time.sleep(0.1)
    return now


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
