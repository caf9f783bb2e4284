"""The log of a run: all lines of a step that goes on, a search over its job, what fails and is had
again, and what is copied from it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Served, Visitor, until

# A word that is searched is not in the script, which a log shows too.
PIPELINE = """
trigger: none
pr: none
steps:
- bash: |
    echo "the first nee""dle"
    for i in 1 2 3; do echo "line $i"; done
  displayName: first
- bash: |
    echo "the second nee""dle"
    printf '\\033[41;37m FAIL \\033[0m\\n'
  displayName: second
- bash: |
    echo "##[group]many"; seq 1000; echo "##[endgroup]"
    for i in $(seq 350); do echo "between $i"; done
    echo "##[group]few"; seq 20; echo "##[endgroup]"
    echo "##vso[task.logissue type=error]the fault"
    for i in $(seq 300); do echo "after $i"; done
  displayName: groups
- bash: |
    while [ ! -e %(folder)s/write ]; do sleep 0.1; done
    for i in $(seq 40); do echo "written $i"; done
    while [ ! -e %(folder)s/end ]; do sleep 0.1; done
  displayName: waits
"""
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=no")
API = "/penstock/logs/_apis"


@pytest.fixture(scope="module")
def started(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a file lets the run go on; its last step waits for that."""
    folder: Path = tmp_path_factory.mktemp("log")
    project = folder / "logs"
    project.mkdir()
    (project / "azure-pipelines.yml").write_text(PIPELINE % {"folder": folder})
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Begin"]):
        subprocess.run([*GIT, *arguments], cwd=project, check=True)
    pushed = served.penstock("push", cwd=project)
    assert pushed.returncode == 0, pushed.stderr
    repository = served.ask("GET", f"{API}/git/repositories/logs")["id"]
    configuration = {
        "type": "yaml",
        "path": "/azure-pipelines.yml",
        "repository": {"id": repository, "type": "azureReposGit"},
    }
    made = served.ask("POST", f"{API}/pipelines", {"name": "L", "configuration": configuration})
    served.ask("POST", f"{API}/pipelines/{made['id']}/runs?api-version=7.1", {})
    return folder


def steps(served: Served) -> dict[str, dict[str, object]]:
    """The steps of the run that have begun, by name."""
    run = served.newest("logs")["id"]
    records = served.ask("GET", f"{API}/build/builds/{run}/timeline")["records"]
    return {one["name"]: one for one in records if one["type"] == "Task" and one["startTime"]}


def log_page(served: Served, step: str) -> str:
    """The address of a step's log, once the step has begun."""
    run, id = served.newest("logs")["id"], until(lambda: steps(served).get(step))["id"]
    return f"/penstock/logs/_build/results?buildId={run}&view=logs&t={id}"


def test_a_step_that_is_silent_shows_all_that_it_has_written(
    visitor: Visitor, served: Served, started: Path
) -> None:
    until(lambda: "waits" in steps(served))
    visitor.sign_in()
    visitor.go(log_page(served, "first"))
    log = visitor.page.get_by_role("log")
    expect(log).to_contain_text("line 3")
    (started / "write").touch()
    logs = f"{API}/build/builds/{served.newest('logs')['id']}/logs"
    until(lambda: any(one["lineCount"] > 40 for one in served.ask("GET", logs)["value"]))
    visitor.page.wait_for_timeout(1000)
    list = visitor.page.get_by_role("navigation", name="Jobs and steps")
    list.get_by_role("link", name="waits").click()
    expect(log).to_contain_text("written 40")
    (started / "end").touch()
    expect(list.get_by_role("link", name=re.compile("^Succeeded waits"))).to_be_visible()


def test_the_first_error_stays_in_view_when_groups_above_it_are_folded(
    visitor: Visitor, served: Served, started: Path
) -> None:
    until(lambda: "waits" in steps(served))
    visitor.sign_in()
    visitor.go(log_page(served, "groups"))
    rows = visitor.page.get_by_role("log").locator("[data-n]")
    fault = rows.filter(has_text=re.compile("^the fault$"))
    expect(fault).to_be_in_viewport()
    until(lambda: rows.count() > 1600)
    visitor.page.wait_for_timeout(500)
    expect(fault).to_be_in_viewport()
    expect(rows.filter(has_text=re.compile("^many")).first).to_have_attribute(
        "aria-expanded", "false"
    )


def test_a_search_goes_from_step_to_step(visitor: Visitor, served: Served, started: Path) -> None:
    (started / "write").touch()
    (started / "end").touch()
    until(lambda: served.newest("logs")["status"] == "completed")
    page = visitor.page
    visitor.sign_in()
    visitor.go(log_page(served, "first"))
    field = page.get_by_role("searchbox", name="Search the whole job")
    status = page.get_by_role("search").get_by_role("status")
    field.fill("the fault")
    expect(status).to_have_text("1 match")
    field.fill("needle")
    # Before the answer is there.
    field.press("Enter")
    expect(status).to_have_text("1 of 2 in first")
    field.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("the second needle")
    expect(status).to_have_text("2 of 2 in second")
    expect(field).to_have_value("needle")
    expect(page).to_have_url(re.compile(r"#L\d+$"))
    field.press("Shift+Enter")
    expect(page.get_by_role("log")).to_contain_text("the first needle")


def test_lines_that_could_not_be_had_are_asked_for_again(
    visitor: Visitor, served: Served, started: Path
) -> None:
    page = visitor.page
    visitor.sign_in()
    page.route(re.compile(r"/logs/\d+"), lambda route: route.abort())
    visitor.go(log_page(served, "first"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("the server does not answer")
    page.unroute(re.compile(r"/logs/\d+"))
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("log")).to_contain_text("the first needle")
    expect(alert).to_have_count(0)
    visitor.troubles = [one for one in visitor.troubles if "ERR_FAILED" not in one]


def test_marked_lines_are_copied_as_text(visitor: Visitor, served: Served, started: Path) -> None:
    page = visitor.page
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.sign_in()
    visitor.go(log_page(served, "second"))
    row = page.get_by_role("log").locator("[data-n]", has_text=re.compile("^ FAIL $"))
    number = int(row.get_attribute("data-n") or 0)
    page.evaluate(f"location.hash = '#L{number - 1}-L{number}'")
    page.get_by_role("button", name="Copy the marked lines").click()
    expect(page.get_by_text("Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "the second needle\n FAIL \n"
