"""PublishTestResults@2: counts in each format, missing files, hostile XML."""

import pytest

from penstock.agent.tasks.test_results import ResultsUnreadable, count_tests
from penstock.agent.testing import do_job, request_for, script, task

JUNIT = (
    '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure>x</failure></testcase>'
    '<testcase name="c"><error/><failure/></testcase><testcase name="d"><skipped/></testcase>'
    "</testsuite></testsuites>"
)


def run(machine, text=JUNIT, name="TEST-a.xml", **inputs):
    make = script(f"cat > {name} <<'END'\n{text}\nEND", "make")
    return do_job(request_for(make, task("PublishTestResults@2", **inputs)), machine)


def test_files_are_kept_and_counted(machine):
    server = run(machine)
    assert "Test results: 4 tests in 1 files, 2 failed, 1 skipped" in server.log()
    assert server.results["step1"] == "succeeded"
    assert list(server.contents) == [("test-results", "JUnit/step1-0-TEST-a.xml")]


def test_failed_tests_may_fail_the_step(machine):
    server = run(machine, failTaskOnFailedTests="true")
    assert server.issues[0].message == (
        "There are one or more test failures detected in result files."
    )


@pytest.mark.parametrize(("flag", "result"), [("false", "succeeded"), ("true", "failed")])
def test_missing_files_warn_or_fail(machine, flag, result):
    server = run(machine, testResultsFiles="**/none.xml", failTaskOnMissingResultsFile=flag)
    assert server.results["step1"] == result
    assert server.issues[0].message == (
        f'no file of test results fits "**/none.xml" in {machine.work}/1/s'
    )


@pytest.mark.parametrize(
    ("kind", "text", "counts"),
    [
        ("JUnit", JUNIT, (4, 2, 1)),
        (
            "NUnit",
            '<test-run><test-case result="Passed"/><test-case result="Failed"/>'
            '<test-case result="Skipped"/></test-run>',
            (3, 1, 1),
        ),
        (
            "XUnit",
            '<assemblies><test result="Pass"/><test result="Fail"/><test result="Skip"/>'
            "</assemblies>",
            (3, 1, 1),
        ),
        (
            "VSTest",
            '<TestRun xmlns="x"><UnitTestResult outcome="Passed"/>'
            '<UnitTestResult outcome="NotExecuted"/></TestRun>',
            (2, 0, 1),
        ),
        (
            "CTest",
            '<Site><Testing><TestList><Test>./a</Test></TestList><Test Status="passed"/>'
            '<Test Status="failed"/></Testing></Site>',
            (2, 1, 0),
        ),
    ],
)
def test_every_format_is_counted(tmp_path, kind, text, counts):
    path = tmp_path / "r.xml"
    path.write_text(text)
    found = count_tests(path, kind)
    assert (found["total"], found["failed"], found["skipped"]) == counts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a>", "it is not well-formed XML: no element found"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "it declares a document type"),
        ("", "it is not well-formed XML"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "it cannot be decoded"),
        ('<?xml version="1.0" encoding="gbk"?><a/>', "it cannot be decoded"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, text, reason):
    path = tmp_path / "r.xml"
    path.write_text(text)
    with pytest.raises(ResultsUnreadable, match=reason):
        count_tests(path, "JUnit")


def test_an_unreadable_file_may_fail_the_step(machine):
    server = run(machine, text="<a>", failTaskOnFailureToPublishResults="true")
    assert server.results["step1"] == "failed"
    assert server.issues[0].kind == "warning"
