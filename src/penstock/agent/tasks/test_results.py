"""PublishTestResults@2: keeps the files and counts the tests in them. It runs no tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.parsers import expat

from penstock.agent.attachments import attach
from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.patterns import find_files, lines
from penstock.agent.tasks.contract import Input, Task

_CHUNK = 1 << 16
# The element of one test and the attribute of its outcome, with the words for failed and skipped.
_BY_ATTRIBUTE = {
    "nunit": ("test-case", "result", ("Failed", "Failure", "Error"), ("Skipped", "Ignored")),
    "xunit": ("test", "result", ("Fail",), ("Skip",)),
    "vstest": (
        "UnitTestResult",
        "outcome",
        ("Failed", "Error", "Timeout", "Aborted"),
        ("NotExecuted", "NotRunnable", "Inconclusive"),
    ),
    "ctest": ("Test", "Status", ("failed",), ("notrun",)),
}
FORMATS = ("JUnit", "NUnit", "VSTest", "XUnit", "CTest")


class ResultsUnreadable(Exception):
    """the file of test results cannot be read"""


def run_publish(step: StepContext) -> Outcome:
    """Keep the files that patterns choose."""
    root = step.workspace.default_directory / step.input("searchFolder")
    found = find_files(root, lines(step.input("testResultsFiles")))
    if not found:
        text = f'no file of test results fits "{step.input("testResultsFiles")}" in {root}'
        if step.flag("failTaskOnMissingResultsFile"):
            return failed(text)
        step.issue("warning", text)
        return SUCCEEDED
    counts, unreadable = publish_files(step, step.input("testRunner"), found)
    if unreadable and step.flag("failTaskOnFailureToPublishResults"):
        return failed(f"{len(unreadable)} files of test results cannot be read")
    if counts["failed"] and step.flag("failTaskOnFailedTests"):
        return failed("There are one or more test failures detected in result files.")
    return SUCCEEDED


def publish_files(
    step: StepContext, kind: str, paths: Iterable[Path]
) -> tuple[Counter[str], list[Path]]:
    """Keep the files with the job and say what they hold; counts, and the files not understood."""
    counts: Counter[str] = Counter()
    unreadable: list[Path] = []
    kept = 0
    for path in paths:
        attach(step, "test-results", f"{kind}/{step.step.id}-{kept}-{path.name}", path)
        kept += 1
        try:
            counts += count_tests(path, kind)
        except ResultsUnreadable as error:
            unreadable.append(path)
            step.issue("warning", f"{path}: {error}")
    step.log.line(
        f"Test results: {counts['total']} tests in {kept} files, {counts['failed']} failed, "
        f"{counts['skipped']} skipped"
    )
    return counts, unreadable


def count_tests(path: Path, kind: str) -> Counter[str]:
    """How many tests a file holds: `total`, `failed`, `skipped`. Raises `ResultsUnreadable`."""
    counts: Counter[str] = Counter()
    open_tests: list[str] = []
    element, attribute, bad, passed_over = _BY_ATTRIBUTE.get(kind.lower(), ("testcase", "", (), ()))

    def start(name: str, attributes: dict[str, str]) -> None:
        bare = name.rpartition(":")[2]
        if bare == element and (not attribute or attribute in attributes):
            counts["total"] += 1
            open_tests.append("")
            outcome = attributes.get(attribute, "")
            if outcome in bad:
                counts["failed"] += 1
            elif outcome in passed_over:
                counts["skipped"] += 1
        elif not attribute and open_tests and not open_tests[-1]:
            outcome = {"failure": "failed", "error": "failed", "skipped": "skipped"}.get(bare, "")
            if outcome:
                counts[outcome] += 1
                open_tests[-1] = outcome

    def end(name: str) -> None:
        if name.rpartition(":")[2] == element and open_tests:
            open_tests.pop()

    _parse(path, start, end)
    return counts


def _parse(
    path: Path, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]
) -> None:
    def refuse(*_: object) -> None:
        raise ResultsUnreadable("it declares a document type, which is refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                parser.Parse(data, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ResultsUnreadable(f"it is not well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise ResultsUnreadable(f"it cannot be decoded: {error}") from error


PUBLISH = Task(
    name="PublishTestResults",
    major=2,
    id="0b0f01ed-7dde-43ff-9cbb-e48954daf9b1",
    friendly_name="Publish Test Results",
    description="Keep files of test results with the run",
    inputs=(
        Input(
            name="testRunner",
            type="pickList",
            default="JUnit",
            required=True,
            aliases=("testResultsFormat",),
            choices=FORMATS,
        ),
        Input(name="testResultsFiles", type="multiLine", default="**/TEST-*.xml", required=True),
        Input(name="searchFolder", default="$(System.DefaultWorkingDirectory)"),
        Input(name="mergeTestResults", type="boolean", default="false"),
        Input(name="failTaskOnFailedTests", type="boolean", default="false"),
        Input(name="failTaskOnFailureToPublishResults", type="boolean", default="false"),
        Input(name="failTaskOnMissingResultsFile", type="boolean", default="false"),
        Input(name="testRunTitle"),
        Input(name="platform", aliases=("buildPlatform",)),
        Input(name="configuration", aliases=("buildConfiguration",)),
        Input(name="publishRunAttachments", type="boolean", default="true"),
    ),
    run=run_publish,
)
