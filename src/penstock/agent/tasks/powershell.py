"""`pwsh` and `powershell` steps: the task PowerShell@2. They need PowerShell on this machine."""

from __future__ import annotations

from pathlib import Path

from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.programs import find_program
from penstock.agent.server import ToolMissing
from penstock.agent.tasks.contract import Input, Task
from penstock.agent.tasks.scripts import write_script

_PREFERENCES = (
    ("errorActionPreference", "ErrorActionPreference"),
    ("warningPreference", "WarningPreference"),
    ("informationPreference", "InformationPreference"),
    ("verbosePreference", "VerbosePreference"),
    ("debugPreference", "DebugPreference"),
    ("progressPreference", "ProgressPreference"),
)
_PASS_EXIT_CODE = "if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }"
_MISSING = (
    'this step needs PowerShell, but there is no "pwsh" on PATH; '
    "install it (https://aka.ms/install-powershell) or run "
    '"dotnet tool install --global PowerShell"'
)


def run_powershell(step: StepContext) -> Outcome:
    """Run an inline script, or a script file with arguments, in PowerShell 7."""
    pwsh = find_powershell(step)
    if not step.flag("pwsh"):
        step.log.line("Windows PowerShell is not on this machine: the script runs in pwsh.")
    folder = step.path(step.input("workingDirectory"))
    if not folder.is_dir():
        return failed(f'there is no working directory "{folder}"')
    if step.input("targetType").lower() == "inline":
        body = step.input("script")
    else:
        path = step.path(step.input("filePath"))
        if not path.is_file() or path.suffix.lower() != ".ps1":
            return failed(f'there is no PowerShell script (.ps1) at "{path}"')
        operator = "&" if step.flag("runScriptInSeparateScope") else "."
        body = f"{operator} {quote(path)} {step.input('arguments')}".rstrip()
    lines = [_preference(step, name, variable) for name, variable in _PREFERENCES]
    ending = [] if step.flag("ignoreLASTEXITCODE") else [_PASS_EXIT_CODE]
    script = "\n".join([*(line for line in lines if line), body, *ending])
    return run_script(step, pwsh, script, folder, step.flag("failOnStderr"))


def find_powershell(step: StepContext) -> Path:
    """The `pwsh` of the step's PATH. Raises `ToolMissing` that says how to get it."""
    pwsh = find_program("pwsh", step.process_environment())
    if pwsh is None:
        raise ToolMissing(_MISSING)
    return pwsh


def run_script(
    step: StepContext,
    pwsh: Path,
    script: str,
    folder: Path,
    fail_on_errors: bool,
    env: dict[str, str] | None = None,
) -> Outcome:
    """Run a PowerShell text from a file in the temporary folder."""
    # A byte order mark makes every PowerShell read the file as UTF-8.
    path = write_script(step, "\ufeff" + script, ".ps1")
    argv = [str(pwsh), "-NoLogo", "-NoProfile", "-NonInteractive"]
    argv += ["-ExecutionPolicy", "Unrestricted", "-Command", f". {quote(path)}"]
    step.log.command(" ".join(argv))
    ended = step.run(argv, cwd=folder, env=env, separate_errors=fail_on_errors)
    if ended.code != 0:
        return failed(f"PowerShell exited with code '{ended.code}'.")
    if fail_on_errors and step.wrote_errors:
        return failed("PowerShell wrote one or more lines to the standard error stream.")
    return SUCCEEDED


def quote(path: Path) -> str:
    """A PowerShell literal."""
    return "'" + str(path).replace("'", "''") + "'"


def _preference(step: StepContext, name: str, variable: str) -> str:
    value = step.input(name).lower()
    return "" if value in ("", "default") else f"${variable} = '{value}'"


_LEVELS = ("default", "stop", "continue", "silentlyContinue")
POWERSHELL = Task(
    name="PowerShell",
    major=2,
    id="e213ff0f-5d5c-4791-802d-52ea3e7be1f1",
    friendly_name="PowerShell",
    description="Run a PowerShell script, inline or from a file",
    inputs=(
        Input(name="targetType", type="radio", default="filePath", choices=("filePath", "inline")),
        Input(name="filePath", type="filePath", required=True, when=("targetType", "filePath")),
        Input(name="arguments"),
        Input(name="script", type="multiLine", required=True, when=("targetType", "inline")),
        Input(name="errorActionPreference", type="pickList", default="stop", choices=_LEVELS),
        Input(name="warningPreference", type="pickList", default="default", choices=_LEVELS),
        Input(name="informationPreference", type="pickList", default="default", choices=_LEVELS),
        Input(name="verbosePreference", type="pickList", default="default", choices=_LEVELS),
        Input(name="debugPreference", type="pickList", default="default", choices=_LEVELS),
        Input(
            name="progressPreference",
            type="pickList",
            default="silentlyContinue",
            choices=_LEVELS,
        ),
        Input(name="failOnStderr", type="boolean", default="false"),
        Input(name="showWarnings", type="boolean", default="false"),
        Input(name="ignoreLASTEXITCODE", type="boolean", default="false"),
        Input(name="pwsh", type="boolean", default="false"),
        Input(name="workingDirectory", type="filePath"),
        Input(name="runScriptInSeparateScope", type="boolean", default="false"),
    ),
    run=run_powershell,
)
