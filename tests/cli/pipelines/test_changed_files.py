"""`penstock validate --including`, which the hooks for pre-commit call; the hooks themselves."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from penstock.cli.commands import COMMANDS
from penstock.cli.main import main

HOOKS = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ci").mkdir()
    (tmp_path / "azure-pipelines.yml").write_text(
        "parameters: [{ name: needed }]\n"
        "steps:\n- template: ci/steps.yml\n  parameters: { size: 1 }\n"
    )
    (tmp_path / "ci/steps.yml").write_text(
        "parameters: [{ name: size, type: number }]\nsteps: [template: more.yml]\n"
    )
    (tmp_path / "ci/more.yml").write_text("steps: [script: x]\n")
    return tmp_path


def check(project: Path, capsys: pytest.CaptureFixture[str], *names: str) -> tuple[int, str]:
    code = main(["validate", "-C", str(project), "--including", *names])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_template_stands_for_the_pipelines_that_include_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = check(project, capsys, "ci/more.yml", "ci/steps.yml", "azure-pipelines.yml")
    assert (code, said) == (0, "azure-pipelines.yml: no problems found\n")
    (project / "ci/steps.yml").write_text("parameters: [{ name: length }]\nsteps: []\n")
    code, said = check(project, capsys, "ci/steps.yml")
    assert code == 4
    assert 'unknown parameter "size" for template ci/steps.yml' in said
    assert "--> azure-pipelines.yml:4:17" in said


def test_a_fault_of_a_template_is_told_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "other.yml").write_text("steps: [template: ci/more.yml]\n")
    (project / "ci/more.yml").write_text("steps: [scrip: x]\n")
    code, said = check(project, capsys, "ci/more.yml")
    assert code == 4
    assert said.count('unknown key "scrip"') >= 1
    assert "ci/more.yml:1:9" in said


def test_a_template_that_no_pipeline_reads_stands_for_itself(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "shared.yml").write_text(
        "parameters: { Condition: '' }\n"
        "steps:\n- script: x\n  condition: and(${{ parameters.Condition }}, true)\n"
    )
    assert check(project, capsys, "shared.yml") == (0, "shared.yml: no problems found\n")
    (project / "ci/more.yml").write_text("steps:\n- ${{ if eq(1, 2) }}:\n  - template: never.yml\n")
    (project / "ci/never.yml").write_text("steps: [scrip: x]\n")
    code, said = check(project, capsys, "ci/never.yml")
    assert code == 4
    assert said.count("error[PS1101]") == 1
    assert "--> ci/never.yml:1:9" in said


def test_doubtful_tasks_are_told_as_for_one_pipeline(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "own.yml").write_text(
        "steps:\n- task: Bsh@3\n- task: Bash@3\n  inputs: { script: x, scipt: y }\n"
    )
    code, said = check(project, capsys, "own.yml")
    assert code == 0
    assert "warning[PS2127]" in said
    assert "warning[PS2128]" in said


def test_other_kinds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "docker-compose.yml").write_text("services: {}\n")
    (project / "a.pipeline-test.yml").write_text("test: []\n")
    (project / ".penstock").mkdir()
    (project / ".penstock/images.yml").write_text("[]\n")
    (project / "job.yml").write_text("$schema: https://x/commandJob.schema.json\ncommand: 1\n")
    assert check(project, capsys, "docker-compose.yml") == (
        0,
        "nothing to check: no problems found\n",
    )
    names = ("docker-compose.yml", "a.pipeline-test.yml", ".penstock/images.yml", "job.yml")
    code, said = check(project, capsys, *names)
    assert code == 4
    assert 'unknown key "test" in a test file' in said
    assert "--> .penstock/images.yml:1:1" in said
    assert "job.yml:1:1" in said


def test_a_template_without_its_values_is_pointed_here(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["ci/steps.yml", "ci/more.yml"]
    assert main(["validate", "-C", str(project), *names]) == 4
    said = capsys.readouterr()
    assert said.err == (
        'note: if ci/steps.yml is a template, "penstock validate --including ci/steps.yml" checks '
        "it with the values it is given\n"
    )
    main(["validate", "-C", str(project), "-o", "json", *names])
    assert capsys.readouterr().err == ""


def test_no_files_and_wrong_ones(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(project, capsys)[0] == 0
    code, said = check(project, capsys, "nothing.yml")
    assert (code, said.splitlines()[0]) == (3, 'error: there is no file "nothing.yml"')
    assert main(["validate", "--including", "-p", "a=b", "x.yml"]) == 2


def test_the_hooks_call_commands_that_there_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.pipeline-test.yml").write_text(
        "given: { parameters: { needed: x } }\ntests: [{ name: it compiles }]\n"
    )
    hooks = yaml.safe_load(HOOKS.read_text())
    assert [hook["id"] for hook in hooks] == ["penstock-validate", "penstock-test"]
    for hook in hooks:
        program, command, *options = shlex.split(hook["entry"])
        assert (program, command in COMMANDS) == ("penstock", True)
        names = ["ci/steps.yml"] if hook.get("pass_filenames", True) else []
        assert main([command, "-C", str(project), *options, *names]) == 0, capsys.readouterr()
