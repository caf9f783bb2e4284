"""AzureCLI@1 and @2, with an `az` that notes its calls; the sequence is that of the real task."""

from dataclasses import replace

import pytest

from penstock.agent.testing import do_job, request_for, script, task
from penstock.engine.requests import Endpoint

LOCAL = Endpoint(
    id="conn", name="my-connection", type="AzureRM", url="https://x", scheme="PenstockLocal"
)
PRINCIPAL = replace(
    LOCAL,
    scheme="ServicePrincipal",
    parameters={
        "serviceprincipalid": "the-id",
        "serviceprincipalkey": "the-very-secret-key",
        "tenantid": "the-tenant",
    },
    data={"subscriptionId": "sub-1", "environment": "AzureCloud"},
    secrets=("serviceprincipalkey",),
)


@pytest.fixture
def machine_with_az(machine, tmp_path):
    """A machine whose `az` appends its arguments to a file, and fails where AZ_FAILS says."""
    program = tmp_path / "bin/az"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$*" >> {tmp_path}/calls\n'
        'echo "az $1 in $AZURE_CONFIG_DIR"\n[ "$1" != "$AZ_FAILS" ]\n'
    )
    program.chmod(0o755)
    return replace(machine, bin=program.parent)


def inline(text, **inputs):
    return task(
        "AzureCLI@2",
        azureSubscription="my-connection",
        scriptType="bash",
        scriptLocation="inlineScript",
        inlineScript=text,
        **inputs,
    )


def run(machine, *steps, endpoints=(LOCAL,)):
    return do_job(request_for(*steps, endpoints=endpoints), machine)


def calls(tmp_path):
    path = tmp_path / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_a_local_connection_needs_no_login(machine_with_az, tmp_path):
    server = run(machine_with_az, inline("az group show"))
    assert calls(tmp_path) == ["group show"]
    assert (
        'Connection "my-connection" stands for the local workspace; there is no login.'
        in server.log()
    )


def test_a_service_principal_logs_in_as_the_real_task_does(machine_with_az, tmp_path):
    server = run(machine_with_az, inline("az ml job list"), endpoints=[PRINCIPAL])
    assert calls(tmp_path) == [
        "--version",
        "cloud set -n AzureCloud",
        "login --service-principal -u the-id --password=the-very-secret-key --tenant the-tenant "
        "--allow-no-subscriptions",
        "account set --subscription sub-1",
        "ml job list",
        "account clear",
    ]
    assert "the-very-secret-key" not in "".join(server.logs.values())


def test_the_login_may_be_silent(machine_with_az, tmp_path):
    run(machine_with_az, inline("true", visibleAzLogin="false"), endpoints=[PRINCIPAL])
    assert calls(tmp_path)[2].endswith("--output none")


def test_a_managed_identity_logs_in(machine_with_az, tmp_path):
    identity = replace(PRINCIPAL, scheme="ManagedServiceIdentity", parameters={})
    run(machine_with_az, inline("true"), endpoints=[identity])
    assert "login --identity" in calls(tmp_path)


def test_another_scheme_is_refused_by_name(machine_with_az):
    other = replace(PRINCIPAL, scheme="WorkloadIdentityFederation")
    server = run(machine_with_az, inline("true"), endpoints=[other])
    assert server.issues[0].message == (
        'connection "my-connection" logs in by WorkloadIdentityFederation, which is not '
        "supported; use ServicePrincipal"
    )


def test_a_login_that_fails_ends_the_step(machine_with_az, tmp_path):
    machine = replace(machine_with_az, environment={"AZ_FAILS": "login"})
    server = run(machine, inline("az ml job list"), endpoints=[PRINCIPAL])
    assert server.issues[0].message == "Azure login failed."
    assert "ml job list" not in calls(tmp_path)


def test_the_session_is_cleared_after_a_failed_script_too(machine_with_az, tmp_path):
    server = run(machine_with_az, inline("exit 7"), endpoints=[PRINCIPAL])
    assert server.issues[0].message == "Script failed with exit code: 7"
    assert calls(tmp_path)[-1] == "account clear"


def test_the_session_may_be_kept(machine_with_az, tmp_path):
    run(machine_with_az, inline("true", keepAzSessionActive="true"), endpoints=[PRINCIPAL])
    assert "account clear" not in calls(tmp_path)


def test_each_step_that_logs_in_has_its_own_az_settings(machine_with_az):
    """microsoft/azure-pipelines-tasks, pull request 22221: a folder for each step."""
    server = run(machine_with_az, inline("echo $AZURE_CONFIG_DIR"), endpoints=[PRINCIPAL])
    assert f"{machine_with_az.work}/_temp/1/.azclitask/step1" in server.output()


def test_steps_without_a_login_share_their_az_settings(machine_with_az):
    """As all did before that change; many pipelines set the defaults in a step of its own."""
    set_defaults = inline("echo '[defaults]' > $AZURE_CONFIG_DIR/config")
    server = run(machine_with_az, set_defaults, inline("cat $AZURE_CONFIG_DIR/config"))
    assert server.output()[-1] == "[defaults]"
    notes = [line for line in server.log() if "set by `az configure` holds here" in line]
    assert len(notes) == 1


def test_a_working_directory_that_is_not_there_is_made(machine_with_az):
    """microsoft/azure-pipelines-tasks, AzureCLIV2: it makes the folder before it goes there."""
    server = run(machine_with_az, inline("pwd", workingDirectory="code/"))
    assert server.output()[-1] == f"{machine_with_az.work}/1/s/code"


def test_a_working_directory_that_cannot_be_made_fails_the_step(machine_with_az):
    server = run(machine_with_az, script("touch code"), inline("pwd", workingDirectory="code/x"))
    assert server.issues[0].message == (
        f'the working directory "{machine_with_az.work}/1/s/code/x" cannot be made: Not a directory'
    )


def test_the_settings_of_the_user_may_be_used(machine_with_az):
    machine = replace(machine_with_az, environment={"AZURE_CONFIG_DIR": "/mine"})
    server = run(machine, inline("echo $AZURE_CONFIG_DIR", useGlobalConfig="true"))
    assert server.output() == ["/mine"]


def test_the_principal_reaches_the_script_only_when_asked(machine_with_az):
    text = "echo $servicePrincipalId/$servicePrincipalKey/$tenantId"
    plain = run(machine_with_az, inline(text), endpoints=[PRINCIPAL])
    asked = run(machine_with_az, inline(text, addSpnToEnvironment="true"), endpoints=[PRINCIPAL])
    assert "//" in plain.log()
    assert "the-id/***/the-tenant" in asked.log()


def test_a_local_connection_has_a_principal_that_is_nobody(machine_with_az):
    server = run(
        machine_with_az,
        inline("set -u; echo $servicePrincipalId $tenantId", addSpnToEnvironment="true"),
    )
    nobody = "00000000-0000-0000-0000-000000000000"
    assert server.output() == [f"{nobody} {nobody}"]


def test_a_script_file_with_arguments_and_a_folder(machine):
    make = script('mkdir -p d; echo \'printf "<%s>" "$@"; pwd\' > d/x.sh', "step0")
    step = task(
        "AzureCLI@2",
        azureSubscription="MY-CONNECTION",
        scriptType="bash",
        scriptPath="d/x.sh",
        arguments="-a \"b c\" 'd e' $HOME ; $(id)",
        workingDirectory="d",
    )
    server = run(machine, make, step)
    folder = f"{machine.work}/1/s/d"
    assert server.output() == [f"<-a><b c><'d><e'><$HOME><;><$(id)>{folder}"]


def test_inline_scripts_take_arguments_too(machine):
    server = run(machine, inline("echo $1-$2", arguments="one two"))
    assert server.output() == ["one-two"]


def test_writing_to_standard_error_may_fail_the_step(machine):
    server = run(machine, inline("echo x >&2", failOnStandardError="true"))
    assert server.results == {"step1": "failed"}
    assert run(machine, inline("echo x >&2")).results == {"step1": "succeeded"}


@pytest.mark.parametrize("kind", ["ps", "batch"])
def test_windows_scripts_are_refused_by_name(machine, kind):
    step = inline("x")
    step = replace(step, inputs={**step.inputs, "scriptType": kind})
    server = run(machine, step)
    assert server.issues[0].message == (
        f'scriptType "{kind}" needs Windows; use bash or pscore here'
    )


def test_pscore_needs_pwsh(machine):
    machine = replace(machine, environment={"PATH": "/usr/bin:/bin"})
    step = inline("x")
    server = run(machine, replace(step, inputs={**step.inputs, "scriptType": "pscore"}))
    assert server.issues[0].message.startswith("this step needs PowerShell")


def test_pscore_runs_in_pwsh(machine, tmp_path):
    program = tmp_path / "bin/pwsh"
    program.parent.mkdir()
    program.write_text('#!/bin/bash\nfile=${7#. \\\'}; cat "${file%%\\\'*}"; echo "${7##*\\\'}"\n')
    program.chmod(0o755)
    step = inline("az version", arguments="-X 1")
    server = run(
        replace(machine, bin=program.parent),
        replace(step, inputs={**step.inputs, "scriptType": "pscore"}),
    )
    assert server.output() == [
        "$ErrorActionPreference = 'stop'",
        "az version",
        "if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE } -X 1",
    ]


def test_an_unknown_connection_is_named(machine):
    server = run(machine, inline("true"), endpoints=[])
    assert server.issues[0].message == (
        'the service connection "my-connection" is not known to this job'
    )


def test_az_that_is_missing_is_named(machine):
    machine = replace(machine, environment={"PATH": "/nowhere"})
    server = run(machine, inline("true"), endpoints=[PRINCIPAL])
    assert server.issues[0].message == (
        'this step needs the Azure CLI, but there is no "az" on PATH'
    )


def test_version_1_runs_bash(machine):
    step = task(
        "AzureCLI@1",
        connectedServiceNameARM="my-connection",
        scriptLocation="inlineScript",
        inlineScript="echo one $1",
        arguments="two",
    )
    assert run(machine, step).output() == ["one two"]
