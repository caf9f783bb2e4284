"""The task AzureCLI, versions 1 and 2: a script that may call `az` as a service connection."""

from __future__ import annotations

from pathlib import Path

from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.programs import find_program, split_arguments
from penstock.agent.server import ToolMissing
from penstock.agent.tasks.contract import Input, Task
from penstock.agent.tasks.scripts import write_script
from penstock.engine.requests import Endpoint

LOCAL_SCHEME = "PenstockLocal"
"""The scheme of a connection that stands for the workspace on this machine: there is no login."""

_NOBODY = "00000000-0000-0000-0000-000000000000"


def run_version_2(step: StepContext) -> Outcome:
    """Run a bash or PowerShell script."""
    kind = step.input("scriptType").lower()
    if kind in ("ps", "batch"):
        return failed(
            f'scriptType "{step.input("scriptType")}" needs Windows; use bash or pscore here'
        )
    return _run(step, kind, step.input("scriptArguments"))


def run_version_1(step: StepContext) -> Outcome:
    """Run a bash script: version 1 knows no other on Linux."""
    return _run(step, "bash", step.input("args"))


def _run(step: StepContext, kind: str, arguments: str) -> Outcome:
    name = step.input("connectedServiceNameARM")
    endpoint = step.job.endpoint(name)
    if endpoint is None:
        return failed(f'the service connection "{name}" is not known to this job')
    folder = step.path(step.input("cwd"))
    try:
        folder.mkdir(parents=True, exist_ok=True)  # so does the real task, unlike those of scripts
    except OSError as error:
        return failed(f'the working directory "{folder}" cannot be made: {error.strerror}')
    script = _script(step, kind)
    if isinstance(script, Outcome):
        return script
    environment = _environment(step, endpoint)
    if isinstance(environment, Outcome):
        return environment
    if endpoint.scheme == LOCAL_SCHEME:
        step.log.line(
            f'Connection "{endpoint.name}" stands for the local workspace; there is no login.'
        )
        return _run_script(step, kind, script, arguments, folder, environment)
    problem = _log_in(step, endpoint, folder, environment)
    if problem:
        return failed(problem)
    try:
        return _run_script(step, kind, script, arguments, folder, environment)
    finally:
        if not step.flag("keepAzSessionActive"):
            _az(step, ["account", "clear"], folder, environment)


def _script(step: StepContext, kind: str) -> Path | Outcome:
    """The script file to run."""
    if step.input("scriptLocation").lower() == "scriptpath":
        path = step.path(step.input("scriptPath"))
        return path if path.is_file() else failed(f'there is no script file "{path}"')
    text = step.input("inlineScript")
    if kind == "bash":
        return write_script(step, text, ".sh")
    preference = step.input("powerShellErrorActionPreference") or "stop"
    lines = [f"$ErrorActionPreference = '{preference}'", text]
    if not step.flag("powerShellIgnoreLASTEXITCODE"):
        lines.append("if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }")
    return write_script(step, "\n".join(lines), ".ps1")


def _run_script(
    step: StepContext,
    kind: str,
    script: Path,
    arguments: str,
    folder: Path,
    environment: dict[str, str],
) -> Outcome:
    strict = step.flag("failOnStandardError")
    if kind == "bash":
        argv = ["bash", str(script), *split_arguments(arguments)]
    else:
        from penstock.agent.tasks.powershell import find_powershell, quote

        argv = [str(find_powershell(step)), "-NoLogo", "-NoProfile", "-NonInteractive"]
        argv += ["-ExecutionPolicy", "Unrestricted"]
        argv += ["-Command", f". {quote(script)} {arguments}".rstrip()]
    step.log.command(" ".join(argv))
    step.wrote_errors = False
    ended = step.run(argv, cwd=folder, env=environment, separate_errors=strict)
    if ended.code != 0:
        return failed(f"Script failed with exit code: {ended.code}")
    if strict and step.wrote_errors:
        return failed("The script wrote to the standard error stream (failOnStandardError).")
    return SUCCEEDED


def _environment(step: StepContext, endpoint: Endpoint) -> dict[str, str] | Outcome:
    environment: dict[str, str] = {}
    machine = step.job.machine
    if endpoint.scheme == LOCAL_SCHEME and machine.clients:
        environment |= {**machine.clients, "IDENTITY_HEADER": machine.service_token}
    if not step.flag("useGlobalConfig"):
        environment["AZURE_CONFIG_DIR"] = str(_settings(step, endpoint))
    if not step.flag("addSpnToEnvironment"):
        return environment
    given = {name.lower(): value for name, value in endpoint.parameters.items()}
    if endpoint.scheme == LOCAL_SCHEME:
        given = {
            "serviceprincipalid": _NOBODY,
            "serviceprincipalkey": "penstock-local",
            "tenantid": _NOBODY,
        }
    elif endpoint.scheme.lower() != "serviceprincipal":
        return failed(
            f'addSpnToEnvironment needs a service principal; "{endpoint.name}" is {endpoint.scheme}'
        )
    for name in ("servicePrincipalId", "servicePrincipalKey", "tenantId"):
        environment[name] = given.get(name.lower(), "")
    return environment


def _settings(step: StepContext, endpoint: Endpoint) -> Path:
    """The folder for the settings of `az`.

    Azure gave all such steps of a job one folder until 2026 (AzureCLI 2.277), and since then one
    each, so that no step can prepare another's login. Where there is no login they still share
    one: many pipelines set the defaults in one step and rely on them in the next.
    """
    shared = step.workspace.temporary / ".azclitask"
    folder = shared if endpoint.scheme == LOCAL_SCHEME else shared / step.step.id
    if (folder / "config").exists():
        step.log.line(
            "Note: what earlier steps set by `az configure` holds here. Since 2026 Azure forgets "
            "it between steps: give -g and -w to commands, or useGlobalConfig: true to steps"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _log_in(
    step: StepContext, endpoint: Endpoint, folder: Path, environment: dict[str, str]
) -> str:
    """Do what the real task does before the script; what went wrong, or nothing."""
    given = {name.lower(): value for name, value in endpoint.parameters.items()}
    data = {name.lower(): value for name, value in endpoint.data.items()}
    scheme = endpoint.scheme.lower()
    if scheme == "serviceprincipal":
        login = ["--service-principal", "-u", given.get("serviceprincipalid", "")]
        login.append(f"--password={given.get('serviceprincipalkey', '')}")
        login += ["--tenant", given.get("tenantid", ""), "--allow-no-subscriptions"]
    elif scheme == "managedserviceidentity":
        login = ["--identity"]
    else:
        return (
            f'connection "{endpoint.name}" logs in by {endpoint.scheme}, which is not supported; '
            "use ServicePrincipal"
        )
    if not step.flag("visibleAzLogin"):
        login += ["--output", "none"]
    calls = [["--version"], ["cloud", "set", "-n", data.get("environment") or "AzureCloud"]]
    calls.append(["login", *login])
    if data.get("subscriptionid"):
        calls.append(["account", "set", "--subscription", data["subscriptionid"]])
    for call in calls:
        if not _az(step, call, folder, environment):
            return "Azure login failed." if call[0] == "login" else f"az {call[0]} failed."
    return ""


def _az(step: StepContext, call: list[str], folder: Path, environment: dict[str, str]) -> bool:
    az = find_program("az", step.process_environment())
    if az is None:
        raise ToolMissing('this step needs the Azure CLI, but there is no "az" on PATH')
    shown = ["az", *("--password=***" if c.startswith("--password=") else c for c in call)]
    step.log.command(" ".join(shown))
    return step.run([str(az), *call], cwd=folder, env=environment).code == 0


_CONNECTION = Input(
    name="connectedServiceNameARM",
    type="connectedService:AzureRM",
    required=True,
    aliases=("azureSubscription",),
)
_LOCATION = Input(
    name="scriptLocation",
    type="pickList",
    default="scriptPath",
    required=True,
    choices=("inlineScript", "scriptPath"),
)
_SCRIPTS = (
    Input(name="scriptPath", type="filePath", required=True, when=("scriptLocation", "scriptPath")),
    Input(
        name="inlineScript",
        type="multiLine",
        required=True,
        when=("scriptLocation", "inlineScript"),
    ),
)
_SHARED = (
    Input(name="addSpnToEnvironment", type="boolean", default="false"),
    Input(name="useGlobalConfig", type="boolean", default="false"),
    Input(name="cwd", type="filePath", aliases=("workingDirectory",)),
    Input(name="failOnStandardError", type="boolean", default="false"),
)
_ID = "46e4be58-730b-4389-8a2f-ea10b3e5e815"
AZURE_CLI_1 = Task(
    name="AzureCLI",
    major=1,
    id=_ID,
    friendly_name="Azure CLI",
    description="Run a bash script with the Azure CLI",
    inputs=(
        _CONNECTION,
        _LOCATION,
        *_SCRIPTS,
        Input(name="args", aliases=("arguments",)),
        *_SHARED,
        Input(name="visibleAzLogin", type="boolean", default="true"),
    ),
    run=run_version_1,
)
AZURE_CLI_2 = Task(
    name="AzureCLI",
    major=2,
    id=_ID,
    friendly_name="Azure CLI",
    description="Run a bash or PowerShell script with the Azure CLI",
    inputs=(
        _CONNECTION,
        Input(
            name="scriptType",
            type="pickList",
            required=True,
            choices=("ps", "pscore", "batch", "bash"),
        ),
        _LOCATION,
        *_SCRIPTS,
        Input(name="scriptArguments", aliases=("arguments",)),
        Input(
            name="powerShellErrorActionPreference",
            type="pickList",
            default="stop",
            choices=("stop", "continue", "silentlyContinue"),
        ),
        *_SHARED,
        Input(name="powerShellIgnoreLASTEXITCODE", type="boolean", default="false"),
        Input(name="visibleAzLogin", type="boolean", default="true"),
        Input(name="keepAzSessionActive", type="boolean", default="false"),
    ),
    run=run_version_2,
)
