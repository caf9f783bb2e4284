"""What `penstock validate` is given beside the file: the run, and folders of repositories."""

from __future__ import annotations

from typed import Terminal

PIPELINE = """\
resources:
  repositories:
  - {repository: tools, type: git, name: shared/tools}
steps:
- template: steps.yml@tools
- ${{ if eq(variables['Build.Reason'], 'PullRequest') }}:
  - scrpt: x
- ${{ if eq(variables['Build.SourceBranch'], 'refs/heads/release') }}:
  - bsh: x
"""


def written(terminal: Terminal) -> Terminal:
    terminal.write("azure-pipelines.yml", PIPELINE)
    terminal.write("tools/steps.yml", "steps:\n- script: x\n")
    return terminal


def test_the_reason_and_the_branch_of_the_run_can_be_given(terminal: Terminal) -> None:
    given = ("validate", "--local-repository", "tools=tools")
    assert written(terminal).type(*given).code == 0
    assert 'unknown key "scrpt"' in terminal.type(*given, "--reason", "PullRequest").out
    assert 'unknown key "bsh"' in terminal.type(*given, "--branch", "release").out


def test_a_folder_for_a_repository_that_is_not_declared_is_told(terminal: Terminal) -> None:
    folders = ("--local-repository", "Tools=tools", "--local-repository", "tols=tools")
    result = written(terminal).type("validate", *folders)
    assert "warning[PS2131]: --local-repository tols: the pipeline declares no such" in result.out
    assert 'did you mean "tools"?' in result.out
    assert "--local-repository Tools" not in result.out


def test_a_revision_of_a_folder_is_refused_with_the_way_to_get_it(terminal: Terminal) -> None:
    result = written(terminal).type("validate", "--local-repository", "tools@v1=tools")
    assert result.code == 2
    assert "git worktree add DIR v1" in result.err


def test_a_value_for_a_group_that_is_not_used_is_told(terminal: Terminal) -> None:
    terminal.write(
        "azure-pipelines.yml",
        "jobs:\n- job: A\n  variables: [{group: settings}]\n  steps: [{script: echo}]\n",
    )
    given = ("--variable-group", "Settings:a=1", "--variable-group", "setings:a=1")
    result = terminal.type("plan", *given)
    warnings = [line for line in result.err.splitlines() if line.startswith("warning")]
    assert warnings == [
        "warning[PS2131]: --variable-group setings: the pipeline uses no such group"
    ]
    assert 'did you mean "settings"?' in result.err


def test_a_value_for_a_variable_that_the_pipeline_sets_is_told(terminal: Terminal) -> None:
    text = "variables: {color: red}\nsteps: [{script: echo}]\n"
    terminal.write("azure-pipelines.yml", text)
    result = terminal.type("validate", "--var", "Color=blue", "--var", "size=1")
    assert result.out.splitlines()[:2] == [
        "warning[PS2131]: --var Color: the pipeline sets this variable itself, and that wins",
        " --> azure-pipelines.yml:1:13",
    ]
    assert "--var size" not in result.out
