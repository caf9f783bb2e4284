"""Real environments, made by uv from small packages of the index."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.agent.environments import (
    EnvironmentRefused,
    Prepared,
    build_context,
    lay_over,
    prepare,
)
from penstock.agent.machine import Machine
from penstock.agent.process import Cancellation
from penstock.engine.requests import EnvironmentSpec

RUNNING = f"{sys.version_info[0]}.{sys.version_info[1]}"
PATCH = ".".join(map(str, sys.version_info[:3]))
SIX = f"name: small\ndependencies:\n- python={RUNNING}\n- pip:\n  - six==1.16.0\n"


def machine_in(folder: Path) -> Machine:
    return Machine(name="m", work=folder / "work", tools=folder / "tools", cache=folder / "cache")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return machine_in(tmp_path_factory.mktemp("machine"))


def spec(conda_file: str | None = SIX, **fields: str) -> EnvironmentSpec:
    return EnvironmentSpec(
        id="/workspaces/w/environments/small/versions/1", conda_file=conda_file, **fields
    )


def make(
    spec: EnvironmentSpec,
    machine: Machine,
    *,
    environ: Mapping[str, str] | None = None,
    context: Path | None = None,
) -> tuple[Prepared, list[str]]:
    lines: list[str] = []
    prepared = prepare(
        spec,
        machine,
        lines.append,
        Cancellation(),
        environ=environ,
        fetch=lambda uri: context or Path(uri),
    )
    return prepared, "\n".join(lines).splitlines()


def refusal(spec: EnvironmentSpec, machine: Machine, **more: object) -> str:
    with pytest.raises(EnvironmentRefused) as refused:
        make(spec, machine, **more)  # type: ignore[arg-type]
    return str(refused.value)


def run(prepared: Prepared, *argv: str) -> str:
    path = os.pathsep.join(map(str, prepared.path_prepend))
    env = {"PATH": f"{path}:{os.environ['PATH']}", **prepared.env}
    for name in ("SSL_CERT_FILE", "PIP_CERT", "HOME"):
        env[name] = os.environ.get(name, "")
    done = subprocess.run(argv, env=env, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_conda_file_becomes_an_environment_with_pip(machine: Machine) -> None:
    prepared, _ = make(spec(), machine)
    assert run(prepared, "python", "-c", "import six; print(six.__version__)") == "1.16.0"
    assert run(prepared, "python", "-m", "pip", "--version").startswith("pip ")
    assert run(prepared, "python", "-c", "import pkg_resources, wheel; print(1)") == "1"


def test_the_second_use_builds_nothing(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    _, first = make(spec(), machine)
    assert first[0] == f'environment: building the conda file of "small" with Python {RUNNING}'
    assert re.match(r"environment: \d+ packages installed in \d+\.\d s, kept in /", first[1])
    _, second = make(spec(), machine)
    assert second == ['environment: the conda file of "small" is ready, made before']


def test_the_same_content_is_one_environment(machine: Machine) -> None:
    one, _ = make(spec(), machine)
    other, _ = make(spec(SIX.replace("name: small", "# a comment")), machine)
    assert one.python == other.python


def test_notes_are_told_at_every_use(machine: Machine) -> None:
    conda_file = SIX.replace("- pip:", "- pip=20.2\n- pip:")
    for _ in range(2):
        _, lines = make(spec(conda_file), machine)
        assert (
            lines[-1]
            == '  line 4 of the conda file of "small": pip is taken at its newest, not pip=20.2'
        )


def test_an_image_alone_is_a_plain_python_with_pip(machine: Machine) -> None:
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    prepared, lines = make(spec(None, image=image), machine)
    assert lines[-1] == f'  the image "{image}" itself is not used, only a Python with pip'
    assert run(prepared, "pip", "--version").startswith("pip ")


def test_variables_of_a_conda_file_are_set(machine: Machine) -> None:
    prepared, _ = make(spec(f"variables: {{MODE: fast}}\n{SIX}"), machine)
    assert prepared.env["MODE"] == "fast"


def test_a_broken_build_is_thrown_away(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    prepared, _ = make(spec(), machine)
    folder = prepared.python.parent.parent.parent
    (folder / "complete.json").unlink()
    next((folder / "venv/lib").glob("python3*/site-packages/six.py")).unlink()
    again, lines = make(spec(), machine)
    assert lines[0].startswith("environment: building")
    assert again.python == prepared.python
    assert run(again, "python", "-c", "import six; print(1)") == "1"


def test_a_python_that_is_gone_is_replaced(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    prepared, _ = make(spec(), machine)
    prepared.python.unlink()
    again, lines = make(spec(), machine)
    assert lines[0].startswith("environment: building")
    assert run(again, "python", "-c", "import six; print(1)") == "1"


def test_concurrent_jobs_build_once(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    logs: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: logs.append(make(spec(), machine)[1])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line for log in logs for line in log]
    assert len(logs) == 4
    assert sum("packages installed" in line for line in lines) == 1


def test_a_job_that_waits_for_a_build_can_be_canceled(tmp_path: Path) -> None:
    import fcntl

    machine = machine_in(tmp_path)
    prepared, _ = make(spec(), machine)
    key = prepared.python.parent.parent.parent
    (key / "complete.json").unlink()
    cancellation, lines = Cancellation(), list[str]()
    with key.with_name(f"{key.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def log(line: str) -> None:
            lines.append(line)
            cancellation.request("enough")

        with pytest.raises(EnvironmentRefused, match="was canceled"):
            prepare(spec(), machine, log, cancellation)
    assert lines == [
        'environment: another job is building the conda file of "small"; waiting for it'
    ]


@pytest.mark.slow
def test_a_curated_environment_trains_and_tracks(machine: Machine, tmp_path: Path) -> None:
    """As the example jobs do: pandas of that time, scikit-learn, mlflow with a saved model."""
    prepared, lines = make(EnvironmentSpec(id="azureml:AzureML-sklearn-1.5@latest"), machine)
    mine = lay_over(prepared, tmp_path / "mine")
    program = tmp_path / "train.py"
    program.write_text(
        "import mlflow, pandas\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from azureml.core import Run\n"
        "data = pandas.DataFrame({'x': [1, 2], 'y': [2, 4]})\n"
        "model = LinearRegression().fit(data[['x']], data['y'])\n"
        f"mlflow.sklearn.save_model(model, {str(tmp_path / 'model')!r})\n"
        "Run.get_context().log('score', 1)\n"
        "print('pandas', pandas.__version__)\n"
    )
    shown = run(mine, "python", "-W", "ignore", str(program)).splitlines()[-1]
    assert shown.startswith("pandas 1.5.") or any("pandas ~=1.5.3 ->" in line for line in lines)
    assert (tmp_path / "model/MLmodel").exists()


# What a job installs


def test_what_a_job_installs_is_its_own(machine: Machine, tmp_path: Path) -> None:
    shared, _ = make(spec(), machine)
    before = sorted(shared.python.parent.parent.rglob("*"))
    mine = lay_over(shared, tmp_path / "mine")
    run(mine, "pip", "install", "--quiet", "six==1.17.0", "iniconfig")
    assert run(mine, "python", "-c", "import six, iniconfig; print(six.__version__)") == "1.17.0"
    assert "six 1.17.0" in " ".join(run(mine, "pip", "list").split())
    other = lay_over(shared, tmp_path / "other")
    assert run(other, "python", "-c", "import six; print(six.__version__)") == "1.16.0"
    after = sorted(shared.python.parent.parent.rglob("*"))
    assert [p for p in after if "__pycache__" not in p.parts] == [
        p for p in before if "__pycache__" not in p.parts
    ]


def test_pip_of_a_job_cannot_reach_the_host(machine: Machine, tmp_path: Path) -> None:
    shared, _ = make(spec(), machine)
    mine = lay_over(shared, tmp_path / "mine")
    program = "import sys; print(sys.prefix != sys.base_prefix, sys.prefix)"
    assert run(mine, "python", "-c", program) == f"True {tmp_path / 'mine'}"
    assert mine.env["PIP_REQUIRE_VIRTUALENV"] == "1"
    assert mine.env["VIRTUAL_ENV"] == str(tmp_path / "mine")


def test_scripts_of_the_environment_run_the_jobs_python(machine: Machine, tmp_path: Path) -> None:
    shared, _ = make(spec(), machine)
    for name in ("short", "with space", "long" * 40):
        mine = lay_over(shared, tmp_path / name / "env")
        assert str(tmp_path / name) in run(mine, "pip", "--version") or "site-packages/pip" in run(
            mine, "pip", "--version"
        )
        shown = run(mine, "bash", "-c", "source activate && wheel version && which python")
        assert shown.splitlines()[-1] == str(mine.python)


def test_data_files_are_found_from_the_jobs_prefix(machine: Machine, tmp_path: Path) -> None:
    shared, _ = make(spec(), machine)
    data = shared.python.parent.parent / "share/kernels/x.json"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("{}")
    mine = lay_over(shared, tmp_path / "mine")
    assert (tmp_path / "mine/share/kernels/x.json").read_text() == "{}"
    (tmp_path / "mine/share/kernels/y.json").write_text("{}")
    assert not data.with_name("y.json").exists()
    assert mine.python.parent == tmp_path / "mine/bin"


# What cannot be had


def test_a_conda_file_with_errors_is_refused_and_shown(machine: Machine) -> None:
    lines: list[str] = []
    with pytest.raises(EnvironmentRefused) as refused:
        prepare(spec("dependencies:\n- r-dplyr\n"), machine, lines.append, Cancellation())
    assert str(refused.value) == (
        '"r-dplyr" is a conda package that PyPI does not have (line 2 of the conda file of '
        '"small"). remove the line if the job does not need it'
    )
    assert lines[0].startswith('error[PS3502]: "r-dplyr"')


def test_an_unknown_package_is_refused_by_name_and_line(machine: Machine) -> None:
    text = refusal(spec("dependencies:\n- pip:\n  - no-such-package-xyzzy-1==1.0\n"), machine)
    assert text == (
        '"no-such-package-xyzzy-1==1.0" (line 3 of the conda file of "small") is on no package '
        "index that this machine reads. check the name, or give its index with --extra-index-url"
    )


def test_an_unknown_package_of_azures_own_is_left_out(machine: Machine) -> None:
    conda_file = "dependencies:\n- pip:\n  - azureml-no-such-xyzzy==1.0\n  - six==1.16.0\n"
    prepared, lines = make(spec(conda_file), machine)
    assert lines[-1] == "  azureml-no-such-xyzzy==1.0 is left out (on no package index)"
    assert run(prepared, "python", "-c", "import six; print(1)") == "1"


def test_a_repository_that_cannot_be_fetched_is_left_out(machine: Machine, tmp_path: Path) -> None:
    address = f"git+file://{tmp_path}/nothing#egg=x"
    prepared, lines = make(spec(f"{SIX}  - {address}\n"), machine)
    assert lines[-1].startswith(f"  {address} is left out (fatal: ")
    assert run(prepared, "python", "-c", "import six; print(1)") == "1"


def test_an_index_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_HTTP_RETRIES": "0",
    }
    text = refusal(spec(), machine_in(tmp_path), environ=environ)
    assert text == (
        'http://127.0.0.1:9 cannot be reached, and the conda file of "small" needs '
        "packages from there. check the network, or set UV_DEFAULT_INDEX to an index you can reach"
    )
    assert not list((tmp_path / "cache/environments").glob("*/complete.json"))


def test_an_environment_without_anything_is_refused(machine: Machine) -> None:
    text = refusal(EnvironmentSpec(id="azureml:AzureML-unheard-of@latest"), machine)
    assert text.startswith('the curated environment "AzureML-unheard-of" is not in the local table')


# Build contexts


def context(folder: Path, dockerfile: str, **files: str) -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(dockerfile)
    for name, text in files.items():
        (folder / name.replace("_txt", ".txt").replace("_yml", ".yml")).write_text(text)
    return folder


def test_a_build_context_gives_its_requirements(machine: Machine, tmp_path: Path) -> None:
    folder = context(
        tmp_path / "context",
        f"FROM python:{RUNNING}-slim\n"
        "RUN apt-get update && apt-get install -y \\\n    gcc\n"
        "# a comment\n"
        "COPY requirements.txt /tmp/requirements.txt\n"
        "RUN pip install --no-cache-dir -r /tmp/requirements.txt \\\n"
        " && python -m pip install iniconfig\n",
        requirements_txt="six==1.16.0\n",
    )
    prepared, lines = make(spec(None, build="azureml://x"), machine, context=folder)
    assert (
        run(prepared, "python", "-c", "import six, iniconfig; print(six.__version__)") == "1.16.0"
    )
    assert lines[-3:] == [
        '  the Dockerfile of "small" is not run, only its Python packages and ENV are taken',
        "  not run: apt-get update",
        "  not run: apt-get install -y gcc",
    ]


def test_a_build_context_gives_its_conda_file(machine: Machine, tmp_path: Path) -> None:
    folder = context(
        tmp_path / "context",
        "FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04\n"
        "COPY conda.yml .\n"
        "RUN conda env create -p $CONDA_PREFIX -f conda.yml -q\n",
        conda_yml=f"{SIX}  - -r more.txt\n",
        more_txt="iniconfig\n",
    )
    prepared, _ = make(spec(None, build="azureml://x"), machine, context=folder)
    assert run(prepared, "python", "-c", "import six, iniconfig; print(1)") == "1"


def dockerfile(folder: Path, commands: str, **files: str) -> tuple[list[str], list[str]]:
    """What a Dockerfile with these instructions asks for, and what is said not to be run."""
    files = {"requirements_txt": "six==1.16.0\n", "limits_txt": "idna<4\n", **files}
    made = context(folder, f"FROM python:3.11\n{commands}\n", **files)
    recipe = build_context.read(made, "Dockerfile", "small", lambda line: None)
    bounds = [wish.requirement for wish in recipe.wishes if wish.is_bound]
    wishes = [wish.requirement for wish in recipe.wishes if not wish.is_bound]
    not_run = [note.removeprefix("not run: ") for note in recipe.notes if "not run: " in note]
    return [*recipe.options, *wishes, *(f"within {text}" for text in bounds)], not_run


@pytest.mark.parametrize(
    ("commands", "asked"),
    [
        ("RUN pip install six idna", ["six", "idna"]),
        ("RUN pip --no-cache-dir --timeout 60 install six", ["six"]),
        ("RUN pip install --timeout 60 --retries=5 --trusted-host pypi.org six", ["six"]),
        ("RUN pip install --upgrade-strategy eager -t /opt/x -U six", ["six"]),
        ("RUN pip install -rrequirements.txt", ["six==1.16.0"]),
        ("RUN pip install --requirement=requirements.txt", ["six==1.16.0"]),
        ("RUN pip install -c limits.txt six", ["six", "within idna<4"]),
        ("RUN pip install --constraint=limits.txt six", ["six", "within idna<4"]),
        ("RUN pip install --index-url=https://a/s six", ["--index-url https://a/s", "six"]),
        ("RUN pip install --extra-index-url https://a/s six --pre",
         ["--extra-index-url https://a/s", "--pre", "six"]),
        ("RUN pip install \"six; python_version > '3'\" && pip install 'idna>=3,<4'",
         ['six; python_version > "3"', "idna<4,>=3"]),
        ('RUN ["pip", "install", "six"]', ["six"]),
        ("RUN --mount=type=cache,target=/root/.cache pip install six", ["six"]),
        ("RUN <<EOF\nset -e\n# a comment\npip install six \\\n  idna\nEOF\nRUN pip install attrs",
         ["six", "idna", "attrs"]),
        ("RUN <<-'END'\n\tpip install six\n\tEND", ["six"]),
        ("COPY <<EOF /x.txt\nRUN pip install idna\nEOF\nRUN pip install six", ["six"]),
        ("RUN python - <<EOF\nRUN pip install idna\nEOF\nRUN pip install six", ["six"]),
        ("RUN echo $((1 <<3)) && pip install six", ["six"]),
    ],
)  # fmt: skip
def test_what_pip_installs_in_a_dockerfile(tmp_path: Path, commands: str, asked: list[str]) -> None:
    """Documentation of pip, "pip install"; "Dockerfile reference", RUN and "Here-Documents"."""
    assert dockerfile(tmp_path / "context", commands)[0] == asked


def test_commands_of_a_dockerfile_that_are_not_run_are_told_in_one_piece(tmp_path: Path) -> None:
    commands = "RUN pip install six; echo 'a && b' 2>&1 | cat || echo \"it's\" && true"
    assert dockerfile(tmp_path / "context", commands)[1] == [
        "echo 'a && b' 2>&1 | cat",
        'echo "it\'s"',
        "true",
    ]


def test_the_variables_of_a_build_context_are_those_of_the_job(
    machine: Machine, tmp_path: Path
) -> None:
    """Documentation, "Dockerfile reference", ENV: both forms, quotes, and replacement."""
    folder = context(
        tmp_path / "context",
        "FROM python:3.11 AS first\n"
        "ENV STAGE=first\n"
        "FROM first\n"
        "ARG VERSION=1.2\n"
        "ARG NOTHING\n"
        "ENV OLDER some words\n"
        'ENV A=1 B="two words" C=three\\ words \\\n'
        "    D='$A' E=\\$A\n"
        "ENV F=$A/${VERSION}/${UNSET:-x}/${A:+set} G=[$NOTHING]\n"
        "ENV PATH=/opt/conda/bin:$PATH\n"
        "ENV LD_LIBRARY_PATH /opt/lib\n"
        "RUN pip install six==1.16.0\n",
    )
    prepared, lines = make(spec(None, build="azureml://x"), machine, context=folder)
    wanted = {
        "STAGE": "first",
        "OLDER": "some words",
        "A": "1",
        "B": "two words",
        "C": "three words",
        "D": "$A",
        "E": "$A",
        "F": "1/1.2/x/set",
        "G": "[]",
    }
    assert {name: prepared.env.get(name) for name in wanted} == wanted
    assert "LD_LIBRARY_PATH" not in prepared.env
    assert lines[-2:] == [
        "  not set: ENV PATH=/opt/conda/bin:$PATH",
        "  not set: ENV LD_LIBRARY_PATH=/opt/lib",
    ]


def test_a_variable_that_only_the_image_knows_is_refused_by_its_line(
    machine: Machine, tmp_path: Path
) -> None:
    folder = context(
        tmp_path / "context",
        "FROM python:3.11\n# the next\nENV HOME_OF=$CONDA_HOME/x\nRUN pip install six\n",
    )
    assert refusal(spec(None, build="azureml://x"), machine, context=folder) == (
        'line 3 of the Dockerfile of "small": "$CONDA_HOME" in "ENV HOME_OF=$CONDA_HOME/x" is known'
        " to the image only, and images are not built here. write its value, or set the variable in"
        " environment_variables of the job"
    )


def test_a_build_context_without_python_packages_is_refused(
    machine: Machine, tmp_path: Path
) -> None:
    folder = context(tmp_path / "context", "FROM rocker/tidyverse\nRUN R -e 'install()'\n")
    assert refusal(spec(None, build="azureml://x"), machine, context=folder).startswith(
        'the build context of "small" installs no Python packages'
    )


def test_a_dockerfile_with_odd_bytes_is_read_all_the_same(machine: Machine, tmp_path: Path) -> None:
    folder = context(tmp_path / "context", "")
    (folder / "Dockerfile").write_bytes(b"FROM --platform=linux/amd64\n# caf\xe9\nRUN R\n")
    assert refusal(spec(None, build="azureml://x"), machine, context=folder).startswith(
        'the build context of "small" installs no Python packages'
    )


def test_a_dockerfile_cannot_read_outside_of_its_context(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("six\n")
    folder = context(tmp_path / "context", "FROM x\nRUN pip install -r ../secret.txt\n")
    text = refusal(spec(None, build="azureml://x"), machine, context=folder)
    assert text == '"../secret.txt", which the Dockerfile reads, is not in the context'
