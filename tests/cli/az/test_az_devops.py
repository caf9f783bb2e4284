"""`az pipelines`, `az devops` and `az repos` against a real `penstock up`.

Options, texts and columns are those of the `azure-devops` extension of the Azure CLI.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from typed import Ended, Terminal, until

YAML = """\
parameters:
- {name: who, type: string, default: nobody}
trigger: none
pool: {name: Default}
steps:
- bash: echo "hello ${{ parameters.who }}"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal in a repository that was pushed to the project "My Demo" of a running server."""
    folder = tmp_path_factory.mktemp("az") / "project"
    (folder / ".penstock").mkdir(parents=True)
    terminal = Terminal(folder, folder.parent / "home")
    assert terminal.type("up", "--port", "0").code == 0
    terminal.write("ci/azure-pipelines.yml", YAML)
    git(terminal, "init", "-q", "-b", "main")
    git(terminal, "add", "-A")
    git(terminal, "commit", "-q", "-m", "1")
    assert terminal.type("push", "--project", "My Demo").code == 0
    yield terminal
    terminal.type("down")


def git(terminal: Terminal, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(
        ["git", *who, *words], cwd=terminal.folder, env=terminal.environment(), check=True
    )


def az(terminal: Terminal, *words: str, **environ: str) -> Ended:
    return terminal.type("az", *words, environ={"PATH": "/usr/bin:/bin", **environ})


def told(terminal: Terminal, *words: str) -> Any:
    ended = az(terminal, *words)
    assert ended.code == 0, ended
    return json.loads(ended.out)


def made(terminal: Terminal, name: str) -> int:
    """A new pipeline that has no run; its number."""
    words = ("--name", name, "--yml-path", "ci/azure-pipelines.yml", "--skip-first-run")
    return int(told(terminal, "pipelines", "create", *words)["id"])


def url_of(terminal: Terminal) -> str:
    return str(json.loads((terminal.home / "service.json").read_text())["url"])


def test_a_pipeline_is_made_shown_listed_and_deleted(server: Terminal) -> None:
    create = ("pipelines", "create", "--name", "Train it", "--folder-path", "models")
    of = ("--repository", "My Demo", "--repository-type", "tfsgit", "--branch", "main")
    what = ("--yaml-path", "/ci/azure-pipelines.yml", "--description", "about it")
    ended = az(server, *create, *of, *what, "--skip-first-run", "true")
    assert ended.code == 0, ended
    found = json.loads(ended.out)
    words = f"Successfully created a pipeline with Name: Train it, Id: {found['id']}."
    assert ended.err == f"WARNING: {words}\n"
    assert (found["path"], found["description"]) == ("\\models", "about it")
    assert found["process"] == {"type": 2, "yamlFilename": "ci/azure-pipelines.yml"}
    assert "_links" not in found
    again = az(server, *create, *of, *what)
    assert (again.code, again.err) == (1, "ERROR: Pipeline with name Train it already exists.\n")
    assert told(server, "pipelines", "show", "--name", "Train it")["id"] == found["id"]
    listed = told(server, "pipelines", "list", "--name", "Train*", "--query-order", "nameasc")
    assert [one["name"] for one in listed] == ["Train it"]
    assert "process" not in listed[0]
    id = str(found["id"])
    unasked = az(server, "pipelines", "delete", "--id", id)
    text = "Unable to prompt for confirmation as no tty available. Use --yes."
    assert (unasked.code, unasked.err) == (1, f"ERROR: {text}\n")
    gone = az(server, "pipelines", "delete", "--id", id, "--yes")
    assert gone.out == f"Pipeline {id} was deleted successfully.\n"
    missing = az(server, "pipelines", "show", "--name", "Train it")
    text = 'There were no build definitions matching name "Train it" in project "My Demo".'
    assert (missing.code, missing.err) == (1, f"ERROR: {text}\n")


def test_a_run_is_queued_with_parameters_and_followed_to_its_end(server: Terminal) -> None:
    pipeline = made(server, "Parameters")
    by = ("--id", str(pipeline), "--branch", "main")
    run = told(server, "pipelines", "run", *by, "--parameters", "who=a b", "--variables")
    assert run["templateParameters"] == {"who": "a b"}
    assert run["pipeline"]["name"] == "Parameters"
    show = ("pipelines", "runs", "show", "--id", str(run["id"]))
    until(lambda: told(server, *show)["status"] == "completed", "the run ended")
    build = told(server, *show)
    assert (build["result"], build["sourceBranch"]) == ("succeeded", "refs/heads/main")
    ids = ("--pipeline-ids", str(pipeline), "--top", "5")
    listed = told(server, "pipelines", "runs", "list", *ids, "--result", "Succeeded")
    assert [one["id"] for one in listed] == [run["id"]]
    assert told(server, "pipelines", "runs", "list", *ids, "--status", "inProgress") == []
    older = told(server, "pipelines", "build", "list", "--definition-ids", str(pipeline))
    assert [one["id"] for one in older] == [run["id"]]


def test_without_parameters_a_run_is_a_build(server: Terminal) -> None:
    made(server, "Plain")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=server.folder, capture_output=True, text=True
    ).stdout.strip()
    run = told(server, "pipelines", "run", "--name", "Plain", "--commit-id", head)
    assert (run["definition"]["name"], run["sourceVersion"]) == ("Plain", head)
    canceled = told(server, "pipelines", "build", "cancel", "--build-id", str(run["id"]))
    assert canceled["id"] == run["id"]


def test_the_first_run_is_queued_unless_that_is_skipped(server: Terminal) -> None:
    words = ("--name", "First", "--yml-path", "ci/azure-pipelines.yml")
    run = told(server, "pipelines", "create", *words)
    assert (run["definition"]["name"], run["sourceBranch"]) == ("First", "refs/heads/main")


def test_a_step_asks_the_server_that_runs_it_about_its_own_project(server: Terminal) -> None:
    step = 'az pipelines runs show --id $(Build.BuildId) --query status -o tsv | sed "s/^/is /"'
    server.write("ci/step.yml", f"trigger: none\npool: {{name: Default}}\nsteps:\n- bash: {step}\n")
    git(server, "add", "-A")
    git(server, "commit", "-q", "-m", "2")
    assert server.type("push").code == 0
    words = ("--name", "Step", "--yml-path", "ci/step.yml")
    run = str(told(server, "pipelines", "create", *words)["id"])
    show = ("pipelines", "runs", "show", "--id", run)
    until(lambda: told(server, *show)["status"] == "completed", "the run ended")
    assert "is inProgress" in server.type("logs", run).out


def test_a_step_written_for_azure_uses_the_token_of_its_run(server: Terminal) -> None:
    server.write(
        "ci/azure.yml",
        """\
trigger: none
pool: {name: Default}
steps:
- bash: |
    az extension add --name azure-devops
    echo $AZURE_DEVOPS_EXT_PAT | az devops login --organization $(System.CollectionUri)
    az devops configure --defaults organization=$(System.CollectionUri) project="$PROJECT"
    az pipelines show --name Called --query queueStatus -o tsv
  env:
    AZURE_DEVOPS_EXT_PAT: $(System.AccessToken)
    PROJECT: $(System.TeamProject)
""",
    )
    made(server, "Called")
    git(server, "add", "-A")
    git(server, "commit", "-q", "-m", "3")
    assert server.type("push").code == 0
    words = ("--name", "Caller", "--yml-path", "ci/azure.yml")
    run = str(told(server, "pipelines", "create", *words)["id"])
    show = ("pipelines", "runs", "show", "--id", run)
    until(lambda: told(server, *show)["status"] == "completed", "the run ended")
    assert told(server, *show)["result"] == "succeeded", server.type("logs", run).out
    assert "\nenabled" in server.type("logs", run).out


def test_the_command_that_the_portal_shows_for_a_run(server: Terminal) -> None:
    id = made(server, "Copied")
    where = f"--organization {url_of(server)}/penstock --project 'My Demo'"
    line = f"penstock az pipelines run {where} --id {id} --branch main --parameters 'who=a b'"
    ended = server.shell(line)
    assert ended.code == 0, ended
    assert json.loads(ended.out)["templateParameters"] == {"who": "a b"}


def test_tables_have_the_columns_of_the_extension(server: Terminal) -> None:
    id = made(server, "Table")
    table = az(server, "pipelines", "list", "--name", "Table", "-o", "table").out.splitlines()
    assert table[0].split() == ["ID", "Name", "Status", "Default", "Queue"]
    assert table[2].split() == [str(id), "Table", "enabled", "Default"]
    run = az(server, "pipelines", "run", "--id", str(id), "--parameters", "who=x", "-o", "table")
    head = "Run ID Number Status Result Pipeline ID Pipeline Name Source Branch Queued Time Reason"
    assert " ".join(run.out.splitlines()[0].split()) == head
    runs = az(server, "pipelines", "runs", "list", "--pipeline-ids", str(id), "-o", "table")
    assert " ".join(runs.out.splitlines()[0].split()) == head
    assert "main" in runs.out.splitlines()[2].split()
    name = az(server, "pipelines", "show", "--id", str(id), "--query", "name", "-o", "tsv")
    assert name.out == "Table\n"
    assert az(server, "pipelines", "show", "--id", str(id), "-o", "none").out == ""
    assert "name: Table\n" in az(server, "pipelines", "show", "--id", str(id), "-o", "yaml").out


def test_projects_and_repositories(server: Terminal) -> None:
    project = told(server, "devops", "project", "create", "--name", "Second", "-d", "about")
    assert (project["name"], project["description"]) == ("Second", "about")
    assert project["capabilities"]["versioncontrol"]["sourceControlType"] == "Git"
    names = told(server, "devops", "project", "list", "--query", "value[].name")
    assert {"My Demo", "Second"} <= set(names)
    table = az(server, "devops", "project", "show", "-p", "Second", "-o", "table").out
    assert table.splitlines()[0].split() == [
        "ID",
        "Name",
        "Visibility",
        "Process",
        "Source",
        "Control",
    ]
    repositories = told(server, "repos", "list", "--project", "Second")
    assert [one["name"] for one in repositories] == ["Second"]
    assert [one["name"] for one in told(server, "repos", "list")] == ["My Demo"]
    again = az(server, "devops", "project", "create", "--name", "Second")
    assert (again.code, again.err.startswith("ERROR: TF200019: ")) == (1, True)


def test_the_organization_is_an_option_a_default_or_the_server_of_this_machine(
    server: Terminal, tmp_path: Any
) -> None:
    own = f"{url_of(server)}/penstock"
    outside = Terminal(tmp_path, server.home)
    no_project = az(outside, "pipelines", "list")
    assert (no_project.code, "--project must be specified." in no_project.err) == (1, True)
    assert az(outside, "pipelines", "list", "--org", own, "-p", "My Demo").code == 0
    settings = {"AZURE_CONFIG_DIR": str(tmp_path / "azure")}
    words = ("--defaults", f"organization={own}", "project=My Demo")
    assert az(outside, "devops", "configure", *words, **settings).code == 0
    listed = az(outside, "devops", "configure", "--list", **settings)
    assert listed.out == f"\n[defaults]\norganization = {own}\nproject = My Demo\n"
    assert az(outside, "pipelines", "list", **settings).code == 0
    assert az(outside, "devops", "configure", "-d", "project=", **settings).code == 0
    assert az(outside, "pipelines", "list", **settings).code == 1
    wrong = az(outside, "devops", "configure", "-d", "team=x", **settings)
    text = "invalid default value setup. Supported values are ['organization', 'project']."
    assert wrong.err == f"ERROR: usage error: {text}\n"


def test_a_token_goes_to_its_own_server_only(server: Terminal) -> None:
    own = f"{url_of(server)}/penstock"
    words = ("devops", "project", "list", "--org")
    assert az(server, *words, own, AZURE_DEVOPS_EXT_PAT="wrong").code == 1
    other = az(server, *words, "http://127.0.0.1:1/penstock")
    assert (other.code, "AZURE_DEVOPS_EXT_PAT" in other.err) == (1, True)
    plain = az(server, *words, "http://example.org/x", AZURE_DEVOPS_EXT_PAT="t")
    assert "is not sent to example.org by plain HTTP" in plain.err
    azure = az(server, *words, "https://dev.azure.com/x", AZURE_DEVOPS_EXT_PAT="t")
    assert "is an organization of Azure" in azure.err


def test_a_token_is_kept_from_login_to_logout(server: Terminal, tmp_path: Any) -> None:
    own = f"{url_of(server)}/penstock"
    token = json.loads((server.home / "service.json").read_text())["token"]
    elsewhere = Terminal(tmp_path, tmp_path / "home")
    listed = ("devops", "project", "list", "--org", own)
    assert az(elsewhere, *listed).code == 1
    login = ("az", "devops", "login", "--org", f"{own}/")
    assert elsewhere.type(*login, stdin="wrong\n").code == 1
    assert elsewhere.type(*login, stdin=f"{token}\n").code == 0
    kept = tmp_path / "home/azure/azuredevops/personalAccessTokens"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert az(elsewhere, *listed).code == 0
    assert az(elsewhere, "devops", "logout", "--org", own).code == 0
    assert az(elsewhere, *listed).code == 1
    again = az(elsewhere, "devops", "logout")
    assert again.err == "ERROR: The credential was not found\n"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ("pipelines show --id x", 2, "argument --id: invalid int value: 'x'"),
        ("pipelines run", 1, "Either the --id argument or the --name argument must be supplied"),
        ("pipelines run --id 1 --open", 1, "--open is not supported here"),
        (
            "pipelines run --id 1 --parameters x",
            1,
            'The --parameters argument should consist of space separated "name=value" pairs.',
        ),
        (
            "pipelines runs list --result good",
            2,
            "az pipelines runs list: 'good' is not a valid value for '--result'. Allowed values:",
        ),
        ("pipelines create", 2, "the following arguments are required: --name"),
        ("pipelines create --name x --repository none", 1, "Could not find a repository"),
        ("pipelines create --name x", 1, "name the YAML file by --yml-path"),
        (
            "pipelines create --name x --repository-type github",
            1,
            "penstock push puts the repository on the server",
        ),
        ("pipelines variable-group list", 1, "the portal's Library has the groups"),
        ("pipelines update --id 1", 1, "az pipelines update is not supported here"),
        ("pipelines runs tag list", 1, "az pipelines runs tag list is not supported here"),
        ("repos pr create", 1, "the portal's Repos have pull requests"),
        ("devops project create --name x --visibility public", 1, "only private is"),
        ("pipelines list -p none", 1, "TF200016: The following project does not exist: none"),
        ("pipelines lst", 2, "Did you mean 'list' ?"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    server: Terminal, words: str, code: int, text: str
) -> None:
    ended = az(server, *words.split())
    assert (ended.code, text in ended.err) == (code, True), ended


def test_without_a_server_the_next_step_is_told(terminal: Terminal) -> None:
    ended = az(terminal, "pipelines", "list")
    assert ended.code == 1
    assert ended.err == (
        "ERROR: the server is not running: penstock up starts it; --organization names another\n"
    )
