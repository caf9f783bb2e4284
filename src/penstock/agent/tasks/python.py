"""PythonScript@0 runs a script with a Python; UsePythonVersion@0 chooses that Python."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.environments.interpreters import Interpreter, discover
from penstock.agent.programs import find_program, split_arguments
from penstock.agent.server import ToolMissing
from penstock.agent.tasks.contract import Input, Task
from penstock.agent.tasks.scripts import write_script

_OLDEST_OF_UV = 8  # of Python 3


def run_python_script(step: StepContext) -> Outcome:
    """Run an inline script, or a script file with arguments."""
    folder = step.path(step.input("workingDirectory"))
    if not folder.is_dir():
        return failed(f'there is no working directory "{folder}"')
    if step.input("scriptSource").lower() == "inline":
        script = write_script(step, step.input("script"), ".py")
    else:
        script = step.path(step.input("scriptPath"))
        if not script.is_file():
            return failed(f'there is no script file "{script}"')
    python = step.input("pythonInterpreter") or _python_on_path(step)
    argv = [python, str(script), *split_arguments(step.input("arguments"))]
    step.log.command(" ".join(argv))
    strict = step.flag("failOnStderr")
    ended = step.run(argv, cwd=folder, separate_errors=strict)
    if ended.code != 0:
        return failed(f"The process '{python}' failed with exit code {ended.code}")
    if strict and step.wrote_errors:
        return failed("Python wrote one or more lines to the standard error stream.")
    return SUCCEEDED


def _python_on_path(step: StepContext) -> str:
    environment = step.process_environment()
    for name in ("python", "python3"):
        path = find_program(name, environment)
        if path is not None:
            return str(path)
    raise ToolMissing('this step needs Python, but there is no "python" or "python3" on PATH')


def use_python_version(step: StepContext) -> Outcome:
    """Put a Python of this machine that fits `versionSpec` in front of PATH.

    The job gets an environment of its own, so that what it installs stays in its workspace.
    """
    spec = step.input("versionSpec")
    if spec.lower().startswith("pypy") or "-dev" in spec:
        return failed(f'versionSpec "{spec}": only released versions of CPython can be chosen here')
    known = _versions(step, discover(os.environ, step.job.machine.tools), spec)
    version = choose_version(spec, list(known))
    if version is None:
        listed = ", ".join(sorted(known, key=_parts)) or "none"
        return failed(
            f'no Python on this machine fits versionSpec "{spec}"; there are: {listed}. '
            + _next_step(spec)
        )
    step.log.line(f"Found Python {version} at {known[version].path}")
    scripts = _environment(step, version, known[version])
    step.set_output("pythonLocation", str(scripts.parent))
    # Azure sets the output only; `$(pythonLocation)` has worked here from the beginning.
    step.variables.set("pythonLocation", str(scripts.parent))
    if step.input("addToPath").lower() != "false":
        step.job.path_prepended.insert(0, str(scripts))
    return SUCCEEDED


def _next_step(spec: str) -> str:
    """How to come by a Python that fits: uv has none that is older than 3.8."""
    from penstock.agent.environments.uv import shell_word

    old = re.match(r"[=v\s]*(?:2|3\.(\d+))(?:\.|$)", spec)
    if old and int(old[1] or 0) < _OLDEST_OF_UV:
        return "put one on the PATH, or ask for one of these"
    return f'"{shell_word()} python install {spec}" adds one'


def choose_version(spec: str, versions: Sequence[str]) -> str | None:
    """The newest of the versions that a range of node-semver allows."""
    import nodesemver

    found: str | None = nodesemver.max_satisfying(list(versions), spec, loose=True)
    return found


def _versions(
    step: StepContext, interpreters: Sequence[Interpreter], spec: str
) -> dict[str, Interpreter]:
    """The interpreters by full version; one whose version is not known by its folder is asked."""
    known: dict[str, Interpreter] = {}
    for each in interpreters:
        patch = each.patch if each.patch is not None else _ask_patch(step, each)
        if patch is not None:
            known.setdefault(f"3.{each.minor}.{patch}", each)
    return known


def _ask_patch(step: StepContext, interpreter: Interpreter) -> int | None:
    printed: list[str] = []
    question = "import sys; print(sys.version_info[2])"
    ended = step.run(
        [str(interpreter.path), "-I", "-S", "-c", question],
        cwd=step.workspace.temporary,
        on_line=printed.append,
    )
    return int(printed[0]) if ended.code == 0 and printed and printed[0].isdecimal() else None


def _environment(step: StepContext, version: str, interpreter: Interpreter) -> Path:
    """The folder of `python` and `pip` of an environment for this job alone."""
    from penstock.agent.environments import EnvironmentRefused, lay_over, prepare
    from penstock.engine.requests import EnvironmentSpec

    conda = f"dependencies:\n- python={version}\n- pip\n- setuptools\n- wheel\n"
    spec = EnvironmentSpec(id=f"Python {version}", conda_file=conda)
    folder = step.workspace.temporary / f"python-{version}"
    try:
        if not folder.exists():
            prepared = prepare(spec, step.job.machine, step.log.debug, step.cancellation)
            lay_over(prepared, folder)
    except EnvironmentRefused as error:
        step.issue(
            "warning",
            f"this job uses the machine's own Python {version}, and installs into it: {error}",
        )
        return interpreter.path.parent
    step.log.line(f"The job has an environment of its own: {folder}")
    return folder / "bin"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


PYTHON_SCRIPT = Task(
    name="PythonScript",
    major=0,
    id="6392f95f-7e76-4a18-b3c7-7f078d2f7700",
    friendly_name="Python script",
    description="Run a Python script, inline or from a file",
    inputs=(
        Input(
            name="scriptSource",
            type="radio",
            default="filePath",
            required=True,
            choices=("filePath", "inline"),
        ),
        Input(name="scriptPath", type="filePath", required=True, when=("scriptSource", "filePath")),
        Input(name="script", type="multiLine", required=True, when=("scriptSource", "inline")),
        Input(name="arguments"),
        Input(name="pythonInterpreter"),
        Input(name="workingDirectory", type="filePath"),
        Input(name="failOnStderr", type="boolean", default="false"),
    ),
    run=run_python_script,
)
USE_PYTHON_VERSION = Task(
    name="UsePythonVersion",
    major=0,
    id="33c63b11-352b-45a2-ba1b-54cb568a29ca",
    friendly_name="Use Python version",
    description="Choose the Python of the steps that follow",
    inputs=(
        Input(name="versionSpec", default="3.x", required=True),
        Input(name="disableDownloadFromRegistry", type="boolean", default="false"),
        Input(name="allowUnstable", type="boolean", default="false"),
        Input(name="githubToken"),
        Input(name="addToPath", type="boolean", default="true", required=True),
        Input(
            name="architecture",
            type="pickList",
            default="x64",
            required=True,
            choices=("x86", "x64", "arm64"),
        ),
    ),
    run=use_python_version,
    restricted=True,
    settable=("pythonLocation", "PATH"),
)
