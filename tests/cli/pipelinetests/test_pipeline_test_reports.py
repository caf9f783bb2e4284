"""What tools read of `penstock test`: JUnit XML, SARIF, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from penstock.agent.tasks.test_results import count_tests
from penstock.cli.main import main

PIPELINE = """\
parameters:
- { name: kind, default: a }
steps:
- ${{ if eq(parameters.kind, 'a') }}:
  - script: a
"""
TESTS = """\
tests:
- name: good
- name: <bad> & "worse"
  expect: { result: failed, runs: [Jbo] }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "azure-pipelines.yml").write_text(PIPELINE)
    (tmp_path / "a.pipeline-test.yml").write_text(TESTS)
    return tmp_path


def test_the_agent_counts_the_tests_of_the_junit_report(project: Path) -> None:
    assert main(["test", "-C", str(project), "--report", "out/results.xml"]) == 1
    assert count_tests(project / "out/results.xml", "JUnit") == {"total": 2, "failed": 1}


def test_a_failure_in_junit_has_the_place_and_the_text(project: Path) -> None:
    main(["test", "-C", str(project), "--report", "results.xml"])
    suites = ElementTree.parse(project / "results.xml").getroot()
    good, bad = suites.iter("testcase")
    assert good.attrib["classname"] == "a.pipeline-test.yml"
    assert (good.attrib["name"], good.attrib["line"], len(good)) == ("good", "2", 0)
    assert bad.attrib["name"] == '<bad> & "worse"'
    failure = bad.find("failure")
    assert failure is not None and failure.text is not None
    assert (
        failure.attrib["message"] == "the run would end as succeeded, and the test expects failed"
    )
    assert "--> a.pipeline-test.yml:4:21" in failure.text


def test_a_file_that_is_not_valid_is_a_failed_test_in_junit(project: Path) -> None:
    (project / "b.pipeline-test.yml").write_text("test: []\n")
    assert main(["test", "-C", str(project), "--report", "results.xml"]) == 4
    assert count_tests(project / "results.xml", "JUnit") == {"total": 3, "failed": 2}


def test_sarif_has_the_failures_and_the_branches_not_taken(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["test", "-C", str(project), "-o", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    found = [
        (
            result["ruleId"],
            result["level"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in run["results"]
    ]
    assert found == [
        ("PS4010", "error", "a.pipeline-test.yml", 4),
        ("PS4005", "error", "a.pipeline-test.yml", 4),
        ("PS4017", "note", "azure-pipelines.yml", 4),
    ]


def test_json_has_every_test_and_every_branch(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", "-C", str(project), "-o", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["passed"], data["failed"], data["skipped"]) == (1, 1, 0)
    assert [test["outcome"] for test in data["tests"]] == ["passed", "failed"]
    assert data["tests"][1]["diagnostics"][1]["code"] == "PS4005"
    assert data["coverage"]["percent"] == 50
    assert [(b["line"], b["way"], b["taken"]) for b in data["coverage"]["branches"]] == [
        (4, "in", True),
        (4, "past", False),
    ]


def test_a_report_that_cannot_be_written_is_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "file").write_text("")
    assert main(["test", "-C", str(project), "--report", "file/results.xml"]) == 1
    assert 'error: --report: "file/results.xml": ' in capsys.readouterr().err
