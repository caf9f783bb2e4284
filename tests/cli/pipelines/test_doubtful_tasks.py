"""Tasks and inputs that are probably misspelt, and tasks that their jobs cannot run.

The names are those of https://learn.microsoft.com/azure/devops/pipelines/tasks/reference.
"""

from __future__ import annotations

import json

import pytest
from typed import Terminal

from penstock.devops.plans.published_tasks import is_published


def warnings(terminal: Terminal, *steps: str) -> list[tuple[str, str, str]]:
    terminal.write("azure-pipelines.yml", "steps:\n" + "".join(f"- {step}\n" for step in steps))
    result = terminal.type("validate", "-o", "json")
    assert result.code == 0
    return [(one["code"], one["message"], one["help"]) for one in json.loads(result.out)]


def test_a_name_near_a_published_one_is_doubted(terminal: Terminal) -> None:
    assert warnings(terminal, "task: Bsh@3", "task: UsePythonVersoin@0") == [
        (
            "PS2127",
            'the service publishes no task "Bsh@3"',
            'did you mean "Bash@3"? An extension may bring the other',
        ),
        (
            "PS2127",
            'the service publishes no task "UsePythonVersoin@0"',
            'did you mean "UsePythonVersion@0"? An extension may bring the other',
        ),
    ]


def test_a_version_that_there_is_not_is_doubted(terminal: Terminal) -> None:
    assert warnings(terminal, "task: AzureCLI@9") == [
        (
            "PS2127",
            'the service publishes no task "AzureCLI@9"',
            "there is AzureCLI@0, AzureCLI@1, AzureCLI@2, AzureCLI@3",
        )
    ]


def test_an_input_that_the_task_does_not_have_is_told(terminal: Terminal) -> None:
    step = "{task: CopyFiles@2, inputs: {SourceFoldr: a, contents: b, TargetFolder: c}}"
    assert warnings(terminal, step) == [
        (
            "PS2128",
            'CopyFiles@2 has no input "SourceFoldr"; its value has no effect',
            'did you mean "SourceFolder"?',
        )
    ]


@pytest.mark.parametrize(
    "step",
    [
        "task: azurepowershell@5",
        "task: AzureCLI@2.210.1",
        "task: MicroBuildSigningPlugin@4",
        "task: ms-devlabs.custom-terraform-tasks.custom-terraform-release-task.TerraformTaskV1@0",
        "task: 6c731c3c-3c68-459a-a5c9-bde6e6595b5b@3",
        "{task: Bash@3, inputs: {SCRIPT: x, targettype: inline}}",
        "{task: PublishTestResults@2, inputs: {testResultsFormat: JUnit}}",
        "{task: PublishBuildArtifacts@1, inputs: {publishLocation: FilePath, FileCopyOptions: /S}}",
    ],
)
def test_what_the_service_or_an_extension_may_have_is_not_doubted(
    terminal: Terminal, step: str
) -> None:
    assert warnings(terminal, step) == []


def test_a_step_of_a_template_is_told_once_with_the_way_to_it(terminal: Terminal) -> None:
    terminal.write("jobs.yml", "jobs:\n- job:\n  steps: [{task: Bsh@3}]\n")
    terminal.write("azure-pipelines.yml", "jobs:\n- template: jobs.yml\n- template: jobs.yml\n")
    result = terminal.type("validate")
    assert result.out.count("Bsh@3") == 2  # in the message, and in the line below
    assert "azure-pipelines.yml:2:13  jobs.yml is included here" in result.out


def test_published_tasks_are_known_by_name_and_major() -> None:
    assert is_published("AzurePowerShell@5")
    assert is_published("npm@1")
    assert not is_published("Bash@9")
    assert not is_published("MyOwn@1")


def test_a_plan_does_not_guess_another_task_for_a_published_one(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "steps: [{task: AzurePowerShell@5}, {task: Bsh@3}]\n")
    shown = terminal.type("plan").out
    assert 'did you mean "PowerShell@2"?' not in shown
    assert 'did you mean "Bash@3"?' in shown


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [  # the service's words are those of MicrosoftDocs/azure-devops-docs, issue 11395
        (
            "steps:\n- task: Delay@1\n",
            '"Delay" runs on the server only, and this job has an agent',
        ),
        (
            "pool: server\nsteps:\n- script: x\n",
            '"script" needs an agent, and this job runs on the server',
        ),
        (
            "pool: server\nsteps:\n- task: Bash@3\n",
            '"Bash" needs an agent, and this job runs on the server',
        ),
        (
            "jobs:\n- deployment: d\n  environment: e\n  pool: server\n  strategy:\n    runOnce:\n"
            "      deploy: {pool: mine, steps: [{script: x}, {task: manualValidation@1}]}\n",
            '"manualValidation" runs on the server only, and this job has an agent',
        ),
    ],
)
def test_a_task_that_its_job_cannot_run_is_refused(
    terminal: Terminal, pipeline: str, message: str
) -> None:
    terminal.write("azure-pipelines.yml", pipeline)
    result = terminal.type("validate", "-o", "json")
    assert result.code == 4
    assert [(one["code"], one["message"]) for one in json.loads(result.out)] == [
        ("PS2129", message)
    ]


@pytest.mark.parametrize(
    "pipeline",
    [
        "pool: server\nsteps:\n- checkout: none\n- task: Delay@1\n- task: AzureMLJobWaitTask@1\n",
        "pool: $(where)\nsteps:\n- task: Delay@1\n- script: x\n",
        "stages:\n- stage: A\n  pool: server\n  jobs:\n  - job: a\n    steps: [{task: Delay@1}]\n"
        "  - job: b\n    pool: mine\n    steps: [{script: x}]\n",
    ],
)
def test_tasks_in_jobs_that_can_run_them_are_taken(terminal: Terminal, pipeline: str) -> None:
    terminal.write("azure-pipelines.yml", pipeline)
    assert json.loads(terminal.type("validate", "-o", "json").out) == []
