"""`az ml` for what a workspace holds besides jobs, and `az group`."""

from __future__ import annotations

import json
from pathlib import Path

import aml_projects as projects
import pytest
from azbench import Az
from mlserver import WORKSPACE, Server

NO_TTY = "ERROR: Unable to prompt for confirmation as no tty available. Use --yes.\n"
GIVEN = ("--resource-group", "dev-ml-rg", "--workspace-name", "dev-ml-ws")


def test_a_workspace_is_made_shown_and_listed(server: Server, az: Az) -> None:
    made = az("ml", "workspace", "create", "-n", "dev-ml-ws", "-g", "dev-ml-rg", "--tags", "a=b")
    assert made.code == 0, made.err
    assert json.loads(made.out)["id"] == WORKSPACE
    shown = json.loads(az("ml", "workspace", "show", "-n", "dev-ml-ws", "-g", "dev-ml-rg").out)
    # keys recorded from the SDK (_entity_to_dict.json, workspace)
    keys = "name location id resource_group description discovery_url display_name hbi_workspace"
    more = "storage_account key_vault application_insights tags mlflow_tracking_uri identity"
    assert set(f"{keys} {more} public_network_access".split()) <= shown.keys()
    assert shown["tags"] == {"a": "b"}
    listed = az("ml", "workspace", "list", "--query", "[].name", "-o", "tsv")
    assert listed.out == "dev-ml-ws\n"
    changed = az(
        "ml", "workspace", "update", "-n", "dev-ml-ws", "-g", "dev-ml-rg", "--set", "tags.c=d"
    )
    assert json.loads(changed.out)["tags"] == {"a": "b", "c": "d"}
    delete = ("ml", "workspace", "delete", "-n", "dev-ml-ws", "-g", "dev-ml-rg")
    unasked = az(*delete)
    assert (unasked.code, unasked.err) == (1, NO_TTY)
    assert az(*delete, "-y").code == 0
    assert az("ml", "workspace", "list").out == "[]\n"


def test_a_workspace_from_a_file(server: Server, az: Az, folder: Path) -> None:
    text = "name: other\nlocation: westeurope\ndisplay_name: Other one\ntags: {x: y}\n"
    (folder / "ws.yml").write_text(text)
    made = az("ml", "workspace", "create", "--file", "ws.yml", "-g", "rg", "--set", "tags.x=z")
    shown = json.loads(made.out)
    assert (shown["name"], shown["location"], shown["tags"]) == ("other", "westeurope", {"x": "z"})
    assert shown["display_name"] == "Other one"


def test_the_option_decides_over_the_files_resource_group(
    server: Server, az: Az, folder: Path
) -> None:
    (folder / "ws.yml").write_text("name: w\nresource_group: other\n")
    made = az("ml", "workspace", "create", "--file", "ws.yml", "-g", "rg")
    assert json.loads(made.out)["resource_group"] == "rg"
    told = "WARNING: the file says resource_group: other; the workspace is in rg, as -g says\n"
    assert made.err == told


def test_options_without_an_effect_are_named(server: Server, az: Az) -> None:
    given = ("--kind", "project", "--managed-network", "disabled", "--update-dependent-resources")
    made = az("ml", "workspace", "create", "-n", "w", "-g", "rg", *given)
    assert made.code == 0, made.err
    assert made.err.splitlines()[:3] == [
        "note: --kind has no effect on this machine",
        "note: --update-dependent-resources/-u has no effect on this machine",
        'note[PS3042]: "managed_network" has no effect on this machine',
    ]
    assert "--hub-id" in az("ml", "workspace", "create", "--help").out


@pytest.mark.parametrize("command", [("job", "list"), ("data", "list"), ("compute", "list")])
def test_a_workspace_that_is_not_there_is_explained(
    server: Server, az: Az, command: tuple[str, str]
) -> None:
    ended = az("ml", *command, *GIVEN)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "ERROR: (ResourceNotFound) workspace 'dev-ml-ws' in resource group 'dev-ml-rg' does not"
        " exist\n"
        "create it:  penstock az ml workspace create --name dev-ml-ws"
        " --resource-group dev-ml-rg\n"
        "or declare what it holds, as Azure ML YAML files, in .penstock/workspaces/dev-ml-ws/\n"
    )


def test_showing_what_is_not_there_ends_with_3(workspace: Server, az: Az) -> None:
    for command in (
        ("workspace", "show", "-n", "none"),
        ("compute", "show", "-n", "none"),
        ("data", "show", "-n", "none", "-v", "1"),
        ("environment", "show", "-n", "none", "-l", "latest"),
        ("job", "show", "-n", "none"),
    ):
        ended = az("ml", *command)
        assert (ended.code, ended.out) == (3, ""), command
        assert ended.err.startswith("ERROR: (")


def test_a_compute_from_options(workspace: Server, az: Az) -> None:
    made = az(
        *("ml", "compute", "create", "--name", "big", "--type", "AmlCompute", "--size", "S"),
        *("--min-instances", "1", "--max-instances", "8", "--tier", "low_priority"),
        *("--idle-time-before-scale-down", "300"),
    )
    assert made.code == 0, made.err
    shown = json.loads(made.out)
    # keys recorded from the SDK (_entity_to_dict.json, compute)
    keys = "name id type location provisioning_state size min_instances max_instances"
    more = "idle_time_before_scale_down ssh_public_access_enabled network_settings"
    assert set(f"{keys} {more} enable_node_public_ip".split()) <= shown.keys()
    assert (shown["type"], shown["tier"], shown["size"]) == ("amlcompute", "low_priority", "S")
    counts = (shown["min_instances"], shown["max_instances"])
    assert (counts, shown["idle_time_before_scale_down"]) == ((1, 8), 300)
    listed = az("ml", "compute", "list", "--query", "sort([].name)", "-o", "tsv")
    assert listed.out == "big\ncpu-cluster\n"
    assert az("ml", "compute", "stop", "-n", "big").code == 0
    unasked = az("ml", "compute", "delete", "-n", "big")
    assert (unasked.code, unasked.err) == (1, NO_TTY)
    assert az("ml", "compute", "delete", "-n", "big", "--yes").code == 0
    assert az("ml", "compute", "show", "-n", "big").code == 3


def test_wrong_options_are_shown_like_yaml(workspace: Server, az: Az) -> None:
    ended = az("ml", "compute", "create", "-n", "c", "--type", "amlcluster", "--max-instances", "x")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        'error[PS3006]: "type" cannot be "amlcluster"\n'
        " --> command line:1:6\n"
        "  |\n"
        "1 | type=amlcluster\n"
        "  |      ^^^^^^^^^^ expected amlcompute, computeinstance, kubernetes, virtualmachine or"
        " synapsespark\n"
        "  |\n"
        '  = help: did you mean "amlcompute"?\n'
        "ERROR: the compute was not created\n"
    )


@pytest.mark.parametrize("inner", ["data.csv", "set", "set/"])
def test_data_is_uploaded_once_and_numbered(
    workspace: Server, az: Az, folder: Path, inner: str
) -> None:
    projects.write(folder, {"data.csv": "a\n1\n", "set/x/one.csv": "1", "set/two.csv": "2"})
    type = "uri_file" if inner.endswith(".csv") else "uri_folder"
    create = ("ml", "data", "create", "-n", "d", "--path", inner, "--type", type)
    first, second = json.loads(az(*create).out), json.loads(az(*create).out)
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["path"] == second["path"]
    assert first["path"].startswith("azureml://datastores/workspaceblobstore/paths/LocalUpload/")
    stored = workspace.home.storage / "dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001"
    place = stored / "workspaceblobstore" / first["path"].partition("/paths/")[2]
    if type == "uri_file":
        assert place.read_text() == "a\n1\n"
    else:
        names = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
        assert names == {"two.csv", "x/one.csv"}
    # keys recorded from the SDK (_entity_to_dict.json, data)
    keys = "name id tags version creation_context path properties type"
    assert set(keys.split()) <= first.keys()
    latest = az("ml", "data", "show", "-n", "d", "--label", "latest", "--query", "version")
    assert latest.out == '"2"\n'
    versions = az("ml", "data", "list", "-n", "d", "--query", "[].version", "-o", "tsv")
    assert versions.out == "2\n1\n"


def test_data_elsewhere_is_not_uploaded(workspace: Server, az: Az) -> None:
    url = "https://example.org/a.csv"
    made = az("ml", "data", "create", "-n", "far", "-v", "7", "--path", url, "-t", "uri_file")
    assert json.loads(made.out)["path"] == url
    assert json.loads(made.out)["version"] == "7"


def test_local_data_that_is_missing_is_told_before_anything_is_sent(
    workspace: Server, az: Az, folder: Path
) -> None:
    (folder / "dta.yml").write_text("name: d\ntype: uri_file\npath: ./dta.csv\n")
    (folder / "data.csv").write_text("a")
    ended = az("ml", "data", "create", "--file", "dta.yml")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        'error[PS3021]: the path "./dta.csv" does not exist\n'
        " --> dta.yml:3:7\n"
        "  |\n"
        "2 | type: uri_file\n"
        "3 | path: ./dta.csv\n"
        "  |       ^^^^^^^^^ looked for dta.csv\n"
        "  |\n"
        '  = help: did you mean "./data.csv"?\n'
        "ERROR: the data was not created\n"
    )
    assert az("ml", "data", "list").out == "[]\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--path f.csv", 'the path "f.csv" is a file, and uri_folder is a folder'),
        ("--path dir --type uri_file", 'the path "dir" is a folder, and uri_file is one file'),
        ("--path dir --type mltable", 'the path "dir" has no file "MLTable"'),
        ("--path f.csv --type mltable", 'the path "f.csv" is a file, and mltable is a folder'),
        ("--path mlt --type mltable", 'this "[" is never closed'),
    ],
)
def test_data_that_is_not_what_its_type_says_is_refused(
    workspace: Server, az: Az, folder: Path, given: str, message: str
) -> None:
    """As azure-ai-ml refuses it: "File path does not match asset type"."""
    projects.write(folder, {"f.csv": "1", "dir/a.csv": "1", "mlt/MLTable": "paths: [\n"})
    ended = az("ml", "data", "create", "-n", "d", *given.split())
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err.splitlines()[0]
    assert ended.err.endswith("ERROR: the data was not created\n")


def test_an_environment_from_options_and_a_conda_file(
    workspace: Server, az: Az, folder: Path
) -> None:
    (folder / "conda.yml").write_text("name: e\nchannels: [conda-forge]\ndependencies: [pip]\n")
    made = az(
        *("ml", "environment", "create", "--name", "e", "--image", "python:3.11"),
        *("--conda-file", "conda.yml", "--tags", "a=b"),
    )
    assert made.code == 0, made.err
    shown = json.loads(made.out)
    # shape recorded from the SDK (_entity_to_dict.json, env)
    assert shown["id"] == f"azureml:{WORKSPACE}/environments/e/versions/1"
    assert shown["image"] == "python:3.11"
    assert shown["conda_file"] == {
        "channels": ["conda-forge"],
        "dependencies": ["pip"],
        "name": "e",
    }
    assert (shown["version"], shown["tags"], shown["resourceGroup"]) == (
        "1",
        {"a": "b"},
        "dev-ml-rg",
    )
    again = az("ml", "environment", "create", "--name", "e", "--image", "python:3.12")
    assert json.loads(again.out)["version"] == "2"
    assert az("ml", "environment", "archive", "-n", "e", "-v", "1").code == 0
    left = az("ml", "environment", "list", "-n", "e", "--query", "[].version", "-o", "tsv")
    assert left.out == "2\n"
    both = ("--include-archived", "--query", "[].version", "-o", "tsv")
    assert az("ml", "environment", "list", "-n", "e", *both).out == "2\n1\n"


def test_a_build_context_is_uploaded(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, {"ctx/Dockerfile": "FROM python\n"})
    made = az("ml", "environment", "create", "-n", "b", "--build-context", "ctx")
    assert made.code == 0, made.err
    path = json.loads(made.out)["build"]["path"]
    assert path.startswith(workspace.listener.url) and path.endswith("/ctx/")
    stored = list(workspace.home.storage.rglob("ctx/Dockerfile"))
    assert [file.read_text() for file in stored] == ["FROM python\n"]


def test_a_component_is_registered_with_its_code(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, projects.COMPONENT)
    made = az("ml", "component", "create", "--file", "component.yml")
    assert made.code == 0, made.err
    shown = json.loads(made.out)
    assert (shown["name"], shown["version"], shown["type"]) == ("component_a", "1", "command")
    assert shown["code"].startswith(f"azureml:{WORKSPACE}/codes/")
    assert shown["id"] == f"azureml:{WORKSPACE}/components/component_a/versions/1"
    other = az("ml", "component", "create", "-f", "component.yml", "--version", "5")
    assert json.loads(other.out)["version"] == "5"
    assert json.loads(other.out)["code"] == shown["code"]  # the same snapshot
    names = az("ml", "component", "list", "--query", "[].[name, latest_version]", "-o", "tsv")
    assert names.out == "component_a\t5\n"


def test_a_component_of_included_files_alone(workspace: Server, az: Az, folder: Path) -> None:
    """As azure-ai-ml has it: without code, the snapshot is what is laid beside it."""
    text = "name: c\ntype: command\ncommand: python lib/t.py\nenvironment: azureml:e@latest\n"
    files = {"c.yml": f"{text}additional_includes: [lib]\n", "lib/t.py": "print(1)\n"}
    projects.write(folder, files)
    made = az("ml", "component", "create", "--file", "c.yml")
    assert made.code == 0, made.err
    assert json.loads(made.out)["code"].startswith(f"azureml:{WORKSPACE}/codes/")
    stored = [file.read_text() for file in workspace.home.storage.rglob("lib/t.py")]
    assert stored == ["print(1)\n"]


def test_a_component_with_a_hyphen_in_its_name_is_refused(
    workspace: Server, az: Az, folder: Path
) -> None:
    (folder / "c.yml").write_text("name: a-b\ncommand: echo\nenvironment: azureml:e@latest\n")
    ended = az("ml", "component", "create", "--file", "c.yml")
    assert ended.code == 1
    assert ended.err.splitlines()[0].startswith('error[PS3007]: the component\'s name "a-b"')


def test_a_model_of_local_files(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, {"model/MLmodel": "flavors: {}\n"})
    made = az(
        *("ml", "model", "create", "-n", "m", "--path", "./model", "--type", "mlflow_model"),
        *("--stage", "Production"),
    )
    assert made.code == 0, made.err
    shown = json.loads(made.out)
    assert shown["type"] == "mlflow_model"
    # recorded: models_create
    assert shown["path"].startswith(
        "azureml://subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/dev-ml-rg"
        "/workspaces/dev-ml-ws/datastores/workspaceblobstore/paths/LocalUpload/"
    )


def test_a_datastore_from_a_file(workspace: Server, az: Az, folder: Path) -> None:
    text = "name: mine\ntype: azure_blob\naccount_name: acc\ncontainer_name: c\n"
    (folder / "store.yml").write_text(text)
    made = az("ml", "datastore", "create", "--file", "store.yml")
    assert made.code == 0, made.err
    assert json.loads(made.out)["type"] == "azure_blob"
    assert made.err.startswith("note[PS3042]: a datastore is a folder of this machine")
    listed = az("ml", "datastore", "list", "--query", "contains([].name, 'mine')")
    assert listed.out == "true\n"
    assert az("ml", "datastore", "delete", "-n", "mine").code == 0


def test_registries_are_refused_by_name(workspace: Server, az: Az) -> None:
    ended = az("ml", "data", "list", "--registry-name", "r")
    assert (ended.code, ended.err) == (
        1,
        "ERROR: --registry-name is not supported here yet: use a workspace\n",
    )


def test_resource_groups(server: Server, az: Az) -> None:
    made = az("group", "create", "--name", "rg", "--location", "westeurope", "--tags", "a=b")
    assert made.code == 0, made.err
    assert json.loads(made.out)["properties"] == {"provisioningState": "Succeeded"}
    assert az("group", "show", "-n", "rg", "--query", "location", "-o", "tsv").out == "westeurope\n"
    assert az("group", "list", "--query", "[].name", "-o", "tsv").out == "rg\n"
    assert az("group", "list", "--tag", "a=c").out == "[]\n"
    assert az("group", "exists", "-n", "rg").out == "true\n"
    assert az("group", "exists", "-n", "none").out == "false\n"
    missing = az("group", "show", "-n", "none")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err.startswith(
        "ERROR: (ResourceGroupNotFound) Resource group 'none' could not be found.\n"
    )


def test_a_wrong_token_is_told(workspace: Server, az: Az, environ: dict[str, str]) -> None:
    environ["PENSTOCK_TOKEN"] = "other"
    ended = az("ml", "job", "list")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("ERROR: (")
    assert "other" not in ended.err
