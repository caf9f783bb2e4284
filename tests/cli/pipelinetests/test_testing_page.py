"""The examples of docs/testing.md: the files it shows give the output it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.cli.main import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/testing.md").read_text()
_FILE = re.compile(r"```(?:yaml|python)\n(# (\S+)\n.*?)```", re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for text, name in _FILE.findall(PAGE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _without_time(text: str) -> str:
    return re.sub(r"in \d+\.\d\d s", "", text)


def test_the_example_prints_what_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = PAGE.split("```\n$ penstock test\n", 1)[1].split("```", 1)[0]
    assert main(["test", "-C", str(project), "tests/release.pipeline-test.yml"]) == 0
    assert _without_time(capsys.readouterr().out) == _without_time(shown)


def test_the_failure_prints_what_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = "error[PS4011]" + PAGE.split("```\nerror[PS4011]", 1)[1].split("```", 1)[0]
    (project / "tests/release.pipeline-test.yml").write_text(
        "pipeline: /azure-pipelines.yml\ntests:\n- name: a\n  branch: main\n"
        "  expect:\n    skips: [Deploy]\n"
    )
    assert main(["test", "-C", str(project), "tests/release.pipeline-test.yml"]) == 1
    assert shown in capsys.readouterr().out


def test_the_python_example_passes_but_for_the_snapshot(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["test", "-C", str(project), "tests/test_release.py", "--update-snapshots"]
    assert main(command) == 0
    assert "4 passed" in capsys.readouterr().out


def test_the_tests_of_the_example_project_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-C", str(ROOT / "examples/diabetes")]) == 0
    assert "2 passed" in capsys.readouterr().out
