"""The plug-in for pytest: the fixture, YAML files as tests, coverage; `penstock test` on Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINE = """\
parameters:
- { name: kind, default: a, values: [a, b] }
- { name: list, type: object, default: [] }
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - bash: make ${{ parameters.kind }}
      name: make
- stage: Use
  variables: { shade: "$[ stageDependencies.Build.Compile.outputs['make.shade'] ]" }
  jobs:
  - job: Say
    steps:
    - script: echo $(shade) $(region)
      name: say
    - ${{ if eq(parameters.kind, 'b') }}:
      - script: b
    - ${{ each item in parameters.list }}:
      - script: ${{ item }}
"""


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".git").mkdir()
        (folder / "tests").mkdir()
        self.write("azure-pipelines.yml", PIPELINE)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def call(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def pytest(self, *words: str) -> tuple[int, str]:
        return self.call("-m", "pytest", "-p", "no:cacheprovider", "-q", *words)

    def penstock(self, *words: str) -> tuple[int, str]:
        return self.call("-m", "penstock.cli.main", "test", *words)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_run_tells_what_would_happen(project: Project) -> None:
    project.write(
        "tests/test_runs.py",
        """\
import pytest

from penstock.testing import InvalidPipeline, Pipeline


def test_results(pipeline: Pipeline):
    run = pipeline.run(assume={"Build/Compile/make": "failed"})
    assert (run.result, run.stages, run.jobs) == ("failed", ["Build"], ["Build/Compile"])
    assert run.skipped == ["Use", "Use/Say"]
    assert not run["Use"].runs
    assert run["Use"].because == "Build failed"
    assert run.steps("Build/Compile") == ["Checkout self", "make"]


def test_values(pipeline):
    run = pipeline.run(
        outputs={"Build/Compile/make": {"shade": "dark"}},
        variables={"region": "west"},
        parameters={"kind": "b", "list": [1, "x"]},
    )
    assert run["Use/Say/say"]["script"] == "echo dark west"
    assert run["Use"]["variables"]["SHADE"] == "dark"
    assert run["Build/Compile/make"]["inputs"]["script"] == "make b"
    assert "Use/Say/nothing" not in run


def test_given_is_laid_over(pipeline):
    pipeline = pipeline.given(variables={"region": "west"}, parameters={"kind": "b"})
    assert pipeline.run()["Use/Say/say"]["script"] == "echo  west"
    assert pipeline.run(variables={"region": "north"})["Use/Say/say"]["script"] == "echo  north"


def test_the_branch_is_main(pipeline):
    variables = pipeline.run()["Build"]["variables"]
    assert variables["Build.SourceBranch"] == "refs/heads/main"
    assert variables["Build.SourceVersion"] == "0" * 40


def test_errors(pipeline):
    assert pipeline.errors() == []
    assert [e.code for e in pipeline.errors(parameters={"kind": "c"})] == ["PS1206"]
    with pytest.raises(InvalidPipeline, match="not among the values"):
        pipeline.run(parameters={"kind": "c"})


def test_wrong_words(pipeline):
    with pytest.raises(LookupError, match="there is no stage, job or step .Biuld.; did you mean"):
        pipeline.run()["Biuld"]
    with pytest.raises(LookupError, match='did you mean "Build"'):
        pipeline.run(assume={"Biuld": "failed"})
    with pytest.raises(ValueError, match="is not a result"):
        pipeline.run(assume={"Build": "red"})
    with pytest.raises(TypeError, match='did you mean "branch"'):
        pipeline.run(brnach="x")
    with pytest.raises(FileNotFoundError, match="nothing.yml"):
        pipeline.at("nothing.yml")


@pytest.mark.pipeline("../other.yml")
def test_another_file(pipeline):
    assert pipeline.expand().data["stages"][0]["jobs"][0]["steps"][0]["task"] == "CmdLine@2"
    assert "CmdLine@2" in pipeline.at("/other.yml").expand().yaml
""",
    )
    project.write("other.yml", "steps: [script: x]\n")
    code, said = project.pytest()
    assert (code, said.splitlines()[-1][:8]) == (0, "7 passed"), said


def test_yaml_files_are_tests_of_pytest(project: Project) -> None:
    project.write(
        "tests/a.pipeline-test.yml",
        "tests:\n- name: good\n- name: bad\n  expect: { skips: [Use] }\n",
    )
    code, said = project.pytest()
    assert code == 1
    assert 'error[PS4011]: stage "Use" would run, and the test expects it to be skipped' in said
    assert "1 failed, 1 passed" in said
    assert project.pytest("-k", "good")[0] == 0


def test_a_yaml_file_that_is_not_valid_is_an_error_of_collection(project: Project) -> None:
    project.write("tests/a.pipeline-test.yml", "tests: x\n")
    code, said = project.pytest()
    assert code == 2
    assert 'error[PS4002]: "tests" takes a list, and there is a text' in said


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_coverage_of_all_processes(project: Project, spread: tuple[str, ...]) -> None:
    project.write("tests/a.pipeline-test.yml", "tests: [{ name: a }]\n")
    project.write("tests/b.pipeline-test.yml", "tests: [{ name: b, parameters: { kind: b } }]\n")
    code, said = project.pytest("--pipeline-fail-under", "70", *spread)
    assert code == 1
    assert "branches of ${{ if }} and ${{ each }}: 2 of 3 taken (67 %)" in said
    assert "azure-pipelines.yml:20  never taken  each item in parameters.list" in said
    assert "66.67 % of the branches were taken, less than 70 %" in said
    assert project.pytest("--pipeline-fail-under", "60", *spread)[0] == 0
    assert "branches of" not in project.pytest(*spread)[1]


def test_snapshots(project: Project) -> None:
    project.write(
        "tests/test_s.py",
        "def test_it(pipeline):\n    assert pipeline.expand().matches_snapshot()\n",
    )
    code, said = project.pytest()
    assert code == 1
    assert "there is no snapshot tests/test_s.snapshots/test_it.yml yet" in said
    assert project.pytest("--update-pipeline-snapshots")[0] == 0
    assert project.pytest()[0] == 0
    project.write("azure-pipelines.yml", PIPELINE.replace("make $", "mk $"))
    code, said = project.penstock()
    assert code == 1
    assert "-        script: make a" in said
    assert "+        script: mk a" in said


PYTHON_TESTS = """\
import pytest


def test_good(pipeline):
    pipeline.run(parameters={"kind": "b"})


def test_bad(pipeline):
    assert pipeline.run().stages == ["Build"]


@pytest.mark.skip(reason="not today")
def test_left_out(pipeline):
    pass


def test_of_something_else():
    raise AssertionError
"""


def test_penstock_test_runs_the_python_tests_that_take_the_fixture(project: Project) -> None:
    project.write("tests/test_a.py", PYTHON_TESTS)
    project.write("tests/test_b.py", "raise SystemExit('imported')\n")
    project.write("tests/a.pipeline-test.yml", "tests: [{ name: a }]\n")
    project.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    code, said = project.penstock()
    assert code == 1
    assert "✓ test_good" in said
    assert "✗ test_bad" in said
    assert "- test_left_out  not today" in said
    assert "test_of_something_else" not in said
    assert "2 of 3 taken" in said
    assert "2 passed, 1 failed, 1 skipped" in said
    code, said = project.penstock("-o", "json", "-k", "good")
    assert code == 0
    assert [test["name"] for test in json.loads(said)["tests"]] == ["test_good"]


def test_a_python_file_that_cannot_be_imported_fails(project: Project) -> None:
    project.write("tests/test_a.py", "import nothing_of_the_kind\n\ndef test_a(pipeline): ...\n")
    code, said = project.penstock()
    assert code == 1
    assert "✗ the file can be imported" in said
    assert "No module named 'nothing_of_the_kind'" in said


def test_a_fixture_of_the_projects_own_is_left_alone(project: Project) -> None:
    project.write(
        "tests/conftest.py",
        "import pytest\n\n@pytest.fixture\ndef pipeline():\n    return 'of scikit-learn'\n",
    )
    project.write("tests/test_a.py", "def test_a(pipeline):\n    raise AssertionError\n")
    code, said = project.penstock()
    assert code == 3
    assert "error: no test takes the fixture `pipeline` of Penstock" in said


def test_without_pytest_yaml_tests_run_and_python_tests_are_refused(project: Project) -> None:
    without = (
        "import sys; sys.modules['pytest'] = None; "
        "from penstock.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    project.write("tests/a.pipeline-test.yml", "tests: [{ name: a }]\n")
    assert project.call("-c", without, "test")[0] == 0
    project.write("tests/test_a.py", "def test_a(pipeline): ...\n")
    code, said = project.call("-c", without, "test")
    assert code == 6
    assert "error: test_a.py is written in Python, and there is no pytest here" in said
    assert "make install` in a clone of penstock brings it" in said
