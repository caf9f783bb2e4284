"""Workspaces declared in the repository are made on first use, once, and never changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import aml_projects as projects
from azbench import Az
from mlserver import Server

GIVEN = ("-g", "dev-ml-rg", "-w", "dev-ml-ws")
PLACE = ".penstock/workspaces/dev-ml-ws"
DECLARED = {
    f"{PLACE}/compute.yml": "name: small\ntype: amlcompute\nmax_instances: 1\n",
    f"{PLACE}/assets/environment.yml": "name: python\nversion: 3\nimage: python\n",
    f"{PLACE}/assets/data.yaml": "name: numbers\nversion: 1\ntype: uri_file\n"
    "path: ../../../../n.csv\n",
    f"{PLACE}/note.txt": "not YAML",
    "n.csv": "1\n",
    "job.yml": """
type: pipeline
settings: {default_compute: azureml:small}
inputs: {data: {type: uri_file, path: azureml:numbers@latest}}
jobs:
  show:
    command: cat ${{inputs.data}}
    environment: azureml:python@latest
    inputs: {data: "${{parent.inputs.data}}"}
""",
}
DIRECT = "command: ls\nenvironment: azureml:python@latest\n"
MADE = (
    f"created workspace dev-ml-ws (declared in {PLACE})\n"
    f"created compute small (declared in {PLACE}/compute.yml)\n"
    f"created environment python:3 (declared in {PLACE}/assets/environment.yml)\n"
    f"created data numbers:1 (declared in {PLACE}/assets/data.yaml)\n"
)


def test_what_is_declared_is_made_before_the_first_job(
    server: Server, az: Az, folder: Path
) -> None:
    projects.write(folder, DECLARED)
    first = az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert (first.code, first.err) == (0, MADE)
    second = az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert (second.code, second.err) == (0, "")


def test_it_is_found_from_a_folder_below_and_by_the_sources_directory(
    server: Server, az: Az, folder: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    projects.write(folder, DECLARED)
    (folder / "src").mkdir()
    os.chdir(folder / "src")
    ended = az("ml", "compute", "list", *GIVEN, "--query", "[].name", "-o", "tsv")
    assert (ended.code, ended.out) == (0, "small\n")
    assert ended.err.startswith(f"created workspace dev-ml-ws (declared in ../{PLACE})\n")
    (tmp_path / "elsewhere" / ".git").mkdir(parents=True)
    os.chdir(tmp_path / "elsewhere")
    other = ("-g", "other-rg", "-w", "dev-ml-ws")
    assert az("ml", "compute", "list", *other).code == 1
    environ["BUILD_SOURCESDIRECTORY"] = str(folder)
    assert az("ml", "compute", "list", *other).code == 0


def test_the_search_ends_at_the_repositorys_root(
    server: Server, az: Az, folder: Path, tmp_path: Path
) -> None:
    projects.write(tmp_path, {f"{PLACE}/compute.yml": "name: small\ntype: amlcompute\n"})
    assert az("ml", "compute", "list", *GIVEN).code == 1


def test_what_is_there_already_is_left_alone(server: Server, az: Az, folder: Path) -> None:
    server.workspace()
    mine = ("ml", "environment", "create", "-n", "python", "-v", "3", "--image", "mine", *GIVEN)
    assert az(*mine).code == 0
    projects.write(folder, DECLARED)
    ended = az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert (ended.code, ended.err) == (
        0,
        f"created compute small (declared in {PLACE}/compute.yml)\n"
        f"note: environment python:3 was made before {PLACE}/assets/environment.yml said what it "
        "says now, and stays as it is; give it a new version to use the change\n"
        f"created data numbers:1 (declared in {PLACE}/assets/data.yaml)\n",
    )
    shown = az("ml", "environment", "show", "-n", "python", "-v", "3", *GIVEN)
    assert json.loads(shown.out)["image"] == "mine"


def test_what_is_declared_later_is_made_later(server: Server, az: Az, folder: Path) -> None:
    projects.write(folder, DECLARED)
    assert az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none").code == 0
    later = "name: python\nversion: 4\nimage: python:3.12\n"
    projects.write(folder, {f"{PLACE}/next.yml": later})
    ended = az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert ended.err == f"created environment python:4 (declared in {PLACE}/next.yml)\n"


def test_content_that_changes_under_a_version_is_told_each_time(
    server: Server, az: Az, folder: Path
) -> None:
    projects.write(folder, DECLARED)
    submit = ("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert az(*submit).code == 0
    projects.write(folder, {"n.csv": "1\n2\n"})
    note = (
        f"note: data numbers:1 was made before {PLACE}/assets/data.yaml said what it says now, "
        "and stays as it is; give it a new version to use the change\n"
    )
    assert az(*submit).err == note
    assert az(*submit).err == note
    raised = DECLARED[f"{PLACE}/assets/data.yaml"].replace("version: 1", "version: 2")
    projects.write(folder, {f"{PLACE}/assets/data.yaml": raised})
    assert az(*submit).err == f"created data numbers:2 (declared in {PLACE}/assets/data.yaml)\n"
    assert az(*submit).err == ""


def test_what_is_declared_without_a_version_gets_the_next_when_its_content_changes(
    server: Server, az: Az, folder: Path
) -> None:
    """As `az ml data create` and `az ml environment create` do for files without a version."""
    files = {
        f"{PLACE}/data.yml": "name: numbers\ntype: uri_file\npath: ../../../n.csv\n",
        f"{PLACE}/environment.yml": "name: python\nimage: python\nconda_file: conda.yml\n",
        f"{PLACE}/conda.yml": "dependencies: [python=3.11]\n",
        "n.csv": "1\n",
        "job.yml": DIRECT,
    }
    projects.write(folder, files)
    submit = ("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert az(*submit).err == (
        f"created workspace dev-ml-ws (declared in {PLACE})\n"
        f"created environment python:1 (declared in {PLACE}/environment.yml)\n"
        f"created data numbers:1 (declared in {PLACE}/data.yml)\n"
    )
    assert az(*submit).err == ""
    projects.write(folder, {f"{PLACE}/conda.yml": "dependencies: [python=3.12]\n"})
    assert (
        az(*submit).err == f"created environment python:2 (declared in {PLACE}/environment.yml)\n"
    )
    projects.write(folder, {"n.csv": "1\n2\n"})
    assert az(*submit).err == f"created data numbers:2 (declared in {PLACE}/data.yml)\n"
    assert az(*submit).err == ""


def test_a_declared_workspace_has_what_its_file_says(server: Server, az: Az, folder: Path) -> None:
    text = "name: anything\nlocation: westeurope\ntags: {team: a}\n"
    projects.write(folder, {f"{PLACE}/workspace.yml": text})
    shown = az("ml", "workspace", "show", "-n", "dev-ml-ws", "-g", "dev-ml-rg")
    workspace = json.loads(shown.out)
    assert (workspace["name"], workspace["location"]) == ("dev-ml-ws", "westeurope")
    assert workspace["tags"]["team"] == "a"


def test_a_wrong_declaration_makes_nothing(server: Server, az: Az, folder: Path) -> None:
    wrong = {f"{PLACE}/compute.yml": "name: small\ntype: amlcompute\nmax_nodes: 3\n"}
    projects.write(folder, {**DECLARED, **wrong})
    ended = az("ml", "job", "create", "-f", "job.yml", *GIVEN)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        'error[PS3004]: "max_nodes" is not a field of an amlcompute compute\n'
        f" --> {PLACE}/compute.yml:3:1\n"
        "  |\n"
        "2 | type: amlcompute\n"
        "3 | max_nodes: 3\n"
        "  | ^^^^^^^^^ unknown field\n"
        "  |\n"
        '  = help: did you mean "max_instances"?\n'
        "ERROR: what is declared for the workspace is not right; nothing was created\n"
    )
    assert az("ml", "workspace", "list").out == "[]\n"


def test_files_that_a_declaration_names_are_no_declarations(
    server: Server, az: Az, folder: Path
) -> None:
    """A conda file, a build context or a component's code may lie beside what names it."""
    conda = "name: python\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n"
    component = (
        "type: command\nname: show\nversion: 1\ncommand: ls\nenvironment: azureml:python:4\n"
    )
    environment = "name: python\nversion: 4\nimage: python\nconda_file: conda.yml\n"
    files = {
        f"{PLACE}/environment.yml": environment,
        f"{PLACE}/conda.yml": conda,
        f"{PLACE}/component.yml": f"{component}code: ./code\n",
        f"{PLACE}/code/settings/rates.yml": "rates: [1, 2]\n",
        f"{PLACE}/data.yml": "name: rows\nversion: 1\ntype: uri_folder\npath: rows\n",
        f"{PLACE}/rows/first.yaml": "[1, 2]\n",
    }
    projects.write(folder, files)
    ended = az("ml", "environment", "show", "-n", "python", "-v", "4", *GIVEN)
    assert (ended.code, ended.err) == (
        0,
        f"created workspace dev-ml-ws (declared in {PLACE})\n"
        f"created environment python:4 (declared in {PLACE}/environment.yml)\n"
        f"created data rows:1 (declared in {PLACE}/data.yml)\n"
        f"created component show:1 (declared in {PLACE}/component.yml)\n",
    )
    assert "python=3.11" in json.loads(ended.out)["conda_file"]["dependencies"]
    projects.write(folder, {f"{PLACE}/conda.yml": f"# a comment\n{conda}", "job.yml": DIRECT})
    again = az("ml", "job", "create", "-f", "job.yml", *GIVEN, "-o", "none")
    assert (again.code, again.err) == (0, "")


def test_names_that_are_no_folders_are_not_looked_up(server: Server, az: Az, folder: Path) -> None:
    projects.write(folder, DECLARED)
    for name in ("../workspaces/dev-ml-ws", "..", "."):
        assert az("ml", "compute", "list", "-g", "g", "-w", name).code == 1
