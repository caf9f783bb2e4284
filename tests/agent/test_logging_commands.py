"""Logging commands as their page and the agent's source have them, printed by real steps."""

import pytest

from penstock.agent.logging_commands import Command, merge, parse
from penstock.agent.testing import do_job, request_for, script
from penstock.engine.events import Output, Result, RunChanged, StepFinished
from penstock.engine.requests import Endpoint, Step, Variable

ISSUE_DATA = {"sourcepath": "a.py", "linenumber": "3", "columnnumber": "7", "code": "E1"}


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (
            "##vso[task.setvariable variable=a;isSecret=true]x",
            Command("task.setvariable", {"variable": "a", "issecret": "true"}, "x"),
        ),
        ("##vso[task.complete result=Failed;]", Command("task.complete", {"result": "Failed"}, "")),
        ("before ##vso[a.b]after", Command("a.b", {}, "after")),
        ("##vso[Task.SetProgress Value=5;]x", Command("task.setprogress", {"value": "5"}, "x")),
        ("##vso[a.b x=1=2;y=]m", Command("a.b", {"x": "1=2"}, "m")),
        ("##vso[a.b x=1;;z]m]n", Command("a.b", {"x": "1"}, "m]n")),
        # What task-lib 5.281 prints for tl.setVariable("a.b", "x;y]%1\nz", false, true).
        (
            "##vso[task.setvariable variable=a.b;isOutput=true;issecret=false;]x;y]%AZP251%0Az",
            Command(
                "task.setvariable",
                {"variable": "a.b", "isoutput": "true", "issecret": "false"},
                "x;y]%1\nz",
            ),
        ),
        ("##vso[a.b p=%3B%5D%0D%0A%AZP25]", Command("a.b", {"p": ";]\r\n%"}, "")),
        ("##vso[a.b]%AZP253B", Command("a.b", {}, "%3B")),
        ("##vso[a.b", None),
        ("##vso[a]x", None),
        ("##vso[a.b.c]x", None),
        ("##vso[]x", None),
        ("##vso a.b]x", None),
        ("##VSO[a.b]x", None),
        ("##vs\u200bo[a.b]x", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_a_line_is_parsed_as_the_agent_does(line, command):
    assert parse(line) == command


S, W, F, C, K = (
    Result.SUCCEEDED,
    Result.SUCCEEDED_WITH_ISSUES,
    Result.FAILED,
    Result.CANCELED,
    Result.SKIPPED,
)


@pytest.mark.parametrize(
    ("result", "coming", "merged"),
    [
        (None, S, S),
        (S, W, W),
        (W, S, W),
        (W, F, F),
        (F, S, F),
        (F, C, C),
        (C, F, C),
        (K, F, K),
        (S, K, K),
    ],
)
def test_the_worse_result_wins_and_beyond_failed_it_stays(result, coming, merged):
    assert merge(result, coming) is merged


def run(machine, text, *more, variables=(), **settings):
    return do_job(request_for(script(text, **settings), *more, variables=variables), machine)


def test_a_variable_is_seen_by_the_next_step_not_by_this_one(machine):
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=my.Var]one"; echo "<$MY_VAR>"',
        script('echo "$MY_VAR $(my.var) $(MY.VAR)"', "step2"),
    )
    assert server.output("step1") == ["<>"]
    assert server.output("step2") == ["one one one"]


def test_a_command_works_from_standard_error_and_anywhere_in_a_line(machine):
    server = run(
        machine,
        'echo "text ##vso[task.setvariable variable=v]1" >&2',
        script("echo $(v)", "step2"),
    )
    assert server.output("step1") == []
    assert server.output("step2") == ["1"]


def test_outputs_are_read_by_step_name_and_reach_the_job(machine):
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=v;isOutput=true]1"\n'
        'echo "##vso[task.setvariable variable=w;isoutput=TRUE;issecret=true]hidden-value"',
        script("echo '$(s.v)' $S_V '[$(v)]' '$(s.w)' [$S_W]", "step2"),
        name="s",
    )
    assert server.output("step2") == ["1 1 [$(v)] *** []"]
    assert server.finished.outputs == {
        "s.v": Output(value="1"),
        "s.w": Output(value="hidden-value", secret=True),
    }


def test_a_secret_is_masked_from_then_on_and_not_exported(machine):
    server = run(
        machine,
        'S=top-secret-value; echo "##vso[task.setvariable variable=s;issecret=true]$S"; echo $S',
        script("echo [$S] $(s)", "step2"),
    )
    assert server.output("step1") == ["***"]
    assert server.output("step2") == ["[] ***"]


def test_an_output_that_holds_a_secret_is_secret(machine):
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=v;isOutput=true]key=$KEY"',
        name="s",
        env={"KEY": "$(key)"},
        variables=[Variable(name="key", value="hidden-value", secret=True)],
    )
    assert server.finished.outputs == {"s.v": Output(value="key=hidden-value", secret=True)}


def test_a_value_with_a_nul_is_refused(machine):
    server = run(machine, r"printf '##vso[task.setvariable variable=v]a\0b\n'")
    assert server.issues[0].message.endswith("it holds a NUL character")


@pytest.mark.parametrize(
    "command", [r"task.setvariable variable=a\0b]v", r"task.prependpath]/a\0b", r"a\0b.c]x"]
)
def test_a_nul_anywhere_in_a_command_harms_no_later_step(machine, command):
    server = run(
        machine, rf"printf '##vso[{command}\n'", script("echo on", "step2", condition="always()")
    )
    assert server.output("step2") == ["on"]
    assert server.results["step2"] == "succeeded"


def test_a_command_that_the_machine_cannot_obey_fails_the_step_and_the_rest_goes_on(machine):
    name = "x" * 300
    server = run(machine, f'echo "##vso[task.uploadfile]{name}"; echo on')
    assert server.output()[-1] == "on"
    assert "Unable to process command" in server.issues[0].message
    assert server.results == {"step1": "failed"}


def test_a_secret_of_several_lines_is_refused(machine):
    server = run(machine, 'echo "##vso[task.setvariable variable=s;issecret=true]line1%0Aline2"')
    assert server.results == {"step1": "failed"}
    assert server.issues[0].message.endswith("a secret cannot have more than one line")


def test_a_secret_of_several_lines_may_be_allowed(machine):
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=s;issecret=true]first line%0Asecond line"\n'
        'echo "the second line"',
        variables=[Variable(name="SYSTEM_UNSAFEALLOWMULTILINESECRET", value="true")],
    )
    assert server.results == {"step1": "succeeded"}
    assert server.output("step1") == ["the ***"]


def test_a_short_secret_is_said_not_to_be_masked(machine):
    server = run(machine, 'echo "##vso[task.setvariable variable=s;issecret=true]abc"')
    assert server.issues[0].kind == "warning"
    assert server.issues[0].message == (
        'the secret variable "s" is shorter than 6 characters, so it is not masked in logs'
    )


@pytest.mark.parametrize("name", ["Agent.TempDirectory", "build.sourcesdirectory", "fixed"])
def test_a_read_only_variable_is_kept_and_the_step_fails(machine, name):
    server = run(
        machine,
        f'echo "##vso[task.setvariable variable={name}]/elsewhere"',
        variables=[Variable(name="fixed", value="1", readonly=True)],
    )
    assert server.results == {"step1": "failed"}
    # the words are the agent's, as recorded on the hosted service
    assert f"Overwriting readonly variable '{name}' is not permitted" in server.issues[0].message


def test_a_variable_may_be_made_read_only(machine):
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=v;isreadonly=true]1"',
        script('echo "##vso[task.setvariable variable=V]2"', "step2"),
    )
    assert server.results == {"step1": "succeeded", "step2": "failed"}


def test_only_settable_variables_may_be_set(machine):
    settings = {"settable_variables": ("ok*",)}
    server = run(
        machine,
        'echo "##vso[task.setvariable variable=okay]1"\n'
        'echo "##vso[task.setvariable variable=other]1"\n'
        'echo "##vso[task.prependpath]/evil"',
        script("echo '$(okay) $(other)'; echo $PATH", "step2"),
        **settings,
    )
    assert server.output("step2")[0] == "1 $(other)"
    assert "/evil" not in server.output("step2")[1]
    assert [issue.message for issue in server.issues] == [
        'variable "other" may not be set by this step',
        'variable "PATH" may not be set by this step',
    ]


@pytest.mark.parametrize(
    "command",
    [
        "task.uploadfile",
        "artifact.upload artifactname=a",
        "build.updatebuildnumber",
        "task.setendpoint id=x;field=url",
        "task.uploadsummary",
        "build.addbuildtag",
    ],
)
def test_a_restricted_step_may_not_command_much(machine, command):
    server = run(machine, f'echo "##vso[{command}]x"', restricted_commands=True)
    assert server.results == {"step1": "succeeded"}
    name = command.partition(" ")[0]
    assert server.issues[0].message == f'"##vso[{name}]" is not allowed in this step'
    assert server.attached == []


def test_a_secret_may_be_told_at_any_time(machine):
    server = run(
        machine, 'echo early-secret; echo "##vso[task.setsecret]early-secret"; echo early-secret'
    )
    assert server.output() == ["early-secret", "***"]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("Failed", "failed"),
        ("failed", "failed"),
        ("SucceededWithIssues", "succeededWithIssues"),
        ("Succeeded", "succeeded"),
        ("Skipped", "skipped"),
        ("Canceled", "canceled"),
    ],
)
def test_complete_sets_the_result(machine, result, outcome):
    server = run(machine, f'echo "##vso[task.complete result={result};]because"; echo after')
    assert server.results == {"step1": outcome}
    assert server.output()[0] == "after"


def test_complete_does_not_hide_a_failed_script(machine):
    server = run(machine, 'echo "##vso[task.complete result=Succeeded;]"; exit 1')
    assert server.results == {"step1": "failed"}


@pytest.mark.parametrize("command", ["task.complete", "task.complete result=Great"])
def test_complete_needs_a_result(machine, command):
    server = run(machine, f'echo "##vso[{command}]x"')
    assert server.results == {"step1": "failed"}


def test_complete_with_done_ends_the_step(machine):
    server = run(machine, 'echo "##vso[task.complete result=Succeeded;done=true]"; sleep 60')
    assert server.results == {"step1": "succeeded"}


def test_an_issue_is_recorded_with_its_line_and_does_not_change_the_result(machine):
    server = run(
        machine,
        "echo hello\n"
        'echo "##vso[task.logissue type=error;sourcepath=a.py;linenumber=3;"'
        '"columnnumber=7;code=E1]bad"\n'
        'echo "##vso[task.issue type=warning]careful"',
    )
    assert server.results == {"step1": "succeeded"}
    error, warning = server.issues
    assert (error.kind, error.message) == ("error", "a.py(3,7): error E1: bad")
    assert error.data == ISSUE_DATA
    assert server.log()[error.line - 1] == "##[error]a.py(3,7): error E1: bad"
    assert (warning.kind, warning.message) == ("warning", "careful")
    assert server.log()[warning.line - 1] == "##[warning]careful"


def test_the_first_ten_issues_of_each_kind_are_kept(machine):
    server = run(
        machine,
        'for i in $(seq 15); do echo "##vso[task.logissue type=error]e$i"; '
        'echo "##vso[task.logissue type=warning]w$i"; done',
    )
    assert [i.message for i in server.issues if i.kind == "error"] == [
        f"e{i}" for i in range(1, 11)
    ]
    assert sum(line.startswith("##[error]") for line in server.log()) == 15


def test_an_issue_needs_a_type(machine):
    server = run(machine, 'echo "##vso[task.logissue type=info]x"')
    assert server.results == {"step1": "failed"}
    assert server.issues[0].message == (
        "Unable to process command '##vso[task.logissue type=info]x' successfully. Please "
        "reference documentation (https://learn.microsoft.com/azure/devops/pipelines/scripts/"
        'logging-commands): "info" is not a type of issue; use error or warning'
    )


def test_paths_are_prepended_newest_first(machine):
    server = run(
        machine,
        'for p in /one /two /one; do echo "##vso[task.prependpath]$p"; done',
        script("echo $PATH", "step2"),
    )
    assert server.output("step2")[0].startswith("/one:/two:")


def test_debug_lines_are_shown_only_with_system_debug(machine):
    text = 'echo "##vso[task.debug]detail"; echo "##vso[task.setprogress value=40]building"'
    assert run(machine, text).output() == []
    debug = [Variable(name="System.Debug", value="true")]
    output = run(machine, text, variables=debug).output()
    assert "##[debug]detail" in output
    assert "##[debug]progress: 40 % building" in output


@pytest.mark.parametrize("value", ["", "value=x", "value=101", "value=-1", "value=" + "9" * 5000])
def test_progress_is_a_whole_number_up_to_100(machine, value):
    assert run(machine, f'echo "##vso[task.setprogress {value}]x"').results == {"step1": "failed"}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("build.unheardof a=b", "there is no build.unheardof; there are build.addbuildtag, build."),
        ("Task.SetVariables", "there is no task.setvariables; there are task.addattachment, task."),
        ("release.updatereleasename", "it is for releases, and this is a build"),
    ],
)
def test_a_command_that_its_area_lacks_fails_the_step(machine, command, said):
    server = run(machine, f'echo "##vso[{command}]x"')
    assert said in server.issues[0].message
    assert f"Unable to process command '##vso[{command}]x' successfully" in server.output()[0]
    assert server.results == {"step1": "failed"}


def test_a_command_of_an_area_that_nobody_knows_is_named_and_dropped(machine):
    server = run(machine, 'echo "##vso[other.thing a=b]x"')
    assert server.output() == [
        '##[warning]"##vso[other.thing]": there are no commands named other.*'
    ]
    assert server.results == {"step1": "succeeded"}


def test_a_malformed_command_is_shown_with_a_warning(machine):
    server = run(machine, 'echo "##vso[task]x"')
    assert server.output() == [
        '##[warning]not a logging command, so it is only shown: "##vso[task]x"',
        "##vso[task]x",
    ]


def test_files_are_kept_with_the_job_and_secrets_in_them_are_masked(machine):
    server = run(
        machine,
        "echo 'the top-secret-value' > summary.md; printf '\\000top-secret-value' > raw.bin\n"
        'echo "##vso[task.uploadsummary]$PWD/summary.md"\n'
        'echo "##vso[task.uploadfile]raw.bin"\n'
        'echo "##vso[task.addattachment type=mine;name=n]summary.md"\n'
        'echo "##vso[build.uploadlog]summary.md"',
        variables=[Variable(name="s", value="top-secret-value", secret=True)],
    )
    assert server.contents["Distributedtask.Core.Summary", "step1-summary.md"] != {}
    assert b"the ***\n" in server.contents["mine", "n"].values()
    assert server.contents["Distributedtask.Core.FileAttachment", "raw.bin"] == {
        "raw.bin": b"\0top-secret-value"
    }
    assert b"the ***\n" in server.contents["log", "summary.md"].values()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../../../../../../../../../../../../../../../../../etc/passwd",
        "link",
        "folder/passwd",
    ],
)
def test_a_path_outside_of_the_job_is_not_uploaded(machine, path):
    server = run(
        machine,
        f'ln -s /etc/passwd link; ln -s /etc folder; echo "##vso[task.uploadfile]{path}"',
    )
    assert server.attached == []
    assert server.issues[0].message.endswith('"/etc/passwd" is outside of the folders of the job')


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("loop", 'there is no file "{work}/1/s/loop"'),
        ("a\\0b", "it holds a NUL character"),
    ],
)
def test_a_path_that_is_none_is_refused(machine, path, reason):
    server = run(machine, f"ln -s loop loop; printf '##vso[task.uploadfile]{path}\\n'")
    assert server.attached == []
    assert server.issues[0].message.endswith(": " + reason.format(work=machine.work))


def test_an_artifact_is_uploaded(machine):
    server = run(
        machine,
        "mkdir -p out/inner; echo 1 > out/inner/a.txt; echo 2 > b.txt\n"
        'echo "##vso[artifact.upload artifactname=drop;containerfolder=x]out"\n'
        'echo "##vso[artifact.upload artifactname=drop]$PWD/b.txt"',
    )
    assert server.contents["artifact", "drop"] == {"inner/a.txt": b"1\n", "b.txt": b"2\n"}


def test_an_artifact_that_is_not_there_fails(machine):
    server = run(machine, 'echo "##vso[artifact.upload artifactname=drop]missing"')
    assert server.results == {"step1": "failed"}


def test_a_link_is_associated(machine):
    server = run(machine, 'echo "##vso[artifact.associate artifactname=d;type=filepath]//share/x"')
    assert list(server.contents) == [("artifact-link", "d")]


def test_the_run_number_and_tags_change_at_once(machine):
    server = run(
        machine,
        'echo "##vso[build.updatebuildnumber]1.2.3"; echo "##vso[build.addbuildtag]good"',
        script("echo $(Build.BuildNumber)", "step2"),
    )
    changed = [(e.name, e.value) for e in server.events if isinstance(e, RunChanged)]
    assert changed == [("number", "1.2.3"), ("tag", "good")]
    assert server.output("step2") == ["1.2.3"]


def test_a_tag_has_no_colon(machine):
    assert run(machine, 'echo "##vso[build.addbuildtag]a:b"').results == {"step1": "failed"}


def test_an_endpoint_changes_for_later_steps(machine):
    endpoint = Endpoint(id="id-1", name="conn", type="AzureRM", url="http://a", scheme="Token")
    request = request_for(
        script(
            'echo "##vso[task.setendpoint id=ID-1;field=url]http://b"\n'
            'echo "##vso[task.setendpoint id=id-1;field=authParameter;key=token]the-new-token"\n'
            'echo "the-new-token"\n'
            'echo "##vso[task.setendpoint id=none;field=url]x"'
        ),
        endpoints=[endpoint],
    )
    server = do_job(request, machine)
    assert server.output()[0] == "***"
    assert 'there is no service connection "none" in this job' in server.issues[0].message


def test_test_results_are_kept_and_counted(machine):
    server = run(
        machine,
        "echo '<testsuite><testcase/><testcase><failure/></testcase></testsuite>' > r.xml\n"
        'echo "##vso[results.publish type=JUnit;resultFiles=r.xml]"',
    )
    assert server.output() == ["Test results: 2 tests in 1 files, 1 failed, 0 skipped"]
    assert server.contents["test-results", "JUnit/step1-0-r.xml"] != {}


def test_test_results_of_an_unknown_format_are_refused_by_name(machine):
    server = run(
        machine,
        "echo '<testsuite/>' > r.xml; echo '##vso[results.publish type=Foo;resultFiles=r.xml]'",
    )
    assert server.issues[0].message.endswith(
        '"Foo" is not a format of test results; use JUnit, NUnit, VSTest, XUnit, CTest'
    )
    assert server.attached == []


def test_a_step_prints_a_line_with_a_command_for_others_only_by_its_own_process(machine):
    """A commit message comes as a variable: its command is text by then."""
    server = do_job(
        request_for(
            script('echo "$BUILD_SOURCEVERSIONMESSAGE"; echo "$(Build.SourceVersionMessage)"'),
            script("echo '$(evil)'", "step2"),
            variables=[
                Variable(
                    name="Build.SourceVersionMessage",
                    value="fix ##vso[task.setvariable variable=evil]yes",
                )
            ],
        ),
        machine,
    )
    text = "fix **vso[task.setvariable variable=evil]yes"
    assert server.output("step1") == [text, text]
    assert server.output("step2") == ["$(evil)"]


def test_a_command_in_a_display_name_is_made_harmless(machine):
    step = Step(
        id="step1",
        task="CmdLine@2",
        inputs={"script": "true"},
        display_name="##vso[task.complete result=Failed]x",
    )
    server = do_job(request_for(step), machine)
    assert server.log()[0] == "##[section]Starting: **vso[task.complete result=Failed]x"
    assert server.results == {"step1": "succeeded"}


def test_a_detail_of_several_lines_is_as_many_lines_of_the_log(machine):
    guid = "6f0ed6f8-0a0f-4e0e-9a63-1f7c0d6f3d0c"
    command = f"##vso[task.logdetail id={guid};name=part;type=build]one%0Atwo"
    server = do_job(request_for(script(f"echo '{command}'")), machine)
    assert server.output()[-2:] == ["one", "two (name part, type build)"]
    ended = next(e for e in server.events if isinstance(e, StepFinished) and e.step == "step1")
    assert ended.lines == len(server.log())
