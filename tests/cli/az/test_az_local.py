"""Commands that need no service. Texts and exit codes are those of azure-cli 2.91."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from azbench import Az

from penstock.cli.hosting.launcher import write_launcher

REFERENCE = "\nhttps://aka.ms/cli_ref\nRead more about the command in reference docs\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("bogus", "'bogus' is misspelled or not recognized by the system.\n"),
        (
            "account shw",
            "'shw' is misspelled or not recognized by the system.\nDid you mean 'show' ?\n",
        ),
        ("account", "the following arguments are required: _subcommand\n"),
        ("account show --bogus", "unrecognized arguments: --bogus\n"),
        ("account show extra", "unrecognized arguments: extra\n"),
        (
            "account set",
            "the following arguments are required: --subscription/-s/--name/-n\n",
        ),
        (
            "group create",
            "the following arguments are required: --name/--resource-group/-n/-g, --location/-l\n",
        ),
        ("group create -n", "argument --name/--resource-group/-n/-g: expected one argument\n"),
        ("configure --defaults", "argument --defaults/-d: expected at least one argument\n"),
        (
            "account show -o bogus",
            "az account show: 'bogus' is not a valid value for '--output'."
            " Allowed values: json, jsonc, yaml, yamlc, table, tsv, none.\n",
        ),
        (
            "ml job create",
            "the following arguments are required:"
            " --file/-f, --resource-group/-g, --workspace-name/-w\n",
        ),
        (
            "ml job crate",
            "'crate' is misspelled or not recognized by the system.\nDid you mean 'create' ?\n",
        ),
    ],
)
def test_misuse_is_told_as_az_tells_it(az: Az, arguments: str, message: str) -> None:
    ended = az(*arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"ERROR: {message}{REFERENCE}"


def test_a_wrong_query_is_told_before_anything_is_done(az: Az) -> None:
    ended = az("account", "show", "--query", "[?")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "ERROR: argument --query: invalid jmespath_type value: '[?'\n"
        "To learn more about --query, please visit:"
        " 'https://learn.microsoft.com/cli/azure/query-azure-cli'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("config get nothing.x", "Configuration 'nothing.x' is not set."),
        ("config set foo", "usage error: [section].[name]=[value] ..."),
        ("configure --defaults foo", "usage error: --defaults STRING=STRING STRING=STRING ..."),
        ("extension add", "usage error: --name NAME | --source SOURCE"),
        (
            "extension show -n other",
            "The extension other is not installed."
            " Please install the extension via `az extension add -n other`.",
        ),
        ("cloud set -n Foo", "The cloud 'Foo' is not registered."),
        (
            "login --service-principal",
            "usage error: --service-principal --username NAME --password SECRET --tenant TENANT",
        ),
        (
            "account set -s other",
            "The subscription of 'other' doesn't exist in cloud 'AzureCloud'.",
        ),
        (
            "ml online-endpoint create -f x.yml",
            "az ml online-endpoint is not supported here yet; az ml --help lists what is",
        ),
        (
            "ml job connect-ssh -n x",
            "az ml job connect-ssh is not supported here yet; az ml --help lists what is",
        ),
        (
            "storage account list",
            "az storage account list is not one of the commands that run here, and no other az is"
            " on the PATH; az --help lists what is here",
        ),
    ],
)
def test_other_failures_end_with_code_1(az: Az, arguments: str, message: str) -> None:
    ended = az(*arguments.split())
    assert (ended.code, ended.out, ended.err) == (1, "", f"ERROR: {message}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        "--version",
        "version",
        "login",
        "login --identity",
        "login --service-principal -u id --password=secret --tenant t --allow-no-subscriptions",
        "login --service-principal -u id --federated-token T --tenant t",
        "cloud set -n AzureCloud",
        "account show",
        "account clear",
        "logout",
        "extension add -n ml -y",
        "extension add --name ml --upgrade --yes",
        "extension list",
        "extension show --name ml",
        "extension update -n ml",
        "extension remove -n ml",
        "provider register --namespace Microsoft.MachineLearningServices",
        "--help",
        "ml --help",
        "ml job create -h",
    ],
)
def test_commands_of_every_pipeline_succeed(az: Az, arguments: str) -> None:
    assert az(*arguments.split()).code == 0


def test_version_names_az_and_the_ml_extension(az: Az) -> None:
    assert az("--version").out.startswith("azure-cli                         2.91.0\n")
    assert json.loads(az("version").out)["extensions"].keys() == {"ml"}


def test_the_local_subscription_is_shown(az: Az) -> None:
    shown = json.loads(az("account", "show").out)
    assert shown["id"] == "00000000-0000-0000-0000-000000000001"
    assert (shown["name"], shown["environmentName"]) == ("Penstock (local)", "AzureCloud")
    assert az("account", "list", "--query", "[].name", "-o", "tsv").out == "Penstock (local)\n"


def test_a_chosen_subscription_stays_chosen(az: Az) -> None:
    other = "12345678-0000-0000-0000-123456789012"
    assert az("account", "set", "--subscription", other).code == 0
    assert az("account", "show", "--query", "id", "-o", "tsv").out == f"{other}\n"
    assert az("account", "set", "--subscription", "Penstock (local)").code == 0
    assert az("account", "show", "--query", "id", "-o", "tsv").out.endswith("01\n")


def test_defaults_are_kept_as_the_real_az_keeps_them(az: Az, environ: dict[str, str]) -> None:
    az("configure", "--defaults", "group=g", "workspace=w")
    file = Path(environ["AZURE_CONFIG_DIR"], "config")
    assert file.read_text() == "[defaults]\ngroup = g\nworkspace = w\n\n"
    assert json.loads(az("configure", "--list-defaults").out) == [
        {"name": "group", "source": str(file), "value": "g"},
        {"name": "workspace", "source": str(file), "value": "w"},
    ]
    az("config", "set", "defaults.group=h", "core.output=tsv")
    assert az("config", "get", "defaults.group", "--query", "value").out == "h\n"
    az("config", "unset", "core.output")
    az("configure", "-d", "workspace=")
    assert file.read_text() == "[defaults]\ngroup = h\n\n[core]\n\n"


def test_settings_of_others_survive(az: Az, environ: dict[str, str]) -> None:
    file = Path(environ["AZURE_CONFIG_DIR"], "config")
    file.parent.mkdir()
    file.write_text("[cloud]\nname = AzureCloud\n\n# a remark\n[defaults]\nlocation=x\n")
    az("configure", "--defaults", "group=g")
    assert (
        file.read_text() == "[cloud]\nname = AzureCloud\n\n[defaults]\nlocation = x\ngroup = g\n\n"
    )


def test_the_settings_of_the_users_own_az_are_left_alone(
    az: Az, environ: dict[str, str], tmp_path: Path
) -> None:
    """In a job they last as long as the job; elsewhere they are kept in the store."""
    del environ["AZURE_CONFIG_DIR"]
    environ |= {"HOME": str(tmp_path), "PENSTOCK_HOME": str(tmp_path / "store")}
    assert az("configure", "--defaults", "group=g").code == 0
    assert (tmp_path / "store/azure/config").read_text() == "[defaults]\ngroup = g\n\n"
    environ |= {"PENSTOCK_ORIGIN": "1/Job/step1", "AGENT_TEMPDIRECTORY": str(tmp_path / "temp")}
    assert az("configure", "--defaults", "group=h").code == 0
    assert (tmp_path / "temp/.azure/config").read_text() == "[defaults]\ngroup = h\n\n"
    assert not (tmp_path / ".azure").exists()


def test_a_real_az_takes_over_what_is_not_ours(folder: Path, tmp_path: Path) -> None:
    real, ours = tmp_path / "real", tmp_path / "ours"
    real.mkdir()
    script = real / "az"
    script.write_text('#!/bin/sh\necho "real $*"\nexit 7\n')
    script.chmod(0o755)
    az = write_launcher(ours)
    path = f"{ours}:{tmp_path / 'none'}:{real}:/usr/bin:/bin"
    environ = {"PATH": path, "AZURE_CONFIG_DIR": str(tmp_path)}
    ended = subprocess.run((az, "vm", "list"), env=environ, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (7, "real vm list\n")
    ended = subprocess.run((az, "version"), env=environ, capture_output=True, text=True)
    assert (ended.returncode, json.loads(ended.stdout)["azure-cli"]) == (0, "2.91.0")
    ended = subprocess.run((az, "ml", "registry", "list"), env=environ, capture_output=True)
    assert ended.returncode == 1  # az ml never leaves this machine


def test_the_launcher_is_not_led_astray_by_a_jobs_variables(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('wrong json')\n")
    az = write_launcher(tmp_path / "bin")
    assert az.stat().st_mode & stat.S_IXUSR
    environ = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(tmp_path),
        "PYTHONHOME": "/nowhere",
        "AZURE_CONFIG_DIR": str(tmp_path),
    }
    ended = subprocess.run(
        ("az", "account", "show", "--query", "state"),
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        executable=az,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, '"Enabled"\n', "")


def test_the_launcher_stands_long_paths_and_blanks(tmp_path: Path) -> None:
    long = tmp_path / ("a b" * 50)
    long.mkdir()
    python = long / "python"
    python.symlink_to(sys.executable)
    script = (
        "import sys; sys.executable = sys.argv[1]\n"
        "from pathlib import Path\n"
        "from penstock.cli.hosting.launcher import write_launcher\n"
        "write_launcher(Path(sys.argv[2]))\n"
    )
    subprocess.run((sys.executable, "-c", script, python, tmp_path / "bin"), check=True)
    ended = subprocess.run((tmp_path / "bin" / "az", "--version"), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("azure-cli")


def test_a_service_that_is_gone_is_named(az: Az, environ: dict[str, str]) -> None:
    environ.update(PENSTOCK_ENDPOINT="http://127.0.0.1:1", PENSTOCK_TOKEN="t")
    ended = az("ml", "job", "list", "-g", "g", "-w", "w")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "ERROR: the service at http://127.0.0.1:1 does not answer ([Errno 111] Connection refused);"
        " inside of a run it ends with the run, else see: penstock service status\n"
    )


def test_nothing_heavy_is_imported_for_local_commands(tmp_path: Path) -> None:
    heavy = (
        "click",
        "rich",
        "yaml",
        "jmespath",
        "http",
        "argparse",
        "logging",
        "asyncio",
        "sqlalchemy",
        "azure",
        "penstock.language",
        "penstock.ml",
        "penstock.server",
        "penstock.store",
    )
    script = (
        "import sys\n"
        "from penstock.cli.az.main import main\n"
        "assert main(['account', 'show', '-o', 'tsv'], {'AZURE_CONFIG_DIR': '/nowhere'}) == 0\n"
        f"print(sorted(set(sys.modules) & set({heavy!r})))\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        (sys.executable, "-c", script), env=environ, capture_output=True, text=True
    )
    assert ended.stdout.splitlines()[-1:] == ["[]"], ended.stderr


@pytest.mark.parametrize("command", ["config get --bogus", "config set --bogus defaults.group=a"])
def test_an_option_that_is_not_known_is_refused_before_positionals_too(
    az: Az, command: str
) -> None:
    ended = az(*command.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("ERROR: unrecognized arguments: --bogus")


@pytest.mark.parametrize("command", ["ml job list -w w", "ml data list -w w", "ml workspace list"])
def test_a_number_of_results_that_is_none_is_refused(az: Az, command: str) -> None:
    ended = az(*command.split(), "-g", "g", "--max-results", "few")
    assert ended.code == 2
    assert ended.err.startswith("ERROR: argument --max-results: invalid int value: 'few'")


@pytest.mark.parametrize("option", ["--add", "--remove", "--file"])
def test_what_a_workspace_is_not_updated_by_is_refused(az: Az, option: str) -> None:
    ended = az("ml", "workspace", "update", "-n", "w", "-g", "g", option, "x")
    assert ended.code == 1
    assert ended.err.startswith(f"ERROR: {option} is not supported here: ")
