"""One ML command from request to result, with real environments and processes.

What the service shows and sets: the Azure ML job reference, and the variables of a real job.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.agent import files
from penstock.agent.commands import AGENT_LOG, BUILD_LOG, STANDARD_LOG
from penstock.agent.job import run_job
from penstock.agent.machine import Machine
from penstock.agent.process import Cancellation
from penstock.agent.server import NotFound
from penstock.engine.events import Event, NodeFinished, NodePhase, Result
from penstock.engine.reports import Report
from penstock.engine.requests import (
    CommandInput,
    CommandOutput,
    CommandWork,
    EnvironmentSpec,
    JobRequest,
    Variable,
)

WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/dev-ml-rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/dev-ml-ws"
)
RUNNING = f"{sys.version_info[0]}.{sys.version_info[1]}"
ENVIRONMENT = EnvironmentSpec(
    id="env", conda_file=f"dependencies:\n- python={RUNNING}\n- pip:\n  - six==1.16.0\n"
)


class FolderServer:
    """A job server whose store is a folder: `store://a/b` is `<root>/a/b`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []
        self.logs: dict[str, str] = {}
        self.kept: list[str] = []

    def place(self, uri: str) -> Path:
        return self.root / uri.removeprefix("store://")

    def report(self, report: Report) -> None:
        self.events += report.events

    def write_log(self, run: str, node: str, log: str, text: str) -> None:
        assert text.endswith("\n")
        self.logs[log] = self.logs.get(log, "") + text

    def fetch(self, uri: str, folder: Path | None, *, writable: bool = False) -> Path:
        path = self.place(uri)
        if not uri.startswith("store://") or not path.exists():
            raise NotFound(f'nothing is stored at "{uri}"')
        if folder is None:
            return path
        if path.is_dir():
            return Path(shutil.copytree(path, folder, dirs_exist_ok=True))
        return Path(shutil.copy(path, folder))

    def output_path(self, uri: str, type: str) -> Path:
        path = self.place(uri)
        (path.parent if type == "uri_file" else path).mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, uri: str, path: Path) -> None:
        assert path == self.place(uri)
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise NotFound(f'"{uri}" leads outside')
        self.kept.append(uri)

    def attach(self, run: str, node: str, kind: str, name: str, path: Path) -> None:
        shutil.copytree(path, self.root / kind / name, dirs_exist_ok=True)

    def write(self, path: str, text: str) -> str:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return f"store://{path}"

    @property
    def phases(self) -> list[str]:
        return [event.phase for event in self.events if isinstance(event, NodePhase)]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(tmp_path: Path, cache: Path) -> Machine:
    return Machine(name="m", work=tmp_path / "work", tools=tmp_path / "tools", cache=cache)


@pytest.fixture
def server(tmp_path: Path) -> FolderServer:
    return FolderServer(tmp_path / "store")


def work(command: str, **fields: object) -> CommandWork:
    made = CommandWork(
        job="job-1",
        root_job="root-1",
        experiment="exp",
        experiment_id="7",
        workspace=WORKSPACE,
        command=command,
        environment=ENVIRONMENT,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def request(work: CommandWork, **fields: object) -> JobRequest:
    made = JobRequest(run="r", node="n", attempt=1, display_name="n", work=work)
    return replace(made, **fields)  # type: ignore[arg-type]


def run(
    work: CommandWork,
    server: FolderServer,
    machine: Machine,
    cancellation: Cancellation | None = None,
    **fields: object,
) -> tuple[Result, str]:
    """Do the whole job; how it ended."""
    rest = run_job(request(work, **fields), server, machine, cancellation or Cancellation())
    if rest is not None:
        files.remove(rest)
    end = server.events[-1]
    assert isinstance(end, NodeFinished)
    return end.result, end.message


def shown(server: FolderServer) -> list[str]:
    return server.logs.get(STANDARD_LOG, "").splitlines()


def test_a_command_runs_in_a_copy_of_its_code(server: FolderServer, machine: Machine) -> None:
    server.write("code/train.py", "import six; print(six.__version__); open('x', 'w')")
    result = run(work("python train.py && ls", code="store://code"), server, machine)
    assert result == (Result.SUCCEEDED, "")
    assert shown(server) == ["1.16.0", "logs", "outputs", "train.py", "x"]
    assert os.listdir(server.root / "code") == ["train.py"]


def test_phases_are_reported_in_order(server: FolderServer, machine: Machine) -> None:
    run(work("true"), server, machine)
    assert server.phases == ["Preparing", "Running", "Finalizing"]


def test_a_finished_job_leaves_nothing_on_the_machine(
    server: FolderServer, machine: Machine
) -> None:
    run(work("mkdir -p a/b && touch a/b/c && chmod -w a/b"), server, machine)
    assert os.listdir(machine.work / "jobs") == []


def test_the_working_directory_of_a_failed_job_is_kept(
    server: FolderServer, machine: Machine
) -> None:
    run(work("touch here; exit 3"), server, machine)
    assert (machine.work / "jobs/job-1.1/wd/here").exists()
    assert "the working directory is kept: " in server.logs[AGENT_LOG]


def test_a_second_attempt_starts_afresh(server: FolderServer, machine: Machine) -> None:
    for _ in range(2):
        run(work("ls; touch here; exit 3"), server, machine)
    assert shown(server) == ["logs", "outputs"] * 2


# Inputs and outputs


def test_inputs_become_paths_and_values(server: FolderServer, machine: Machine) -> None:
    uri = server.write("data/a.csv", "1,2\n")
    command = (
        "cat ${{inputs.data}} && cat ${{inputs.folder}}/a.csv && "
        "echo ${{inputs.rate}} $[[${{inputs.no}}]]"
    )
    inputs = (
        CommandInput(name="data", type="uri_file", uri=uri),
        CommandInput(name="folder", type="uri_folder", uri="store://data", mode="eval_mount"),
        CommandInput(name="rate", type="number", value="0.1"),
    )
    assert run(work(command, inputs=inputs), server, machine) == (Result.SUCCEEDED, "")
    assert shown(server) == ["1,2", "1,2", "0.1"]


def test_a_download_is_a_copy_that_the_job_may_change(
    server: FolderServer, machine: Machine
) -> None:
    server.write("data/a.csv", "old\n")
    data = CommandInput(name="data", type="uri_folder", uri="store://data", mode="download")
    run(work("echo new > ${{inputs.data}}/a.csv", inputs=(data,)), server, machine)
    assert (server.root / "data/a.csv").read_text() == "old\n"


@pytest.mark.parametrize(
    "uri", ["https://example.org/iris.csv", "wasbs://data@acct.blob.core.windows.net/x"]
)
def test_a_direct_input_that_is_elsewhere_stays_an_address(
    uri: str, server: FolderServer, machine: Machine
) -> None:
    data = CommandInput(name="data", type="uri_file", uri=uri, mode="direct")
    run(work("echo ${{inputs.data}}", inputs=(data,)), server, machine)
    assert shown(server) == [uri]


def test_a_direct_input_of_this_machine_is_a_path(server: FolderServer, machine: Machine) -> None:
    uri = server.write("data/a.csv", "1\n")
    data = CommandInput(name="data", type="uri_file", uri=uri, mode="direct")
    run(work("cat ${{inputs.data}}", inputs=(data,)), server, machine)
    assert shown(server) == ["1"]


def test_outputs_are_folders_that_exist_and_are_kept(
    server: FolderServer, machine: Machine
) -> None:
    outputs = (
        CommandOutput(name="model", type="uri_folder", uri="store://out/model"),
        CommandOutput(name="report", type="uri_file", uri="store://out/report/r.txt"),
    )
    command = "echo m > ${{outputs.model}}/m.txt; echo r > ${{outputs.report}}"
    assert run(work(command, outputs=outputs), server, machine)[0] is Result.SUCCEEDED
    assert (server.root / "out/model/m.txt").read_text() == "m\n"
    assert (server.root / "out/report/r.txt").read_text() == "r\n"
    assert server.kept == ["store://out/model", "store://out/report/r.txt"]


def test_an_output_that_was_not_written_is_told(server: FolderServer, machine: Machine) -> None:
    output = CommandOutput(name="report", type="uri_file", uri="store://out/r.txt")
    assert run(work("true", outputs=(output,)), server, machine)[0] is Result.SUCCEEDED
    assert server.kept == []
    assert 'output "report": the command wrote nothing to ' in server.logs[AGENT_LOG]


@pytest.mark.parametrize("code", [0, 1])
def test_outputs_and_logs_folders_are_kept_however_it_ends(
    code: int, server: FolderServer, machine: Machine
) -> None:
    command = f"echo a > outputs/a.txt; mkdir logs/x; echo b > logs/x/b.txt; exit {code}"
    run(work(command), server, machine)
    assert (server.root / "artifacts/outputs/a.txt").read_text() == "a\n"
    assert (server.root / "artifacts/logs/x/b.txt").read_text() == "b\n"


def test_the_output_named_artifacts_is_the_working_directory(
    server: FolderServer, machine: Machine
) -> None:
    output = CommandOutput(name="artifacts", type="uri_folder", uri="store://artifacts")
    run(work("echo a > ${{outputs.artifacts}}/outputs/a", outputs=(output,)), server, machine)
    assert (server.root / "artifacts/outputs/a").read_text() == "a\n"


# Variables


def variables(server: FolderServer, machine: Machine, **fields: object) -> Mapping[str, str]:
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    made = work(f'python -c "{program}"', **fields)
    result = run(made, server, machine)
    assert result == (Result.SUCCEEDED, ""), shown(server)
    found = json.loads(shown(server)[-1])
    assert isinstance(found, dict)
    return found


def test_a_job_knows_what_it_is(server: FolderServer, machine: Machine) -> None:
    found = variables(server, machine)
    expected = {
        "AZUREML_RUN_ID": "job-1",
        "AZUREML_ROOT_RUN_ID": "root-1",
        "AZUREML_EXPERIMENT_ID": "7",
        "AZUREML_EXPERIMENT_NAME": "exp",
        "AZUREML_ARM_SUBSCRIPTION": "00000000-0000-0000-0000-000000000001",
        "AZUREML_ARM_RESOURCEGROUP": "dev-ml-rg",
        "AZUREML_ARM_WORKSPACE_NAME": "dev-ml-ws",
        "AZUREML_WORKSPACE_SCOPE": WORKSPACE,
        "AZUREML_EXPERIMENT_SCOPE": f"{WORKSPACE}/experiments/exp",
        "AZUREML_NODE_COUNT": "1",
        "AZUREML_CR_NODE_RANK": "0",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["AZUREML_CR_EXECUTION_WORKING_DIR_PATH"] == found["PWD"]
    assert "AZUREML_ARM_PROJECT_NAME" not in found


def test_a_job_finds_its_tracked_run(server: FolderServer, machine: Machine) -> None:
    machine = replace(machine, service_url="http://127.0.0.1:5000", service_token="token-123456")
    made = work(
        'test "$MLFLOW_TRACKING_TOKEN" = "token-"123456 && env | grep ^MLFLOW_ | sort; '
        "echo $PENSTOCK_ENDPOINT"
    )
    assert run(made, server, machine) == (Result.SUCCEEDED, "")
    assert shown(server) == [
        "MLFLOW_DISABLE_TELEMETRY=true",
        "MLFLOW_EXPERIMENT_ID=7",
        "MLFLOW_PRINT_MODEL_URLS_ON_CREATION=false",
        "MLFLOW_RUN_ID=job-1",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true",
        "MLFLOW_TRACKING_TOKEN=***",
        f"MLFLOW_TRACKING_URI=http://127.0.0.1:5000/mlflow/v1.0{WORKSPACE}",
        "http://127.0.0.1:5000",
    ]


def test_inputs_and_outputs_are_variables_too(server: FolderServer, machine: Machine) -> None:
    uri = server.write("data/a.csv", "")
    path = str(server.root / "data/a.csv")
    found = variables(
        server,
        machine,
        inputs=(
            CommandInput(name="rate", type="number", value="0.1"),
            CommandInput(name="Data", type="uri_file", uri=uri),
        ),
        outputs=(
            CommandOutput(name="model", type="uri_folder", uri="store://m"),
            CommandOutput(name="PATH", type="uri_folder", uri="store://p"),
        ),
    )
    assert found["AZUREML_PARAMETER_rate"] == "0.1"
    assert found["AZURE_ML_INPUT_Data"] == found["AZUREML_DATAREFERENCE_Data"] == path
    assert found["AZURE_ML_OUTPUT_model"] == found["model"] == str(server.root / "m")
    assert "/bin" in found["PATH"]


def test_the_jobs_own_variables_come_last(server: FolderServer, machine: Machine) -> None:
    own = {"AZUREML_RUN_ID": "mine", "RATE": "${{inputs.rate}}"}
    rate = CommandInput(name="rate", type="number", value="0.1")
    found = variables(server, machine, environment_variables=own, inputs=(rate,))
    assert (found["AZUREML_RUN_ID"], found["RATE"]) == ("mine", "0.1")


def test_the_python_on_path_is_the_jobs_own(
    server: FolderServer, machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/az").write_text("#!/bin/sh\necho our az\n")
    (tmp_path / "bin/az").chmod(0o755)
    machine = replace(machine, bin=tmp_path / "bin", environment={"EXTRA": "1"})
    run(work("which python pip; az; echo $EXTRA$PYTHONPATH"), server, machine)
    env = machine.work / "jobs/job-1.1/env/bin"
    assert shown(server) == [f"{env}/python", f"{env}/pip", "our az", "1"]


# How it ends


FAILURES = {
    "an exit code": ("exit 3", "the command ended with exit code 3"),
    "an exception": (
        "python -c 'raise ValueError(1)'",
        "the command ended with exit code 1: ValueError: 1",
    ),
    "a program that is not there": (
        "no-such-program",
        "the command ended with exit code 127: bash: line 1: no-such-program: command not found",
    ),
    "a signal": ("kill -SEGV $$", "the command ended with exit code 139 (killed by SIGSEGV)"),
    "a signal to a child": (
        "python -c 'import os; os.kill(os.getpid(), 9)'; exit $?",
        "the command ended with exit code 137 "
        "(killed by SIGKILL; the machine may be out of memory)",
    ),
    "a reference to nothing": (
        "echo ${{inputs.x}}",
        '"${{inputs.x}}" in the command names no input of the job (has: none)',
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_is_said_of_a_failure(name: str, server: FolderServer, machine: Machine) -> None:
    command, message = FAILURES[name]
    result = run(work(command), server, machine)
    assert result[0] is Result.FAILED
    assert result[1].startswith(message)
    assert server.logs[AGENT_LOG].splitlines()[-1].endswith(f" failed: {result[1]}")


def test_a_missing_input_is_named(server: FolderServer, machine: Machine) -> None:
    gone = CommandInput(name="data", type="uri_file", uri="store://gone")
    assert run(work("true", inputs=(gone,)), server, machine) == (
        Result.FAILED,
        'input "data": nothing is stored at "store://gone". '
        "check that the job or the asset that should have written it did so",
    )
    assert server.phases == ["Preparing"]


def test_an_output_that_became_a_link_elsewhere_fails_the_job_by_its_name(
    server: FolderServer, machine: Machine
) -> None:
    """The others are kept, and so is what lies in `outputs`."""
    outputs = tuple(
        CommandOutput(name=name, type="uri_folder", uri=f"store://{name}") for name in ("a", "b")
    )
    command = "echo x > outputs/x && rmdir ${{outputs.a}} && ln -s /etc ${{outputs.a}}"
    assert run(work(command, outputs=outputs), server, machine) == (
        Result.FAILED,
        'output "a" is not kept: "store://a" leads outside. write into the place that the command'
        " is given, and put no link there",
    )
    assert server.kept == ["store://b"]
    assert (server.root / "artifacts" / "outputs" / "x").read_text() == "x\n"


def test_a_link_in_place_of_the_outputs_folder_is_told_and_not_followed(
    server: FolderServer, machine: Machine
) -> None:
    command = (
        "rmdir outputs logs && ln -s /etc outputs && mkdir own && ln -s own logs && touch own/y"
    )
    assert run(work(command), server, machine) == (Result.SUCCEEDED, "")
    assert '"outputs" is a link out of the working directory' in server.logs[AGENT_LOG]
    assert os.listdir(server.root / "artifacts") == ["logs"]


def test_an_input_from_the_web_is_refused_with_the_next_step(
    server: FolderServer, machine: Machine
) -> None:
    uri = "https://example.org/iris.csv"
    data = CommandInput(name="data", type="uri_file", uri=uri)
    assert run(work("true", inputs=(data,)), server, machine)[1] == (
        f'input "data": nothing is stored at "{uri}". download it and give its local path'
    )


def test_an_environment_that_cannot_be_had_fails_the_job(
    server: FolderServer, machine: Machine
) -> None:
    bad = EnvironmentSpec(id="env", conda_file="dependencies:\n- r-dplyr\n")
    result, message = run(work("true", environment=bad), server, machine)
    assert result is Result.FAILED
    assert message.startswith('"r-dplyr" is a conda package that PyPI does not have (line 2')
    assert "PS3502" in server.logs[BUILD_LOG]


def test_an_unknown_distribution_is_refused(server: FolderServer, machine: Machine) -> None:
    assert run(work("true", distribution="ray"), server, machine) == (
        Result.FAILED,
        'distribution "ray" is not supported; use pytorch, mpi, tensorflow',
    )


def test_a_job_over_its_time_limit_is_canceled(server: FolderServer, machine: Machine) -> None:
    result = run(work("echo begun; sleep 60", timeout=0.3), server, machine)
    assert result == (Result.CANCELED, "stopped after 0.3 s, the time limit of the job")
    assert shown(server) == ["begun"]


def test_cancel_ends_the_whole_tree(server: FolderServer, machine: Machine, tmp_path: Path) -> None:
    cancellation, marker = Cancellation(), tmp_path / "pid"
    command = f"bash -c 'sleep 60 & echo $! > {marker}; wait' & wait"

    def cancel() -> None:
        while not (marker.exists() and marker.read_text().strip()):
            time.sleep(0.02)
        cancellation.request("canceled by the user")

    thread = threading.Thread(target=cancel)
    thread.start()
    result = run(work(command), server, machine, cancellation)
    thread.join()
    assert result == (Result.CANCELED, "canceled by the user")
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_a_job_canceled_before_it_began_runs_nothing(
    server: FolderServer, machine: Machine
) -> None:
    cancellation = Cancellation()
    cancellation.request("too late")
    assert run(work("touch outputs/x"), server, machine, cancellation) == (
        Result.CANCELED,
        "too late",
    )
    assert "Running" not in server.phases


# Logs


def test_secrets_are_masked_in_every_log(server: FolderServer, machine: Machine) -> None:
    machine = replace(machine, service_token="token-123456")
    result = run(
        work("echo one-secret two-secret token-123456; exit 1 # one-secret"),
        server,
        machine,
        secrets=("one-secret",),
        variables=(Variable(name="x", value="two-secret", secret=True),),
    )
    assert shown(server) == ["*** *** ***"]
    assert result[1] == "the command ended with exit code 1: *** *** ***"
    assert not any("secret " in log or "token-" in log for log in server.logs.values())


def test_both_streams_are_in_one_log_in_order(server: FolderServer, machine: Machine) -> None:
    run(work("echo a; echo b >&2; printf c; printf 'd\\n' >&2; printf e"), server, machine)
    assert shown(server) == ["a", "b", "cd", "e"]


def test_the_build_log_says_what_was_built(server: FolderServer, machine: Machine) -> None:
    run(work("true"), server, machine)
    assert 'the conda file of "env"' in server.logs[BUILD_LOG]


def test_what_a_job_installs_is_gone_with_it(server: FolderServer, machine: Machine) -> None:
    command = "pip install --quiet six==1.17.0 && python -c 'import six; print(six.__version__)'"
    run(work(command), server, machine)
    run(work("python -c 'import six; print(six.__version__)'"), server, machine)
    assert [line for line in shown(server) if "WARNING" not in line] == ["1.17.0", "1.16.0"]


# Several processes


def test_pytorch_processes_know_their_rank(server: FolderServer, machine: Machine) -> None:
    made = work(
        "echo $RANK $LOCAL_RANK $NODE_RANK $WORLD_SIZE $MASTER_ADDR $AZUREML_NODE_COUNT",
        distribution="pytorch",
        process_count=2,
        instance_count=2,
    )
    assert run(made, server, machine) == (Result.SUCCEEDED, "")
    lines = [server.logs[f"user_logs/std_log_process_{i}.txt"].strip() for i in range(4)]
    assert lines == [
        "0 0 0 4 127.0.0.1 2",
        "1 1 0 4 127.0.0.1 2",
        "2 0 1 4 127.0.0.1 2",
        "3 1 1 4 127.0.0.1 2",
    ]


def test_mpi_processes_know_their_rank(server: FolderServer, machine: Machine) -> None:
    made = work(
        "echo $OMPI_COMM_WORLD_RANK $OMPI_COMM_WORLD_SIZE $OMPI_COMM_WORLD_LOCAL_RANK",
        distribution="mpi",
        process_count=2,
    )
    run(made, server, machine)
    lines = [server.logs[f"user_logs/std_log_process_{i}.txt"].strip() for i in range(2)]
    assert lines == ["0 2 0", "1 2 1"]


def test_tensorflow_workers_know_each_other(server: FolderServer, machine: Machine) -> None:
    made = work("echo $TF_CONFIG", distribution="tensorflow", process_count=2, instance_count=2)
    run(made, server, machine)
    configs = [json.loads(server.logs[f"user_logs/std_log_process_{i}.txt"]) for i in range(2)]
    assert [config["task"] for config in configs] == [
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
    ]
    assert configs[0]["cluster"] == configs[1]["cluster"]
    assert len(set(configs[0]["cluster"]["worker"])) == 2


def test_when_one_process_fails_the_others_are_stopped(
    server: FolderServer, machine: Machine
) -> None:
    made = work(
        'if [ "$RANK" = 1 ]; then echo broken; exit 4; else sleep 60; fi',
        distribution="pytorch",
        process_count=3,
    )
    begun = time.monotonic()
    assert run(made, server, machine) == (
        Result.FAILED,
        "process 1 of the command ended with exit code 4: broken",
    )
    assert time.monotonic() - begun < 50


def test_one_process_of_a_distributed_job_writes_the_standard_log(
    server: FolderServer, machine: Machine
) -> None:
    run(work("echo $RANK/$WORLD_SIZE", distribution="pytorch"), server, machine)
    assert shown(server) == ["0/1"]
