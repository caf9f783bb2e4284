"""`az ml job`: submitting, showing, following, canceling, downloading."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import aml_projects as projects
import pytest
import yaml
from azbench import Az, Ended
from mlserver import WORKSPACE, Server, until

from penstock.engine.events import Result
from penstock.engine.testing import FakeExecutor

ECHO = """
command: echo ${{inputs.word}} > ${{outputs.said}}/word.txt
environment: {image: python}
inputs: {word: hello}
outputs: {said: {type: uri_folder}}
"""
TWO = """
type: pipeline
display_name: two
settings: {default_compute: azureml:cpu-cluster}
inputs: {word: hello}
jobs:
  say:
    command: echo ${{inputs.word}} > ${{outputs.said}}/word.txt
    environment: {image: python}
    inputs: {word: "${{parent.inputs.word}}"}
    outputs: {said: }
  read:
    command: cat ${{inputs.said}}/word.txt
    environment: {image: python}
    inputs: {said: "${{parent.jobs.say.outputs.said}}"}
"""


def submitted(server: Server, name: str) -> dict[str, Any]:
    """The properties of a job as the service keeps them."""
    properties: dict[str, Any] = server.get(f"~/jobs/{name}")["properties"]
    return properties


def create(az: Az, *arguments: str) -> dict[str, Any]:
    ended = az("ml", "job", "create", *arguments)
    assert ended.code == 0, ended.err
    shown: dict[str, Any] = json.loads(ended.out)
    return shown


def test_a_pipeline_of_components_is_submitted(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, projects.TRAIN_SCORE_EVAL)
    shown = create(az, "--file", "pipeline.yml")
    # keys recorded from the SDK (_entity_to_dict.json, job.pipeline)
    keys = "name id description creation_context services display_name status experiment_name"
    assert set(f"{keys} type inputs outputs jobs".split()) <= shown.keys()
    assert shown["id"] == f"azureml:{WORKSPACE}/jobs/{shown['name']}"
    assert shown["experiment_name"] == "project"  # the folder's name
    assert shown["inputs"] == {
        "pipeline_job_training_max_epocs": "20",
        "pipeline_job_training_learning_rate": "1.8",
        "pipeline_job_learning_rate_schedule": "time-based",
    }
    node = shown["jobs"]["train_job"]
    assert node["compute"] == "azureml:cpu-cluster"
    assert node["component"].startswith("azureml:azureml_anonymous:")
    assert node["inputs"]["max_epocs"] == {
        "path": "${{parent.inputs.pipeline_job_training_max_epocs}}"
    }
    assert node["outputs"] == {"model_output": "${{parent.outputs.pipeline_job_trained_model}}"}
    kept = submitted(workspace, shown["name"])
    data = kept["jobs"]["train_job"]["inputs"]["training_data"]["uri"]
    assert data.endswith("/data/")
    stored = workspace.home.storage.rglob("LocalUpload/*/data/a.csv")
    assert [path.read_text() for path in stored] == ["1,2\n"]


def test_the_same_code_and_data_are_not_sent_again(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, projects.TRAIN_SCORE_EVAL)
    first, second = create(az, "-f", "pipeline.yml"), create(az, "-f", "pipeline.yml")
    assert first["jobs"] == second["jobs"]
    assert first["name"] != second["name"]
    codes = workspace.state.query("SELECT count(*) FROM ml_assets WHERE kind = 'codes'")
    assert int(codes[0][0]) == 3
    (folder / "train_src" / "train.py").write_text("changed")
    third = create(az, "-f", "pipeline.yml")
    assert third["jobs"]["train_job"] != first["jobs"]["train_job"]
    assert third["jobs"]["score_job"] == first["jobs"]["score_job"]


def test_ignored_files_stay_here(workspace: Server, az: Az, folder: Path) -> None:
    files = {
        "job.yml": ECHO + "code: src\n",
        "src/a.py": "",
        "src/b.log": "",
        "src/deep/c.py": "",
        "src/.amlignore": "*.log\n.amlignore\n",
    }
    projects.write(folder, files)
    create(az, "-f", "job.yml")
    names = {path.name for path in workspace.home.storage.rglob("src/**/*") if path.is_file()}
    assert names == {"a.py", "c.py"}


def test_a_command_job_is_shown(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "job.yml").write_text(ECHO)
    shown = create(az, "-f", "job.yml", "--name", "my-run", "--set", "inputs.word=bye", "tags.a=b")
    assert shown["name"] == "my-run"
    assert shown["inputs"] == {"word": "bye"}
    assert shown["tags"] == {"a": "b"}
    assert (shown["type"], shown["command"][:4]) == ("command", "echo")
    assert shown["environment"].startswith("azureml:CliV2AnonymousEnvironment:")
    until(
        lambda: (
            az("ml", "job", "show", "-n", "my-run", "--query", "status").out.strip()
            == '"Completed"'
        )
    )
    assert (
        az("ml", "job", "show", "-n", "my-run", "--query", "status", "-o", "tsv").out
        == "Completed\n"
    )
    page = az(
        "ml", "job", "show", "-n", "my-run", "--query", "services.Studio.endpoint", "-o", "tsv"
    )
    assert page.out.startswith(f"{workspace.listener.url}/ml/runs/my-run?wsid=")
    web = az("ml", "job", "show", "-n", "my-run", "--web", "-o", "none")
    assert (web.code, web.out) == (0, "")
    assert web.err.startswith("Web View: http://127.0.0.1:")


def test_a_distribution_is_shown_as_the_yaml_says_it(
    workspace: Server, az: Az, folder: Path
) -> None:
    """So that what `--save-as` keeps can be submitted again; as the SDK's entities print it."""
    spread = {"type": "pytorch", "process_count_per_instance": 2}
    (folder / "job.yml").write_text(f"{ECHO}distribution: {json.dumps(spread)}\n")
    assert create(az, "-f", "job.yml")["distribution"] == spread
    node = {"command": "echo", "environment": {"image": "python"}, "distribution": spread}
    pipeline = {"type": "pipeline", "compute": "local", "jobs": {"n": node}}
    (folder / "pipeline.yml").write_text(json.dumps(pipeline))
    assert create(az, "-f", "pipeline.yml")["jobs"]["n"]["distribution"] == spread


def test_jobs_and_their_nodes_are_listed(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "two.yml").write_text(TWO)
    name = create(az, "-f", "two.yml")["name"]
    until(lambda: "Completed" in az("ml", "job", "show", "-n", name, "--query", "status").out)
    listed = az("ml", "job", "list", "--query", "[].[name, status]", "-o", "tsv")
    assert listed.out == f"{name}\tCompleted\n"
    query = "[].[display_name, status, parent_job_name]"
    nodes = az("ml", "job", "list", "--parent-job-name", name, "--query", query, "-o", "tsv")
    assert nodes.out == f"say\tCompleted\t{name}\nread\tCompleted\t{name}\n"
    child = az("ml", "job", "list", "-p", name, "--query", "[0].name", "-o", "tsv").out.strip()
    shown = json.loads(az("ml", "job", "show", "--name", child).out)
    assert (shown["display_name"], shown["parent_job_name"]) == ("say", name)


def test_origin_and_git_facts_go_with_a_job(
    workspace: Server, az: Az, folder: Path, environ: dict[str, str]
) -> None:
    (folder / ".git").rmdir()
    run = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder))
    subprocess.run((*run, "init", "-q", "-b", "main"), check=True)
    subprocess.run((*run, "commit", "-q", "--allow-empty", "-m", "a"), check=True)
    (folder / "job.yml").write_text(ECHO)
    environ["PENSTOCK_ORIGIN"] = "12/deployDev/step3"
    kept = submitted(workspace, create(az, "-f", "job.yml")["name"])["properties"]
    assert kept["penstock.origin"] == "12/deployDev/step3"
    assert kept["mlflow.source.git.branch"] == "main"
    assert len(kept["mlflow.source.git.commit"]) == 40
    assert kept["azureml.git.dirty"] == "True"


def test_a_wrong_file_is_told_and_nothing_is_sent(workspace: Server, az: Az, folder: Path) -> None:
    projects.write(folder, projects.TRAIN_SCORE_EVAL)
    before = workspace.counts(), kinds(workspace)
    ended = az(
        "ml",
        "job",
        "create",
        "-f",
        "pipeline.yml",
        "--set",
        "jobs.score_job.computee=x",
        "jobs.score_job.inputs.test_data.path=./dat",
    )
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1] == "ERROR: pipeline.yml is not valid; nothing was submitted"
    assert 'the path "./dat" does not exist' in ended.err
    assert (workspace.counts(), kinds(workspace)) == before


def kinds(server: Server) -> list[tuple[str, ...]]:
    rows = server.state.query("SELECT kind, name FROM ml_assets ORDER BY kind, name")
    return [tuple(row) for row in rows]


def test_what_the_workspace_lacks_is_told_at_the_yamls_lines(
    workspace: Server, az: Az, folder: Path
) -> None:
    files = {
        "pipeline.yml": """
type: pipeline
settings:
  default_compute: azureml:gpu-cluster
inputs:
  data: {type: uri_folder, path: azureml:nothing@latest}
jobs:
  clean:
    component: clean.yml
    compute: azureml:other
    inputs: {raw: "${{parent.inputs.data}}"}
  train:
    component: azureml:train@latest
  again:
    component: clean.yml
    inputs: {raw: "${{parent.inputs.data}}"}
""",
        "clean.yml": """
type: command
name: clean
inputs: {raw: {type: uri_folder}}
environment: azureml:none:3
command: ls ${{inputs.raw}}
""",
    }
    projects.write(folder, files)
    before = workspace.counts()
    ended = az("ml", "job", "create", "-f", "pipeline.yml")
    assert (ended.code, ended.out) == (1, "")
    where = "--resource-group dev-ml-rg --workspace-name dev-ml-ws"
    messages = ended.err
    assert messages.splitlines()[-1] == (
        "ERROR: the workspace refused the job; nothing was started"
    )
    for place, text, help in (
        ("pipeline.yml:4:20", 'compute "gpu-cluster" is not in workspace', "az ml compute create"),
        ("pipeline.yml:6:34", 'data asset "nothing@latest" is not in', "az ml data create"),
        ("clean.yml:5:14", 'environment "none:3" is not in', "az ml environment create"),
        ("pipeline.yml:13:16", 'component "train@latest" is not in', "az ml component create"),
        ("pipeline.yml:10:14", 'compute "other" is not in workspace', "az ml compute create"),
    ):
        assert f"--> {place}\n" in messages, messages
        assert f"error[PS3051]: {text}" in messages
        assert f"= help: create it: penstock {help}" in messages
    assert messages.count(where) == 5
    assert workspace.counts() == before


def test_one_missing_compute_in_full(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "two.yml").write_text(TWO.replace("cpu-cluster", "cpu-clutser"))
    ended = az("ml", "job", "create", "-f", "two.yml")
    assert ended.err == (
        'error[PS3051]: compute "cpu-clutser" is not in workspace "dev-ml-ws"\n'
        " --> two.yml:4:29\n"
        "  |\n"
        "3 | display_name: two\n"
        "4 | settings: {default_compute: azureml:cpu-clutser}\n"
        "  |                             ^^^^^^^^^^^^^^^^^^^\n"
        "  |\n"
        "  = help: create it: penstock az ml compute create --name cpu-clutser --type amlcompute"
        " --min-instances 0 --max-instances 4 --resource-group dev-ml-rg"
        " --workspace-name dev-ml-ws\n"
        "ERROR: the workspace refused the job; nothing was started\n"
    )


def test_warnings_are_shown_and_the_job_runs(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "two.yml").write_text(TWO.replace("settings: {", "settings: {fast: true, "))
    ended = az("ml", "job", "create", "-f", "two.yml", "-o", "none")
    assert ended.code == 0
    assert ended.err.startswith(
        'warning[PS3004]: "fast" is not a field of a pipeline\'s settings\n'
    )
    quiet = az("ml", "job", "create", "-f", "two.yml", "-o", "none", "--only-show-errors")
    assert (quiet.code, quiet.err) == (0, "")


def test_a_file_that_is_not_there(workspace: Server, az: Az, folder: Path) -> None:
    ended = az("ml", "job", "create", "--file", "nope.yml")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        'error[PS3001]: "nope.yml" cannot be read: there is no such file\n'
        f"  = help: give the path of a YAML file; it begins in the folder you are in, {folder}\n"
        "ERROR: nothing was submitted\n"
    )


def test_validate_checks_without_submitting(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "two.yml").write_text(TWO)
    before = workspace.counts()
    assert az("ml", "job", "validate", "-f", "two.yml").out == '{\n  "result": "Succeeded"\n}\n'
    assert (
        az("ml", "job", "validate", "-f", "two.yml", "--set", "jobs.say.limits.timeout=soon").code
        == 1
    )
    assert workspace.counts() == before


def test_save_as_keeps_the_job_as_yaml(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "job.yml").write_text(ECHO)
    shown = create(az, "-f", "job.yml", "--save-as", "kept.yml")
    assert yaml.safe_load((folder / "kept.yml").read_text())["name"] == shown["name"]


def test_a_job_is_canceled_archived_and_changed(workspace: Server, az: Az, folder: Path) -> None:
    agent: FakeExecutor = workspace.agent
    agent.held.add("job")
    (folder / "job.yml").write_text(ECHO)
    name = create(az, "-f", "job.yml")["name"]
    held = until(lambda: agent.requests)[0]
    agent.held.add(held.node)
    assert az("ml", "job", "cancel", "--name", name).out == ""
    done = ("Canceled", "Completed")
    status = ("ml", "job", "show", "-n", name, "--query", "status", "-o", "tsv")
    until(lambda: az(*status).out.strip() in done)
    changed = az("ml", "job", "update", "-n", name, "--set", "tags.k=v", "display_name=shown")
    shown = json.loads(changed.out)
    assert (shown["tags"]["k"], shown["display_name"]) == ("v", "shown")
    assert az("ml", "job", "archive", "-n", name).code == 0
    assert az("ml", "job", "list").out == "[]\n"
    assert az("ml", "job", "list", "--archived-only", "--query", "length(@)").out == "1\n"
    assert az("ml", "job", "restore", "-n", name).code == 0
    assert az("ml", "job", "list", "--query", "[0].name", "-o", "tsv").out == f"{name}\n"


class HeldServer:
    """A service whose agent has begun a job and waits."""

    def __init__(self, server: Server, az: Az, folder: Path) -> None:
        self.server, self.agent = server, server.agent
        self.agent.submit, submit = self._hold, self.agent.submit
        self._submit = submit
        (folder / "job.yml").write_text(ECHO)
        self.name = str(create(az, "-f", "job.yml", "--name", "followed")["name"])
        self.request = until(lambda: self.agent.requests)[0]

    def _hold(self, request: Any) -> None:
        self.agent.held.add(request.node)
        self._submit(request)

    def log(self, text: str) -> None:
        self.server.logs.append(self.request.run, self.request.node, "user_logs/std_log.txt", text)

    def finish(self, result: Result = Result.SUCCEEDED) -> None:
        self.agent.finish(self.request.run, self.request.node, result)


def summary(name: str, page: str) -> str:
    return f"\nExecution Summary\n=================\nRunId: {name}\nWeb View: {page}\n"


def page_of(out: str) -> str:
    return out.splitlines()[1].removeprefix("Web View: ")


def followed(held: HeldServer, az: Az, result: Result, *arguments: str) -> Ended:
    """Follow a job that logs two lines, then one more, and ends."""

    def work() -> None:
        held.log("one\ntwo\n")
        time.sleep(0.6)
        held.log("three\n")
        held.finish(result)

    worker = threading.Thread(target=work)
    worker.start()
    ended = az("ml", "job", "stream", "--name", held.name, *arguments)
    worker.join()
    return ended


def test_stream_prints_what_azures_client_prints(workspace: Server, az: Az, folder: Path) -> None:
    """The text that azure-ai-ml prints."""
    held = HeldServer(workspace, az, folder)
    ended = followed(held, az, Result.SUCCEEDED)
    page = page_of(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        f"RunId: followed\nWeb View: {page}\n"
        f"\nStreaming user_logs/std_log.txt\n{'=' * 31}\n\n"
        f"one\ntwo\nthree\n{summary('followed', page)}\n"
    )


def test_a_line_is_printed_when_it_has_its_end(workspace: Server, az: Az, folder: Path) -> None:
    """A program may write half a line, or half a letter; the last line may have no end at all."""
    held = HeldServer(workspace, az, folder)
    held.log("eins\n")
    path = workspace.logs.path(held.request.run, held.request.node, "user_logs/std_log.txt")

    def work() -> None:
        for part in (b"zw\xc3", b"\xb6lf\n", b"dr", b"ei"):
            with path.open("ab") as file:
                file.write(part)
            time.sleep(0.3)
        held.finish()

    worker = threading.Thread(target=work)
    worker.start()
    ended = az("ml", "job", "stream", "--name", held.name)
    worker.join()
    assert "\n\neins\nzwölf\ndrei\n\nExecution Summary\n" in ended.out


def test_jobs_are_listed_past_the_first_page(workspace: Server, az: Az, folder: Path) -> None:
    for number in range(103):
        properties = {
            "jobType": "Command",
            "command": "true",
            "environmentId": "azureml:AzureML-sklearn-1.0@latest",
        }
        workspace.put(f"~/jobs/j{number}", properties)
    query = ("--query", "[].name", "-o", "tsv")
    assert len(az("ml", "job", "list", *query).out.splitlines()) == 103
    assert az("ml", "job", "list", "-r", "2", *query).out == "j102\nj101\n"
    assert len(az("ml", "job", "list", "-r", "101", *query).out.splitlines()) == 101


def test_stream_of_a_failed_job_ends_with_its_error(
    workspace: Server, az: Az, folder: Path
) -> None:
    held = HeldServer(workspace, az, folder)
    ended = followed(held, az, Result.FAILED)
    page = page_of(ended.out)
    assert ended.code == 1
    assert ended.out.endswith(f"one\ntwo\nthree\n{summary('followed', page)}")
    assert ended.err.startswith("ERROR: the job failed: ")
    text = ended.err.partition("Exception : \n ")[2]
    error = json.loads(text)["error"]
    assert (error["code"], error["message"]) == ("UserError", "the command failed")


def test_create_and_stream_prints_the_finished_job(workspace: Server, az: Az, folder: Path) -> None:
    (folder / "two.yml").write_text(TWO)
    ended = az("ml", "job", "create", "-f", "two.yml", "--stream", "--query", "status")
    assert ended.code == 0, ended.err
    assert "\nStreaming logs/azureml/executionlogs.txt\n" in ended.out
    assert ended.out.endswith('\n\n"Completed"\n')


def test_download_brings_files_and_outputs(workspace: Server, az: Az, folder: Path) -> None:
    held = HeldServer(workspace, az, folder)
    early = az("ml", "job", "download", "-n", held.name)
    assert (early.code, early.out) == (1, "")
    assert early.err == (
        "ERROR: This job is in state Preparing. Download is allowed only in states"
        " ['Completed', 'Failed', 'Canceled', 'NotResponding', 'Paused']\n"
    )
    (output,) = held.request.work.outputs
    stored = workspace.home.storage / "dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001"
    said = stored / "workspaceblobstore" / output.uri.partition("/paths/")[2]
    own = stored / "workspaceartifactstore" / "ExperimentRun" / "dcid.followed"
    projects.write(said, {"word.txt": "hello", "deep/a b#c.txt": "odd", "no\u200bbreak.txt": "one"})
    projects.write(own, {"outputs/model.pkl": "model", "user_logs/std_log.txt": "log\n"})
    held.finish()
    until(lambda: "Completed" in az("ml", "job", "show", "-n", held.name).out)
    assert az("ml", "job", "download", "-n", held.name, "--all", "-p", "all").code == 0
    assert files_below(folder / "all") == {
        "named-outputs/said/word.txt": "hello",
        "named-outputs/said/deep/a b#c.txt": "odd",
        "named-outputs/said/no\u200bbreak.txt": "one",
        "artifacts/outputs/model.pkl": "model",
        "artifacts/user_logs/std_log.txt": "log\n",
    }
    assert (
        az("ml", "job", "download", "-n", held.name, "--output-name", "said", "-p", "one").code == 0
    )
    assert set(files_below(folder / "one")) == {
        "named-outputs/said/word.txt",
        "named-outputs/said/deep/a b#c.txt",
        "named-outputs/said/no\u200bbreak.txt",
    }
    assert az("ml", "job", "download", "-n", held.name).code == 0
    assert (folder / "artifacts" / "outputs" / "model.pkl").read_text() == "model"
    wrong = az("ml", "job", "download", "-n", held.name, "--output-name", "sad")
    assert (wrong.code, wrong.err) == (
        1,
        "ERROR: the job 'followed' has no output 'sad' (it has: said)\n",
    )


def files_below(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


@pytest.mark.parametrize("value", ["no-equals-sign", "=x"])
def test_a_malformed_set_is_told(workspace: Server, az: Az, folder: Path, value: str) -> None:
    (folder / "job.yml").write_text(ECHO)
    ended = az("ml", "job", "create", "-f", "job.yml", "--set", value)
    assert ended.code in (1, 2) and ended.out == ""
    assert "NAME=VALUE" in ended.err
