"""CmdLine@2, Bash@3 and PowerShell@2: inputs of the task reference, real bash."""

from dataclasses import replace

import pytest

from penstock.agent.tasks.scripts import unquoted_operator
from penstock.agent.testing import do_job, request_for, script, task


def run(machine, *steps, **settings):
    return do_job(request_for(*steps, **settings), machine)


def sources(machine):
    folder = machine.work / "1/s"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def with_files(machine, *steps, **files):
    """Steps that find files in the sources."""
    lines = [f"cat > {name.replace('_', '.')} <<'END'\n{text}\nEND" for name, text in files.items()]
    return run(machine, script("\n".join(lines), "step0"), *steps)


def test_a_script_of_several_lines_is_not_repeated_in_the_log(machine):
    server = run(machine, script("echo a\necho b\n"))
    assert server.output() == ["a", "b"]
    assert "Script contents:" not in server.log()


def test_windows_line_ends_do_not_matter(machine):
    assert run(machine, script("echo a\r\necho b\r\n")).output() == ["a", "b"]


def test_a_script_reads_no_start_up_files(machine):
    machine = replace(machine, environment={"BASH_ENV": ""})
    server = run(machine, script("shopt -q login_shell && echo login; echo $-"))
    assert server.output() == ["hB"]


def test_a_working_directory(machine):
    server = run(
        machine,
        script("mkdir -p x/y"),
        task("CmdLine@2", "step2", script="pwd", workingDirectory="x/y"),
    )
    assert server.output("step2") == [f"{machine.work}/1/s/x/y"]


def test_a_working_directory_that_is_not_there(machine):
    server = run(machine, task("CmdLine@2", script="pwd", workingDirectory="nowhere"))
    assert server.issues[0].message == f'there is no working directory "{machine.work}/1/s/nowhere"'


@pytest.mark.parametrize(
    ("text", "flag", "result"),
    [
        ("echo warn >&2", "false", "succeeded"),
        ("echo warn >&2", "true", "failed"),
        ("echo fine", "true", "succeeded"),
        ("echo >&2", "true", "failed"),
    ],
)
@pytest.mark.parametrize("reference", ["CmdLine@2", "Bash@3"])
def test_fail_on_stderr(machine, reference, text, flag, result):
    step = task(reference, script=text, failOnStderr=flag)
    step = replace(step, inputs={**step.inputs, "targetType": "inline"})
    if reference == "CmdLine@2":
        step = task(reference, script=text, failOnStderr=flag)
    server = run(machine, step)
    assert server.results == {"step1": result}
    if result == "failed":
        text = "Bash wrote one or more lines to the standard error stream."
        assert server.issues[0].message == text


def test_a_script_file_with_arguments(machine):
    step = task("Bash@3", filePath="a.sh", arguments="one 'two words' \"$HOME_OF_X\" *.sh")
    server = with_files(
        machine,
        replace(step, env={"HOME_OF_X": "from env"}),
        a_sh='echo "$0"; printf "<%s>" "$@"; exit 4',
    )
    path = f"{machine.work}/1/s/a.sh"
    assert server.output() == [
        path,
        "<one><two words><from env><a.sh>",
        "##[error]Bash exited with code '4'.",
    ]


def test_a_script_file_may_have_an_odd_name(machine):
    server = run(
        machine,
        script("echo 'echo odd' > \"it's a \\$x.sh\"", "step0"),
        task("Bash@3", filePath="it's a $x.sh"),
    )
    assert server.output() == ["odd"]


def test_a_script_file_that_is_not_there(machine):
    server = run(machine, task("Bash@3", filePath="nope.sh"))
    assert server.issues[0].message == f'there is no script file "{machine.work}/1/s/nope.sh"'


@pytest.mark.parametrize(
    ("arguments", "operator"),
    [
        ("a b", ""),
        ("'a;b' \"c|d\" e\\;f", ""),
        ("$HOME ${X} *.py ~/x --a=b,c", ""),
        ("a; rm x", ";"),
        ("a | b", "|"),
        ("a && b", "&"),
        ("a > f", ">"),
        ("$(id)", "$("),
        ('"$(id)"', "$("),
        ("'$(id)'", ""),
        ("`id`", "`"),
        ('"`id`"', "`"),
        ("'unclosed ; x", ""),
        ("a\nb", "\n"),
        ("(a)", "("),
    ],
)
def test_an_operator_outside_of_quotes_is_seen(arguments, operator):
    assert unquoted_operator(arguments) == operator


def test_arguments_cannot_become_commands(machine, tmp_path):
    server = with_files(
        machine,
        task("Bash@3", filePath="a.sh", arguments=f"x; touch {tmp_path}/hacked"),
        a_sh="echo ran",
    )
    assert server.issues[0].message == (
        '"arguments" holds ";", which the shell would take as a command; '
        "put quotes around the argument"
    )
    assert not (tmp_path / "hacked").exists()


def test_a_start_up_file_of_ones_own(machine):
    server = with_files(
        machine,
        task("Bash@3", targetType="inline", script="echo $FROM_FILE", bashEnvValue="env.sh"),
        env_sh="FROM_FILE=yes",
    )
    assert server.output() == ["yes"]


def test_powershell_that_is_missing_is_named_and_how_to_get_it(machine):
    machine = replace(machine, environment={"PATH": "/usr/bin:/bin"})
    server = run(machine, task("PowerShell@2", targetType="inline", script="1", pwsh="true"))
    assert server.issues[0].message == (
        'this step needs PowerShell, but there is no "pwsh" on PATH; install it '
        '(https://aka.ms/install-powershell) or run "dotnet tool install --global PowerShell"'
    )


@pytest.fixture
def with_pwsh(machine, tmp_path):
    """A machine whose `pwsh` prints how it was called and the script it was given."""
    program = tmp_path / "bin/pwsh"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/bash\nprintf "<%s>" "${@:1:6}"; echo\n'
        "file=${7#. \\'}; cat \"${file%\\'}\"; echo; exit ${PWSH_EXIT:-0}\n"
    )
    program.chmod(0o755)
    return replace(machine, bin=program.parent)


def test_a_powershell_script_is_run_as_the_task_does(with_pwsh):
    server = run(
        with_pwsh, task("PowerShell@2", targetType="inline", script="Write-Host hi", pwsh="true")
    )
    assert server.output() == [
        "<-NoLogo><-NoProfile><-NonInteractive><-ExecutionPolicy><Unrestricted><-Command>",
        "\ufeff$ErrorActionPreference = 'stop'",
        "$ProgressPreference = 'silentlycontinue'",
        "Write-Host hi",
        "if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }",
    ]


def test_windows_powershell_runs_in_pwsh_and_says_so(with_pwsh):
    server = run(with_pwsh, task("PowerShell@2", targetType="inline", script="x"))
    assert "Windows PowerShell is not on this machine: the script runs in pwsh." in server.log()


def test_a_powershell_script_that_fails(with_pwsh):
    machine = replace(with_pwsh, environment={"PWSH_EXIT": "5"})
    server = run(machine, task("PowerShell@2", targetType="inline", script="x", pwsh="true"))
    assert server.issues[0].message == "PowerShell exited with code '5'."


def test_a_powershell_file_with_arguments(with_pwsh):
    step = task(
        "PowerShell@2",
        filePath="a.ps1",
        arguments="-X 'y z'",
        pwsh="true",
        ignoreLASTEXITCODE="true",
        errorActionPreference="continue",
    )
    server = with_files(with_pwsh, step, a_ps1="1")
    assert server.output()[1:] == [
        "\ufeff$ErrorActionPreference = 'continue'",
        "$ProgressPreference = 'silentlycontinue'",
        f". '{with_pwsh.work}/1/s/a.ps1' -X 'y z'",
    ]
