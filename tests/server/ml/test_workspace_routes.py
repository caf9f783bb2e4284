"""Workspaces, assets and datastores over HTTP: the requests recorded from azure-ai-ml, and the
fields without which the real client fails (`_required_fields_mutation`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlserver import GROUP, WORKSPACE, Server

from penstock.ml.model_registry import ModelRegistry
from penstock.ml.workspaces import parse_arm_id


@pytest.fixture
def empty(tmp_path: Path) -> Any:
    made = Server(tmp_path)
    yield made
    made.close()


def test_no_token_no_answer(server: Server) -> None:
    assert server.ask("GET", "~", token=None).status == 401
    assert server.ask("GET", "~", token="wrong").status == 401


def test_the_sdks_way_to_make_a_workspace(empty: Server) -> None:
    """`workspaces_begin_create`: 404, a deployment, its operations, then the workspace."""
    missing = empty.ask("GET", "~?api-version=2024-10-01-preview")
    assert missing.status == 404
    assert missing.json["error"]["code"] == "ResourceNotFound"
    assert missing.json["error"]["message"] == (
        "The Resource 'Microsoft.MachineLearningServices/workspaces/dev-ml-ws' under resource group"
        " 'dev-ml-rg' was not found; create it: az ml workspace create --name dev-ml-ws"
        " --resource-group dev-ml-rg"
    )
    group = GROUP.replace("resourceGroups", "resourcegroups")
    body = {
        "properties": {
            "mode": "incremental",
            "template": {"parameters": {"workspaceName": {"type": "string"}}},
            "parameters": {
                "location": {"value": "local"},
                "workspaceName": {"value": "dev-ml-ws"},
                "kind": {"value": "default"},
                "friendlyName": {"value": "dev-ml-ws"},
                "description": {"value": "mine"},
                "tagValues": {"value": {"createdByToolkit": "sdk-v2-1.35.2"}},
            },
        }
    }
    path = f"{group}/providers/Microsoft.Resources/deployments/dev-ml-ws-4487898"
    made = empty.ask("PUT", path, body)
    assert made.status == 201
    assert made.json["properties"]["provisioningState"] == "Succeeded"
    assert made.json["properties"]["duration"] == "PT1S"
    steps = empty.get(f"{group}/deployments/dev-ml-ws-4487898/operations")
    assert steps == {"value": []}
    found = empty.get("~")
    assert (found["id"], found["name"], found["kind"]) == (WORKSPACE, "dev-ml-ws", "Default")
    assert found["location"] == "local"
    assert found["tags"] == {"createdByToolkit": "sdk-v2-1.35.2"}
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert found["properties"]["description"] == "mine"


def test_other_deployments_are_refused(empty: Server) -> None:
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/x"
    answer = empty.ask("PUT", path, {"properties": {"parameters": {}}})
    assert answer.status == 400
    assert answer.json["error"]["message"] == (
        "only deployments that make an Azure ML workspace are supported"
    )


def test_workspace_by_one_request(empty: Server) -> None:
    made = empty.ask("PUT", "~", {"location": "local", "tags": {"a": "b"}, "properties": {}})
    assert made.status == 201
    again = empty.ask("PUT", "~", {"location": "local", "properties": {}})
    assert again.status == 200
    assert again.json["tags"] == {"a": "b"}


def test_workspace_tells_where_run_history_is(server: Server) -> None:
    """`jobs_stream`: `discoveryUrl` of the workspace, then `api` of it, without a token."""
    url = server.get("~")["properties"]["discoveryUrl"]
    answer = server.ask("GET", url, token=None)
    assert answer.json["api"] == server.listener.url


def test_workspace_names_ignore_case(server: Server) -> None:
    assert server.get("~".replace("~", WORKSPACE.upper()))["name"] == "dev-ml-ws"


def test_workspaces_are_listed_and_changed(server: Server) -> None:
    listed = server.get(WORKSPACE.rpartition("/")[0])["value"]
    assert [entry["name"] for entry in listed] == ["dev-ml-ws"]
    changed = server.ask("PATCH", "~", {"tags": {"a": "b"}, "properties": {"friendlyName": "x"}})
    assert changed.json["tags"] == {"a": "b"}
    assert server.get("~")["properties"]["friendlyName"] == "x"
    assert server.ask("POST", "~/listKeys").status == 200


def test_forgotten_workspace_is_gone(server: Server) -> None:
    assert server.ask("DELETE", "~").status == 200
    assert server.ask("GET", "~").status == 404
    assert server.ask("DELETE", "~").status == 204


def test_resource_groups(server: Server) -> None:
    listed = server.get("/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups")
    assert [entry["name"] for entry in listed["value"]] == ["dev-ml-rg"]
    other = GROUP.replace("dev-ml-rg", "other")
    missing = server.ask("GET", other)
    assert missing.status == 404
    assert missing.json["error"]["code"] == "ResourceGroupNotFound"
    assert server.ask("PUT", other, {"location": "westeurope"}).status == 201
    assert server.get(other)["location"] == "westeurope"


def test_subscriptions(server: Server) -> None:
    listed = server.get("/subscriptions")["value"]
    assert [(entry["subscriptionId"], entry["displayName"]) for entry in listed] == [
        ("00000000-0000-0000-0000-000000000001", "Penstock (local)")
    ]


def test_everything_in_a_missing_workspace_is_missing(empty: Server) -> None:
    for path in ("~/jobs/x", "~/data", "~/computes", "~/datastores/workspaceblobstore"):
        answer = empty.ask("GET", path)
        assert answer.status == 404
        assert "az ml workspace create" in answer.json["error"]["message"]


# Assets


def test_compute_like_the_recorded_one(server: Server) -> None:
    """`compute_begin_create_or_update` and `compute_get`: `properties.properties` must be there."""
    compute = server.get("~/computes/cpu-cluster")
    assert compute["properties"]["computeType"] == "AmlCompute"
    assert compute["properties"]["provisioningState"] == "Succeeded"
    assert compute["properties"]["properties"]["scaleSettings"] == {"maxNodeCount": 4}
    assert compute["properties"]["properties"]["currentNodeCount"] == 0
    assert [entry["name"] for entry in server.get("~/computes")["value"]] == ["cpu-cluster"]
    assert server.ask("POST", "~/computes/cpu-cluster/start").status == 202
    assert server.ask("DELETE", "~/computes/cpu-cluster").status == 200
    assert server.ask("GET", "~/computes/cpu-cluster").status == 404


@pytest.mark.parametrize("name", ["local", "serverless"])
def test_names_of_what_is_always_there_cannot_be_taken(server: Server, name: str) -> None:
    answer = server.ask("PUT", f"~/computes/{name}", {"properties": {"computeType": "AmlCompute"}})
    assert answer.status == 400
    assert answer.json["error"]["details"] == [
        {
            "code": "UserError",
            "message": f'"{name}" is the name of a compute that is always there',
            "target": "name",
        }
    ]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("~/computes/-c", "name"),
        ("~/computes/my%20cluster", "name"),
        ("~/datastores/.blocks", "name"),
        ("~/data/a%3Ab/versions/1", "name"),
        ("~/environments/e/versions/1%402", "version"),
    ],
)
def test_names_that_no_reference_can_spell_are_refused(
    server: Server, path: str, target: str
) -> None:
    properties = {"computeType": "AmlCompute", "datastoreType": "AzureBlob", "dataUri": "x"}
    answer = server.ask("PUT", path, {"properties": properties})
    assert answer.status == 400
    assert answer.json["error"]["details"][0]["target"] == target


def test_a_model_that_mlflow_named_is_archived(server: Server) -> None:
    """MLflow allows blanks in names, which no reference of Azure ML can hold."""
    parsed = parse_arm_id(WORKSPACE)
    assert parsed is not None
    name, source = "my model", "azureml://datastores/workspaceblobstore/paths/m"
    registry = ModelRegistry(server.service.assets, server.tracking)
    registry.create(parsed[0], name, description="", tags={})
    registry.create_version(parsed[0], name, source=source, tags={})
    path = "~/models/my%20model/versions/1"
    found = server.get(path)["properties"]
    assert server.put(path, {**found, "isArchived": True})["properties"]["isArchived"]


def test_the_default_datastore_stays_the_default(server: Server) -> None:
    server.put("~/datastores/workspaceblobstore", {"datastoreType": "AzureBlob"})
    found = server.ask("GET", "~/datastores?isDefault=true").json["value"]
    assert [store["name"] for store in found] == ["workspaceblobstore"]


def test_a_workspace_of_another_name_is_refused(empty: Server) -> None:
    path = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/a.b"
    answer = empty.ask("PUT", path, {"properties": {}})
    assert answer.status == 400
    assert answer.json["error"]["message"] == (
        '"a.b" is no name for a workspace: use up to 33 letters, digits, underscores and hyphens'
    )


def test_data_asset_like_the_recorded_one(server: Server) -> None:
    """`data_create_uri_file`, `data_get_latest`: 404, PUT, then latest and next version."""
    assert server.ask("GET", "~/data/diabetes-data").status == 404
    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/3d8e/diabetes.csv"
    body = {
        "properties": {
            "isAnonymous": False,
            "tags": {},
            "isArchived": False,
            "properties": {},
            "dataUri": uri,
            "dataType": "uri_file",
        }
    }
    made = server.ask("PUT", "~/data/diabetes-data/versions/1", body)
    assert made.status == 201
    assert made.json["id"] == f"{WORKSPACE}/data/diabetes-data/versions/1"
    assert made.json["name"] == "1"
    assert made.json["properties"] == body["properties"]
    container = server.get("~/data/diabetes-data")
    assert container["properties"] == {
        "latestVersion": "1",
        "nextVersion": "2",
        "isArchived": False,
        "dataType": "uri_file",
    }
    assert server.get("~/data/diabetes-data/versions/1")["properties"]["dataUri"] == uri
    assert server.ask("PUT", "~/data/diabetes-data/versions/1", body).status == 200


def test_latest_is_the_version_created_last(server: Server) -> None:
    """Documentation, "data assets", labels; azure-docs issue 102776 is about getting it wrong."""
    for version in ("5", "10", "2"):
        server.put(f"~/data/d/versions/{version}", {"dataUri": f"https://x/{version}"})
    container = server.get("~/data/d")["properties"]
    assert (container["latestVersion"], container["nextVersion"]) == ("2", "11")
    newest = server.get("~/data/d/versions?$orderBy=createdtime desc&$top=1".replace(" ", "%20"))
    assert [entry["name"] for entry in newest["value"]] == ["2"]
    rest = server.get("~/data/d/versions?$skip=1")
    assert [entry["name"] for entry in rest["value"]] == ["10", "5"]


def test_path_of_an_asset_cannot_be_changed(server: Server) -> None:
    """The client looks for exactly these words (`_artifacts/_constants.py`, ASSET_PATH_ERROR)."""
    server.put("~/data/d/versions/1", {"dataUri": "https://x/1"})
    answer = server.ask("PUT", "~/data/d/versions/1", {"properties": {"dataUri": "https://x/2"}})
    assert answer.status == 400
    assert answer.json["error"]["code"] == "UserError"
    assert answer.json["error"]["message"] == "Asset paths cannot be updated."
    assert server.get("~/data/d/versions/1")["properties"]["dataUri"] == "https://x/1"


def test_archived_versions_and_names_leave_the_lists(server: Server) -> None:
    for version in ("1", "2"):
        server.put(f"~/data/d/versions/{version}", {"dataUri": "https://x"})
    server.put("~/data/d/versions/2", {"dataUri": "https://x", "isArchived": True})
    assert server.get("~/data/d")["properties"]["latestVersion"] == "1"
    assert [v["name"] for v in server.get("~/data/d/versions")["value"]] == ["1"]
    every = server.get("~/data/d/versions?listViewType=All")["value"]
    assert [v["name"] for v in every] == ["2", "1"]
    server.put("~/data/d", {"isArchived": True})
    assert server.get("~/data?listViewType=ActiveOnly")["value"] == []
    archived = server.get("~/data?listViewType=ArchivedOnly")["value"]
    assert [entry["name"] for entry in archived] == ["d"]


def test_environment_like_the_recorded_one(server: Server) -> None:
    """`environments_create_conda`, `environments_get_latest`, `environments_list`."""
    properties = {
        "condaFile": "dependencies: [python=3.10]",
        "image": "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04",
        "isAnonymous": False,
        "isArchived": False,
    }
    assert server.ask("GET", "~/environments/basic-env").status == 404
    made = server.put("~/environments/basic-env/versions/1", properties)
    assert made["id"] == f"{WORKSPACE}/environments/basic-env/versions/1"
    query = "$orderBy=createdtime%20desc&$top=1"
    newest = server.get(f"~/environments/basic-env/versions?{query}")["value"][0]
    assert newest["properties"] == properties
    server.put("~/environments/CliV2AnonymousEnvironment/versions/ab", {"isAnonymous": True})
    listed = server.get("~/environments?listViewType=ActiveOnly")["value"]
    assert [entry["name"] for entry in listed] == ["basic-env"]
    assert listed[0]["properties"] == {
        "latestVersion": "1",
        "nextVersion": "2",
        "isArchived": False,
    }


def test_component_like_the_recorded_one(server: Server) -> None:
    """`components_create`: the same anonymous version is put again at every submission."""
    spec = {"type": "command", "command": "echo", "name": "azureml_anonymous", "version": "1"}
    body = {"properties": {"componentSpec": spec, "isAnonymous": True, "isArchived": False}}
    path = "~/components/azureml_anonymous/versions/9af9e7f9-1d36-63be-ddbe-f4a595d4119f"
    assert server.ask("PUT", path, body).status == 201
    again = server.ask("PUT", path, body)
    assert again.status == 200
    assert again.json["properties"]["componentSpec"] == spec
    assert again.json["name"] == "9af9e7f9-1d36-63be-ddbe-f4a595d4119f"
    assert server.get("~/components")["value"] == []


def test_a_component_says_its_version_and_is_found_without_one(server: Server) -> None:
    """azure-ai-ml reads `componentSpec.version`, and asks for `azureml_default` as the newest."""
    spec = {"type": "command", "command": "echo", "name": "c"}
    for version in ("1", "2"):
        server.put(f"~/components/c/versions/{version}", {"componentSpec": spec})
    found = server.get("~/components/c/versions/azureml_default")
    assert found["name"] == "2"
    assert found["properties"]["componentSpec"] == {**spec, "version": "2"}
    assert server.ask("GET", "~/data/c/versions/azureml_default").status == 404


def test_model_like_the_recorded_one(server: Server) -> None:
    """`models_create`: an empty list, 404, then PUT; `flavors` must be in the answer."""
    query = "$orderBy=createdtime%20desc&$top=1"
    assert server.get(f"~/models/m/versions?{query}")["value"] == []
    assert server.ask("GET", "~/models/m").status == 404
    made = server.put("~/models/m/versions/1", {"modelType": "mlflow_model", "modelUri": "u://x"})
    assert made["properties"]["flavors"] == {}
    assert made["id"] == f"{WORKSPACE}/models/m/versions/1"


@pytest.mark.parametrize(
    ("kind", "field"),
    [("data", "dataUri"), ("models", "modelUri"), ("components", "componentSpec")],
)
def test_asset_without_its_content_is_refused(server: Server, kind: str, field: str) -> None:
    answer = server.ask("PUT", f"~/{kind}/x/versions/1", {"properties": {}})
    assert answer.status == 400
    assert answer.json["error"]["message"] == f'"properties.{field}" is required'
    assert server.get(f"~/{kind}")["value"] == []


def test_datastores_of_a_fresh_workspace(server: Server) -> None:
    """`datastores_list`; the names are Azure's."""
    found = server.get("~/datastores?count=30")["value"]
    assert [entry["name"] for entry in found] == [
        "workspaceblobstore",
        "workspaceartifactstore",
        "workspaceworkingdirectory",
        "workspacefilestore",
    ]
    default = server.get("~/datastores?isDefault=true&count=30")["value"]
    assert [entry["name"] for entry in default] == ["workspaceblobstore"]
    properties = default[0]["properties"]
    assert properties["datastoreType"] == "AzureBlob"
    assert properties["containerName"] == "workspaceblobstore"
    assert properties["credentials"] == {"credentialsType": "AccountKey"}
    host = server.listener.url.removeprefix("http://")
    assert properties["accountName"].startswith(f"{host}/storage/dev-ml-ws.dev-ml-rg.")
    assert properties["protocol"] == "http"


def test_own_datastore_is_a_folder_and_keeps_no_secret(server: Server) -> None:
    """`datastores_create`."""
    key = {"secrets": {"key": "a2V5", "secretsType": "AccountKey"}, "credentialsType": "AccountKey"}
    properties = {
        "accountName": "a",
        "containerName": "c",
        "credentials": key,
        "datastoreType": "AzureBlob",
    }
    made = server.put("~/datastores/ds1?skipValidation=true", properties)
    assert made["properties"]["containerName"] == "ds1"
    assert made["properties"]["properties"]["penstock.accountName"] == "a"
    assert made["properties"]["credentials"] == {"credentialsType": "AccountKey"}
    rows = server.state.query("SELECT document FROM ml_assets WHERE name = 'ds1'")
    assert "a2V5" not in rows[0][0]
    assert server.ask("DELETE", "~/datastores/ds1").status == 200
    assert server.ask("DELETE", "~/datastores/workspaceblobstore").status == 400


def test_code_is_found_by_its_hash_under_any_name(server: Server) -> None:
    """`jobs_pipeline_1a` and its repetition: hash search, pending upload, PUT, then found again."""
    hash = "4431a90763f38496f77f298fd65374be3f46386317dad8c3dd586496db9d569f"
    search = f"versions?api-version=2023-04-01&hash={hash}&hashVersion=202208"
    assert server.get(f"~/codes/a87c22a3/{search}")["value"] == []
    pending = server.ask(
        "POST",
        "~/codes/a87c22a3/versions/1/startPendingUpload",
        {"pendingUploadType": "TemporaryBlobReference"},
    ).json["blobReferenceForConsumption"]
    assert pending["credential"]["credentialType"] == "SAS"
    assert pending["credential"]["sasUri"].startswith(pending["blobUri"] + "?")
    made = server.put(
        "~/codes/a87c22a3/versions/1",
        {
            "codeUri": f"{pending['blobUri']}/train_src",
            "isAnonymous": True,
            "properties": {"hash_sha256": hash, "hash_version": 202208},
        },
    )
    assert made["properties"]["codeUri"] == f"{pending['blobUri']}/train_src"
    found = server.get(f"~/codes/other/{search}")["value"]
    assert [entry["id"] for entry in found] == [f"{WORKSPACE}/codes/a87c22a3/versions/1"]


def test_code_address_follows_the_server(tmp_path: Path) -> None:
    """A stored snapshot stays where clients can reach it, whatever port the service has next."""
    first = Server(tmp_path)
    first.workspace()
    path = "storage/dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001/c1/src"
    first.put("~/codes/c/versions/1", {"codeUri": f"{first.listener.url}/{path}"})
    first.close()
    second = Server(tmp_path)
    found = second.get("~/codes/c/versions/1")["properties"]["codeUri"]
    assert found == f"{second.listener.url}/{path}"
    second.close()


def test_wrong_bodies_are_refused(server: Server) -> None:
    answer = server.ask("PUT", "~/data/d/versions/1", b"{not json")
    assert answer.status == 400
    assert "not valid JSON" in answer.json["error"]["message"]
    assert server.ask("PUT", "~/data/d/versions/1", b"[]").status == 400
    assert server.ask("GET", "~/data/d/versions?$top=x").status == 400


def test_build_context_is_found_although_the_client_loses_the_account(server: Server) -> None:
    """As seen in azure-ai-ml: `urljoin` in the client drops the segment with the account."""
    url = f"{server.listener.url}/storage/workspaceblobstore/LocalUpload/ab/ctx/"
    made = server.put("~/environments/built/versions/1", {"build": {"contextUri": url}})
    assert made["properties"]["build"]["contextUri"] == (
        "azureml://subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/dev-ml-rg"
        "/workspaces/dev-ml-ws/datastores/workspaceblobstore/paths/LocalUpload/ab/ctx/"
    )
    elsewhere = {"build": {"contextUri": "https://github.com/x/storage/y"}}
    kept = server.put("~/environments/far/versions/1", elsewhere)
    assert kept["properties"]["build"] == elsewhere["build"]


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("schedules", "schedules"),
        ("onlineEndpoints/e/deployments/d", "online endpoints"),
        ("batchEndpoints/e", "batch endpoints"),
        ("connections/c", "connections"),
    ],
)
def test_what_is_not_built_yet_is_refused_by_name(server: Server, path: str, noun: str) -> None:
    for method in ("GET", "PUT"):
        answer = server.ask(method, f"~/{path}", {} if method == "PUT" else None)
        assert answer.status == 400
        assert answer.json["error"]["message"] == f"{noun} are not supported yet"


def test_clouds_are_told_as_each_client_wants_them(server: Server) -> None:
    """As the clients ask: a list for 2019-05-01, one object from 2022 on; no token."""
    path = "/metadata/endpoints?api-version="
    old = server.ask("GET", f"{path}2019-05-01", token=None).json
    new = server.ask("GET", f"{path}2022-09-01", token=None).json
    assert old == [new]
    for key in ("name", "portal", "resourceManager"):
        assert new[key]
    assert new["authentication"]["loginEndpoint"]
    assert new["suffixes"]["storage"] == "penstock.local"
