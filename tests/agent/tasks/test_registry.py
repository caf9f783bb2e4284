"""Tasks by name; and the contract that every built-in keeps."""

import pytest

from penstock.agent import tasks
from penstock.agent.context import SUCCEEDED
from penstock.agent.tasks.contract import Input, Task, input_problems, resolve_inputs
from penstock.agent.tasks.testing import breaches
from penstock.engine.requests import Step


@pytest.mark.parametrize("row", tasks._BUILT_IN, ids=lambda row: f"{row[0]}@{row[1]}")
def test_built_in_tasks_keep_the_contract(row):
    name, major, guid, *_ = row
    task = tasks.find(f"{name}@{major}")
    assert breaches(task) == ()
    assert (task.name, task.major, task.id) == (name, major, guid)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Bash@3", "Bash@3"),
        ("bash@3", "Bash@3"),
        ("BASH@3.*", "Bash@3"),
        ("Bash@3.201.1", "Bash@3"),
        ("Bash@*", "Bash@3"),
        ("AzureCLI@1", "AzureCLI@1"),
        ("azurecli@2", "AzureCLI@2"),
        ("6c731c3c-3c68-459a-a5c9-bde6e6595b5b@3", "Bash@3"),
        ("6d15af64-176c-496d-b583-fd2ae21d4df4@1", "checkout@1"),
        ("ecdc45f6-832d-4ad9-b52b-ee49e94659be@1", "PublishPipelineArtifact@1"),
        ("30f35852-3f7e-4c0c-9a88-e127b4f97211@1", "download@1"),
    ],
)
def test_tasks_are_found_by_name_version_and_guid(reference, found):
    assert tasks.find(reference).reference == found


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (
            "AzureCIL@2",
            'there is no task "AzureCIL@2" on this machine; did you mean "AzureCLI@2"?',
        ),
        (
            "Bash@2",
            'there is no task "Bash@2" on this machine; there is Bash@3',
        ),
        (
            "AzureCLI@9",
            'there is no task "AzureCLI@9" on this machine; there is AzureCLI@1, AzureCLI@2',
        ),
        (
            "ms.vss.Whatever.Something@0",
            'there is no task "ms.vss.Whatever.Something@0" on this machine; '
            "a package can add it through the entry-point group penstock.tasks",
        ),
    ],
)
def test_an_unknown_task_is_refused_by_name(reference, text):
    with pytest.raises(tasks.UnknownTask) as error:
        tasks.find(reference)
    assert str(error.value) == text


def test_problems_of_steps_say_where_they_are():
    steps = [
        Step(id="step1", task="CmdLine@2", inputs={"SCRIPT": "true"}, place="a.yml:1:1"),
        Step(id="step2", task="Bsh@3", place="a.yml:4:3"),
        Step(id="step3", task="Bash@3", inputs={"targetType": "inlin"}, place="a.yml:6:3"),
        Step(id="step4", task="Bash@3", inputs={"targetType": "$(t)", "script": "x"}),
    ]
    assert tasks.check(steps) == (
        tasks.Problem(
            step="step2",
            place="a.yml:4:3",
            message='there is no task "Bsh@3" on this machine',
            help='did you mean "Bash@3"?',
        ),
        tasks.Problem(
            step="step3",
            place="a.yml:6:3",
            message='Bash@3 does not take "inlin" for "targetType"; it is one of: filePath, inline',
        ),
    )


TASK = Task(
    name="Sample",
    major=1,
    id="00000000-0000-0000-0000-000000000001",
    friendly_name="Sample",
    description="A sample",
    inputs=(
        Input(name="kind", type="radio", default="a", choices=("a", "b")),
        Input(name="whenA", required=True, when=("kind", "A"), aliases=("forA",)),
        Input(name="always", required=True, default="x"),
    ),
    run=lambda step: SUCCEEDED,
)


@pytest.mark.parametrize(
    ("given", "values", "unknown"),
    [
        ({}, {"kind": "a", "whena": "", "always": "x"}, ()),
        ({"FORA": "  1 "}, {"kind": "a", "whena": "1", "always": "x"}, ()),
        ({"WhenA": "1", "always": ""}, {"kind": "a", "whena": "1", "always": ""}, ()),
        ({"Other": "1"}, {"kind": "a", "whena": "", "always": "x", "other": "1"}, ("Other",)),
    ],
)
def test_inputs_ignore_case_know_aliases_have_defaults_and_are_trimmed(given, values, unknown):
    resolved = resolve_inputs(TASK, given)
    assert (dict(resolved.values), resolved.unknown) == (values, unknown)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"whenA": "1"}, []),
        ({}, ['Sample@1 needs the input "forA"']),
        ({"kind": "b"}, []),
        ({"kind": "B"}, []),
        (
            {"kind": "c", "whenA": "1"},
            ['Sample@1 does not take "c" for "kind"; it is one of: a, b'],
        ),
        ({"kind": "b", "always": ""}, ['Sample@1 needs the input "always"']),
    ],
)
def test_required_inputs_and_choices_are_checked(given, problems):
    assert input_problems(TASK, resolve_inputs(TASK, given).values) == problems


def test_a_bad_task_is_told_in_what_it_breaks_the_contract():
    bad = Task(
        name="Bad task",
        major=1,
        id="x",
        friendly_name="",
        description="d",
        inputs=(
            Input(name="a", type="mystery", default="z", choices=("x", "y")),
            Input(name="b", aliases=("A",), when=("nothing", "1")),
            Input(name="c", type="boolean", default="yes"),
        ),
        run=lambda step: SUCCEEDED,
    )
    assert breaches(bad) == (
        'name "Bad task" must be a word of letters, digits and _',
        'id "x" must be a GUID in lower case',
        "friendly_name must not be empty",
        'input "a" has the unknown type "mystery"',
        'the default "z" of input "a" is not one of its choices',
        'input "A" is declared more than once (case is ignored)',
        'input "b" depends on "nothing", which is no input',
        'the default of the boolean input "c" must be true or false',
    )
