"""Which files commands and the editor take for pipelines before they compile any."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.cli.reading.likely import has_body, is_foreign, is_pipeline, is_started

RUNS = "steps:\n- script: echo\n"


@pytest.mark.parametrize(
    ("name", "text", "is_one", "starts"),
    [
        ("ci/build.yml", f"trigger: [main]\n{RUNS}", True, True),
        ("ci/build.yml", f"schedules :\n- cron: 0 0 * * *\n{RUNS}", True, True),
        ("ci/build.yml", "pr: none\nphases:\n- phase: A\n", True, True),
        ("ci/build.yml", f"pool: Default\n{RUNS}", True, False),
        ("azure-pipelines-nightly.yml", RUNS, True, True),
        ("azure-pipelines.yml", "variables: {}\n", False, False),
        ("ci/steps.yml", f"parameters: []\n{RUNS}", False, False),
        ("ci/nested.yml", "x:\n  trigger: a\n  steps: b\n", False, False),
        (".github/workflows/ci.yml", f"trigger: [main]\n{RUNS}", False, False),
        ("workflows/ci.yml", f"on: push\npool: x\n{RUNS}", False, False),
        ("ci/build.yml", f"pool: x\n{RUNS}  on: x\n", True, False),
        (".gitlab-ci.yml", "stages: [a]\npool: b\n", False, False),
        (".penstock/connections/azure-pipelines.yml", f"trigger: [main]\n{RUNS}", False, False),
    ],
)
def test_a_pipeline_says_what_runs_and_when_or_where(
    name: str, text: str, is_one: bool, starts: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert (is_pipeline(tmp_path, name), is_started(tmp_path, name)) == (is_one, starts)


def test_a_file_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert not is_pipeline(tmp_path, "azure-pipelines.yml")


def test_templates_have_a_body_too_and_other_services_files_are_foreign() -> None:
    assert has_body("parameters: []\njobs: []\n")
    assert not has_body("parameters: []\nvariables: {}\n")
    assert is_foreign(".github/workflows/ci.yml", RUNS)
    assert is_foreign(".gitlab/jobs.yml", RUNS)
    assert is_foreign("docs/.yamllint.yml", "extends: default\n")
    assert is_foreign("templates/ci.yml", "name: a\n'on':\n  push: {}\njobs: {}\n")
    assert not is_foreign("github/ci.yml", RUNS)
