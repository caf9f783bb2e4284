"""The life of steps, as the conditions page and the agent's source have it; real bash."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.agent.context import Timing
from penstock.agent.lines import PIECE
from penstock.agent.process import Cancellation
from penstock.agent.testing import QUICK, MemoryJobServer, do_job, request_for, script, task
from penstock.engine.events import NodeStarted, Result, StepFinished, StepStarted
from penstock.engine.requests import Step, Variable


def run(machine, *steps, **settings):
    return do_job(request_for(*steps, **settings), machine)


def results(machine, *steps, **settings):
    return list(run(machine, *steps, **settings).results.values())


def test_a_job_reports_its_start_its_steps_and_its_end(machine):
    server = run(machine, script("echo hello", display_name="Say hello"))
    kinds = [type(event).__name__ for event in server.events]
    assert kinds == [
        "NodeStarted",
        "StepStarted",
        "StepFinished",
        "StepStarted",
        "StepFinished",
        "NodeFinished",
    ]
    started, finished = server.events[3], server.events[4]
    assert isinstance(server.events[0], NodeStarted)
    assert isinstance(started, StepStarted)
    assert isinstance(finished, StepFinished)
    assert (started.step, started.name) == ("step1", "Say hello")
    assert finished.lines == len(server.log())
    assert server.finished.result is Result.SUCCEEDED


def test_the_log_of_a_step_looks_like_the_services(machine):
    server = run(machine, script("echo hello", display_name="Say hello"))
    lines = server.log()
    assert lines[:11] == [
        "##[section]Starting: Say hello",
        "=" * 78,
        "Task         : Command line",
        "Description  : Run a script with bash",
        "Version      : 2",
        "Author       : Penstock",
        "=" * 78,
        "Generating script.",
        "Script contents:",
        "echo hello",
        "========================== Starting Command Output ===========================",
    ]
    assert lines[11].startswith(f"##[command]bash --noprofile --norc {machine.work}/_temp/1/")
    assert lines[-2:] == ["hello", "##[section]Finishing: Say hello"]


def test_every_line_begins_with_its_time(machine):
    server = run(machine, script("echo hello"))
    for line in server.logs["job", "step1"].splitlines():
        stamp, _, _ = line.partition(" ")
        assert len(stamp) == 28
        time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")
        assert stamp[19] == "."
        assert stamp[20:27].isdecimal()
        assert stamp[27] == "Z"


def test_the_first_failed_step_is_the_reason_of_the_job(machine):
    server = run(
        machine,
        script("exit 3", display_name="Build"),
        script("exit 4", "step2", condition="always()"),
    )
    assert server.finished.message == "Build: Bash exited with code '3'."


@pytest.mark.parametrize("name", ["A=B", ""])
def test_a_name_that_cannot_be_in_an_environment_fails_the_step(machine, name):
    server = run(machine, script("true", env={name: "x"}))
    assert server.issues[0].message == f'env "{name}" cannot be an environment variable'


def test_a_variable_that_cannot_be_in_an_environment_is_not_exported(machine):
    server = run(machine, script("echo '$(A=B)'"), variables=[Variable(name="A=B", value="x")])
    assert server.output() == ["x"]


def test_a_failing_script_says_its_exit_code(machine):
    server = run(machine, script("exit 3"))
    assert server.log()[-2:] == [
        "##[error]Bash exited with code '3'.",
        "##[section]Finishing: CmdLine@2",
    ]
    assert server.finished.result is Result.FAILED
    assert server.issues[0].message == "Bash exited with code '3'."


@pytest.mark.parametrize(
    ("condition", "after_success", "after_failure"),
    [
        ("succeeded()", "succeeded", "skipped"),
        ("failed()", "skipped", "succeeded"),
        ("succeededOrFailed()", "succeeded", "succeeded"),
        ("always()", "succeeded", "succeeded"),
        ("canceled()", "skipped", "skipped"),
        (" succeeded( ) ", "succeeded", "skipped"),
        ("Succeeded()", "succeeded", "skipped"),
        ("and(succeeded(), eq(variables['a'], 'X'))", "succeeded", "skipped"),
        ("eq(variables.A, 'x')", "succeeded", "succeeded"),
        ("eq(variables['Agent.JobStatus'], 'Failed')", "skipped", "succeeded"),
        ("variables['flag']", "succeeded", "succeeded"),
        ("variables['missing']", "skipped", "skipped"),
        ("true", "succeeded", "succeeded"),
        ("false", "skipped", "skipped"),
    ],
)
def test_conditions(machine, condition, after_success, after_failure):
    variables = [Variable(name="a", value="x"), Variable(name="flag", value="false")]
    second = script("true", "step2", condition=condition)
    good = run(machine, script("true"), second, variables=variables)
    bad = run(machine, script("exit 1"), second, variables=variables)
    assert good.results["step2"] == after_success
    assert bad.results["step2"] == after_failure


def test_a_skipped_step_has_no_start_and_one_line(machine):
    server = run(machine, script("true", condition="false"))
    assert server.log() == ["Skipping step due to condition evaluation."]
    started = [e.step for e in server.events if isinstance(e, StepStarted)]
    assert started == ["initialize"]
    assert server.finished.result is Result.SUCCEEDED


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("dependencies.A.result", "Unrecognized value: 'dependencies'"),
        ("nothing()", "Unrecognized value: 'nothing'"),
        ("succeeded('other')", "Unexpected symbol"),
        ("lt('a', 1)x", "Unexpected symbol: 'x'"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_fails_the_step(machine, condition, reason):
    server = run(machine, script("echo ran", condition=condition), script("true", "step2"))
    assert server.results == {"step1": "failed", "step2": "skipped"}
    assert server.issues[0].message.startswith(f'the condition "{condition}" cannot be evaluated: ')
    assert "ran" not in server.log()


def test_continue_on_error_makes_a_failure_an_issue(machine):
    server = run(
        machine,
        script("exit 1", continue_on_error="true"),
        script("echo $AGENT_JOBSTATUS", "step2"),
    )
    assert server.results == {"step1": "succeededWithIssues", "step2": "succeeded"}
    assert server.output("step2") == ["SucceededWithIssues"]
    assert server.finished.result is Result.SUCCEEDED_WITH_ISSUES


def test_continue_on_error_may_be_a_macro(machine):
    step = script("exit 1", continue_on_error="$(soft)")
    assert results(machine, step, variables=[Variable(name="soft", value="True")]) == [
        "succeededWithIssues"
    ]
    assert results(machine, step) == ["failed"]


def test_a_failed_step_is_retried_with_a_warning_each(machine):
    server = run(machine, script("echo x >> count; [ $(wc -l < count) = 3 ]", retries=5))
    assert server.results == {"step1": "succeeded"}
    assert [issue.message for issue in server.issues if issue.kind == "warning"] == [
        "Bash exited with code '1'. Retry 1 of 5 in 0.01 seconds.",
        "Bash exited with code '1'. Retry 2 of 5 in 0.01 seconds.",
    ]
    assert server.finished.result is Result.SUCCEEDED


def test_retries_end_and_then_continue_on_error_counts(machine):
    server = run(machine, script("echo again; exit 1", retries=2, continue_on_error="true"))
    assert server.output().count("again") == 3
    assert server.results == {"step1": "succeededWithIssues"}


def test_the_agent_waits_the_square_of_the_number_of_the_retry():
    assert [Timing().retry_seconds(n) for n in range(3)] == [1.0, 4.0, 9.0]


def test_a_step_that_takes_too_long_fails(machine):
    server = run(machine, script("sleep 60", timeout=0.2), script("true", "step2"))
    assert server.results == {"step1": "failed", "step2": "skipped"}
    assert server.issues[0].message == "The task has timed out."


def test_a_job_that_takes_too_long_is_canceled(machine):
    server = run(
        machine,
        script("sleep 60"),
        script("echo cleaned", "step2", condition="always()"),
        timeout=0.3,
    )
    assert server.results == {"step1": "canceled", "step2": "succeeded"}
    assert server.finished.result is Result.CANCELED
    assert server.finished.message.startswith(
        "The job running on agent agent-1 ran longer than the maximum time of 0.005 minutes."
    )


def cancel_when(server, text, cancellation):
    def watch():
        while not any(text in log for log in server.logs.values()):
            time.sleep(0.01)
        cancellation.request("stopped by ann")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_canceled_job_runs_only_what_wants_to_run_then(machine):
    server, cancellation = MemoryJobServer(), Cancellation()
    cancel_when(server, "begun", cancellation)
    do_job(
        request_for(
            script("echo begun; sleep 60"),
            script("echo no", "step2"),
            script("echo always $AGENT_JOBSTATUS", "step3", condition="always()"),
            script("echo canceled", "step4", condition="canceled()"),
            script("echo no", "step5", condition="failed()"),
            script("echo no", "step6", condition="succeededOrFailed()"),
        ),
        machine,
        server=server,
        cancellation=cancellation,
    )
    assert server.results == {
        "step1": "canceled",
        "step2": "skipped",
        "step3": "succeeded",
        "step4": "succeeded",
        "step5": "skipped",
        "step6": "skipped",
    }
    assert server.output("step3") == ["always Canceled"]
    assert server.finished.result is Result.CANCELED
    assert server.finished.message == "stopped by ann"


def test_cleaning_up_after_a_cancel_has_a_limit(machine):
    server, cancellation = MemoryJobServer(), Cancellation()
    cancel_when(server, "begun", cancellation)
    request = request_for(
        script("echo begun; sleep 60"), script("sleep 60", "step2", condition="always()")
    )
    do_job(replace(request, cancel_timeout=0.3), machine, server=server, cancellation=cancellation)
    assert server.results == {"step1": "canceled", "step2": "canceled"}


def test_a_cancel_ends_the_wait_before_a_retry(machine):
    server, cancellation = MemoryJobServer(), Cancellation()
    cancel_when(server, "Retry 1", cancellation)
    do_job(
        request_for(script("exit 1", retries=3)),
        machine,
        server=server,
        cancellation=cancellation,
        timing=replace(QUICK, retry_seconds=lambda n: 60.0),
    )
    assert server.finished.result is Result.CANCELED


def test_macros_are_replaced_in_inputs_env_and_display_name(machine):
    server = run(
        machine,
        script("echo '$(a)' $FROM", env={"FROM": "$(a)!"}, display_name="Say $(a)"),
        variables=[Variable(name="a", value="one")],
    )
    assert server.output() == ["one one!"]
    assert server.log()[0] == "##[section]Starting: Say one"


def test_a_second_scan_takes_the_environment_of_the_agent(machine):
    machine = replace(machine, environment={"FROM_MACHINE": "m"})
    server = run(
        machine,
        script(
            "echo '$(FROM_MACHINE) $(from_machine) $(indirect)' $E", env={"E": "$(FROM_MACHINE)"}
        ),
        variables=[Variable(name="indirect", value="$(FROM_MACHINE)")],
    )
    assert server.output() == ["m $(from_machine) m m"]


def test_unknown_macros_reach_the_shell(machine):
    assert run(machine, script("echo $(echo inner)")).output() == ["inner"]


def test_a_public_variable_wins_over_the_env_of_the_step(machine):
    server = run(
        machine,
        script("echo $A $B", env={"A": "from step", "B": "from step"}),
        variables=[Variable(name="a", value="from variable")],
    )
    assert server.output() == ["from variable from step"]


def test_what_the_agent_itself_exports(machine):
    server = run(machine, script("echo $TF_BUILD $PENSTOCK_ORIGIN; echo $VSTS_PROCESS_LOOKUP_ID"))
    first, second = server.output()
    assert first == "True 1/job/step1"
    assert second.startswith("vsts_")


def test_the_folders_of_the_job(machine):
    server = run(
        machine,
        script(
            "pwd; echo $(Pipeline.Workspace) $(Agent.BuildDirectory)\n"
            "echo $(Build.SourcesDirectory) $(System.DefaultWorkingDirectory)\n"
            "echo $(Build.ArtifactStagingDirectory) $(Build.StagingDirectory) "
            "$(System.ArtifactsDirectory)\n"
            "echo $(Build.BinariesDirectory) $(Common.TestResultsDirectory)\n"
            "echo $(Agent.TempDirectory) $(Agent.ToolsDirectory) $(Agent.WorkFolder)\n"
            "echo $BUILD_REPOSITORY_LOCALPATH $AGENT_OS $AGENT_NAME"
        ),
    )
    work = machine.work
    assert server.output() == [
        f"{work}/1/s",
        f"{work}/1 {work}/1",
        f"{work}/1/s {work}/1/s",
        f"{work}/1/a {work}/1/a {work}/1/a",
        f"{work}/1/b {work}/1/TestResults",
        f"{work}/_temp/1 {machine.tools} {work}",
        f"{work}/1/s Linux agent-1",
    ]


def test_the_temporary_folder_is_empty_before_and_after(machine):
    server = run(
        machine,
        script("ls -A $(Agent.TempDirectory) | grep -v sh; mkdir -p $(Agent.TempDirectory)/x/y"),
    )
    assert server.output() == []
    assert list((machine.work / "_temp/1").iterdir()) == []


def test_values_of_secrets_are_not_inherited_from_the_agent(machine):
    os.environ["INHERITED_SECRET"] = "very-secret-value"
    try:
        server = run(
            machine,
            script("echo [$INHERITED_SECRET] $M", env={"M": "$(s)"}),
            variables=[Variable(name="s", value="very-secret-value", secret=True)],
        )
    finally:
        del os.environ["INHERITED_SECRET"]
    assert server.output() == ["[] ***"]


@pytest.mark.parametrize(
    "text",
    [
        'printf "%s" "${S:0:5}"; sleep 0.2; echo "${S:5}"',
        'set -x; : "$S"',
        'echo "$S" >&2',
        'echo -n "$S" | base64',
        'echo "$S" | base64',
        'printf "%s" "$S" | od -An -tx1 | tr -d " \\n"; echo',
        'echo "{\\"a\\": \\"$S\\"}"',
        'echo "$S" | sed "s/./&/g"',
        'printf "%q\\n" "$S"',
        'echo "https://user:$S@host/"',
        'cat "$0" # $(s)',
    ],
)
def test_a_secret_is_masked_however_the_step_prints_it(machine, text):
    secret = "pass word&1'2"
    server = run(
        machine,
        script(text, env={"S": "$(s)"}),
        variables=[Variable(name="s", value=secret, secret=True)],
    )
    printed = server.logs["job", "step1"]
    assert server.results == {"step1": "succeeded"}
    assert secret not in printed
    assert "word" not in printed.partition("Starting Command")[2]
    assert "***" in printed


def test_a_secret_is_masked_in_results_issues_and_names(machine):
    server = run(
        machine,
        script(
            'echo "##vso[task.logissue type=error;sourcepath=$(s)]see $(s)"\n'
            'echo "##vso[task.complete result=Failed]it was $(s)"',
            display_name="Use $(s)",
        ),
        variables=[Variable(name="s", value="very-secret-value", secret=True)],
    )
    assert "very-secret-value" not in repr(server.events)
    assert server.results == {"step1": "failed"}


def test_secrets_of_the_request_are_masked(machine):
    server = run(machine, script("echo other-secret"), secrets=["other-secret"])
    assert server.output() == ["***"]


def test_a_secret_cut_where_a_long_line_is_cut_is_masked(machine):
    for shift in (0, 3, 9, 15):
        server = run(
            machine,
            script(
                f"head -c {PIECE - shift} /dev/zero | tr '\\0' x; echo -n $S; echo tail",
                env={"S": "$(s)"},
            ),
            variables=[Variable(name="s", value="very-secret-val", secret=True)],
        )
        joined = "".join(server.output())
        assert joined == "x" * (PIECE - shift) + "***tail"


def test_a_step_of_an_unknown_task_fails_by_name(machine):
    step = Step(id="step1", task="Bahs@3", inputs={}, place="azure-pipelines.yml:4:3")
    server = run(machine, step)
    assert server.issues[0].message == (
        'there is no task "Bahs@3" on this machine; did you mean "Bash@3"? '
        "(azure-pipelines.yml:4:3)"
    )


def test_a_missing_input_fails_by_name(machine):
    server = run(machine, task("Bash@3", targetType="inline"))
    assert server.issues[0].message == 'Bash@3 needs the input "script"'


def test_an_input_that_the_task_does_not_have_is_told(machine):
    server = run(machine, task("CmdLine@2", script="true", workingDir="x"))
    assert server.issues[0].message == (
        'CmdLine@2 has no input "workingDir": it is not used; did you mean "workingDirectory"?'
    )
    assert server.results == {"step1": "succeeded"}


def test_a_container_target_is_refused_by_name(machine):
    server = run(machine, script("true", target="build"))
    assert server.issues[0].message == 'target "build": steps cannot run in containers yet'
    assert results(machine, script("true", target="host")) == ["succeeded"]


def test_the_background_of_a_step_lives_until_the_job_ends(machine):
    server = run(
        machine,
        script("sleep 60 >/dev/null 2>&1 & echo $! > pid"),
        script("kill -0 $(cat pid) && echo alive", "step2"),
    )
    assert server.output("step2") == ["alive"]
    assert any("Terminate orphan process" in line for line in server.log("finalize"))
    pid = (machine.work / "1/s/pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_a_background_process_that_holds_the_output_is_told(machine):
    server = run(machine, script("sleep 60 & echo started"))
    assert server.output()[-1].startswith("A process that the step left in the background")


def test_binary_output_and_long_lines_are_kept(machine):
    server = run(
        machine,
        script("printf 'a\\xff\\x00b\\n'; head -c 3000000 /dev/zero | tr '\\0' y; echo; echo end"),
    )
    output = server.output()
    assert output[0] == "a\ufffd\x00b"
    assert "".join(output[1:-1]) == "y" * 3_000_000
    assert output[-1] == "end"


def test_a_container_image_is_refused_by_name(machine):
    request = request_for(script("true"))
    work = replace(request.work, image="ubuntu:22.04")
    server = do_job(replace(request, work=work), machine)
    assert server.finished.result is Result.FAILED
    assert server.finished.message == (
        'image "ubuntu:22.04": jobs cannot run in containers yet; '
        'write "host" for it in .penstock/images.yml'
    )
    assert server.results == {}


def test_the_names_of_variables_are_listed_for_task_lib(machine):
    server = run(
        machine,
        script("echo $VSTS_SECRET_VARIABLES; echo $VSTS_PUBLIC_VARIABLES | grep -c own.Var"),
        variables=[
            Variable(name="own.Var", value="1"),
            Variable(name="hidden", value="hidden-value", secret=True),
        ],
    )
    assert server.output() == ['["hidden"]', "1"]


def test_notes_of_the_planner_are_in_the_first_log(machine):
    request = request_for(script("true"))
    work = replace(request.work, notes=('image "ubuntu-latest" is this machine',))
    server = do_job(replace(request, work=work), machine)
    assert 'Note: image "ubuntu-latest" is this machine' in server.log("initialize")


def test_a_short_secret_variable_is_told_once(machine):
    server = run(machine, script("true"), variables=[Variable(name="k", value="abc", secret=True)])
    expected = 'the secret variable "k" is shorter than 6 characters, so it is not masked in logs'
    assert f"##[warning]{expected}" in server.log("initialize")


def test_a_cycle_of_variables_is_told_and_kept(machine):
    server = run(
        machine,
        script("echo '$(a)'"),
        variables=[Variable(name="a", value="$(b)"), Variable(name="b", value="$(a)")],
    )
    assert server.output() == ["$(b)"]
    assert any("it contains itself" in line for line in server.log())
