"""What only the service refuses. Images: the Microsoft-hosted agents page of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.devops.plans.parity import parity_problems
from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.templates.files import LocalFiles


def problems(folder: Path, text: str, **images: str) -> list[str]:
    (folder / "azure-pipelines.yml").write_text(text)
    compiled = compile_pipeline("azure-pipelines.yml", LocalFiles(folder))
    assert compiled.pipeline is not None, render(compiled.diagnostics)
    found = parity_problems(compiled.pipeline, images)
    return [f"{d.span}: {d.message}; {d.help}" for d in found]


@pytest.mark.parametrize("name", ["ubuntu-latest", "Ubuntu-24.04", "windows-2025", "macOS-15"])
def test_an_image_that_the_service_has_is_accepted(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, f"pool: {{ vmImage: {name} }}\nsteps:\n- script: echo\n") == []


@pytest.mark.parametrize(
    ("name", "help"),
    [
        (
            "Ubuntu-18.04",
            'use "ubuntu-latest"; declare the name in .penstock/images.yml where a pool has it',
        ),
        (
            "vs2017-win2016",
            'use "windows-latest"; declare the name in .penstock/images.yml where a pool has it',
        ),
        ("unbutu-24.04", 'did you mean "ubuntu-24.04"?'),
    ],
)
def test_an_image_that_it_no_longer_has_is_refused(tmp_path: Path, name: str, help: str) -> None:
    text = f"pool: {{ vmImage: {name} }}\nsteps:\n- script: echo\n"
    assert problems(tmp_path, text) == [
        f'azure-pipelines.yml:1:18: "{name}" is no image of the Microsoft-hosted agents; {help}'
    ]


def test_pools_of_stages_jobs_and_hooks_are_looked_at(tmp_path: Path) -> None:
    text = """
stages:
- stage: a
  pool: { vmImage: old-1 }
  jobs:
  - job: b
    pool: { vmImage: old-2 }
    steps: [{ script: echo }]
  - deployment: c
    environment: dev
    strategy:
      runOnce:
        preDeploy: { pool: { vmImage: old-3 }, steps: [{ script: echo }] }
        deploy: { steps: [{ script: echo }] }
"""
    found = problems(tmp_path, text)
    assert [line.split('"')[1] for line in found] == ["old-1", "old-2", "old-3"]


def test_a_pool_of_ones_own_a_declared_name_and_a_macro_are_left_alone(tmp_path: Path) -> None:
    for pool in ("{ name: Mine, vmImage: old }", "{ vmImage: old }", "{ vmImage: $(image) }"):
        assert problems(tmp_path, f"pool: {pool}\nsteps: [{{ script: echo }}]\n", old="host") == []
