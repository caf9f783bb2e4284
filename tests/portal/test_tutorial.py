"""The tutorial by clicks: push, New pipeline, Save and run, follow the run into its ML job."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Served, Visitor, until

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes"
GIT = (
    "git",
    "-c",
    "user.name=Ada",
    "-c",
    "user.email=ada@example.com",
    "-c",
    "commit.gpgsign=false",
)
LONG = 240_000


@pytest.fixture(scope="module")
def project(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its data, pushed to the server: a project without a pipeline."""
    return pushed(served, tmp_path_factory.mktemp("tutorial") / "diabetes")


@pytest.fixture(scope="module")
def built(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as another project, with a pipeline that has begun to run."""
    folder = pushed(served, tmp_path_factory.mktemp("built") / "progression")
    api = "/penstock/progression/_apis"
    repository = served.ask("GET", f"{api}/git/repositories/progression")["id"]
    configuration = {
        "type": "yaml",
        "path": "/azure-pipelines.yml",
        "repository": {"id": repository, "type": "azureReposGit"},
    }
    body = {"name": "progression", "configuration": configuration}
    made = served.ask("POST", f"{api}/pipelines?api-version=7.1", body)
    served.ask("POST", f"{api}/pipelines/{made['id']}/runs?api-version=7.1", {})
    return folder


def pushed(served: Served, folder: Path) -> Path:
    """A copy of the example with its data, pushed into a project of the folder's name."""
    shutil.copytree(EXAMPLE, folder)
    uv = Path(sys.executable).parent / "uv"
    written = [uv, "run", "--quiet", "--no-project", "--python", sys.executable]
    needs = ["--with", "scikit-learn>=1.5,<2", "--with", "pandas>=2.2,<3"]
    subprocess.run([*written, *needs, "python", "data/write_data.py"], cwd=folder, check=True)
    subprocess.run([*GIT, "init", "-q", "-b", "main"], cwd=folder, check=True)
    commit(folder, "Predict diabetes progression")
    done = served.penstock("push", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def commit(folder: Path, message: str) -> None:
    subprocess.run([*GIT, "add", "-A", "-f"], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", message], cwd=folder, check=True)


def commit_file(folder: Path, name: str, text: str, message: str) -> None:
    (folder / name).write_text(text)
    commit(folder, message)


def push(folder: Path, served: Served) -> str:
    """A push by git alone, with a token as a password; what git said."""
    environment = {
        **os.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {served.token}",
    }
    done = subprocess.run(
        [*GIT, "push", "penstock", "main"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stderr


@pytest.mark.timeout(600)
def test_the_tutorial_by_clicks(visitor: Visitor, project: Path) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.picture("projects")
    visitor.click("link", "diabetes")
    visitor.click("link", "Repos")
    page.get_by_role("table").get_by_role("link", name="diabetes").click()
    expect(page.get_by_role("link", name="azure-pipelines.yml")).to_be_visible()
    visitor.picture("repository")

    # New pipeline > Azure Repos Git > repository > existing YAML file > review > run
    visitor.click("link", "Pipelines")
    visitor.sees("Create your first pipeline")
    visitor.picture("pipelines-empty")
    visitor.click("button", "New pipeline")
    visitor.sees("Where is your code?")
    visitor.picture("wizard-connect")
    visitor.click("button", "Azure Repos Git")
    visitor.sees("Select a repository")
    visitor.picture("wizard-select")
    page.get_by_role("main").get_by_role("button", name=re.compile("^diabetes")).click()
    visitor.sees("Configure your pipeline")
    visitor.picture("wizard-configure")
    visitor.click("button", "Existing Azure Pipelines YAML file")
    panel = page.get_by_role("dialog")
    panel.get_by_role("button", name="/azure-pipelines.yml").click()
    visitor.picture("wizard-existing")
    panel.get_by_role("button", name="Continue").click()
    visitor.sees("Review your pipeline YAML")
    visitor.sees("This pipeline is valid")
    visitor.picture("wizard-review")
    visitor.click("button", "Save and run")
    page.get_by_role("dialog").get_by_role("button", name="Save and run").click()

    # The first run, to its end, and the job that it started
    expect(page).to_have_url(re.compile(r"_build/results\?buildId=\d+"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Predict diabetes progression")
    visitor.picture("run-going-on")
    state = page.get_by_role("heading", level=1).get_by_role("img", name="Succeeded")
    expect(state).to_be_visible(timeout=LONG)
    expect(page.get_by_role("link", name=re.compile("diabetes-progression"))).to_be_visible()
    visitor.picture("run")
    page.get_by_role("link", name="publishPipeline").click()
    steps = page.get_by_role("navigation", name="Jobs and steps")
    for step in ("Checkout self", "Install Azure ML CLI v2", "Run Azure ML pipeline"):
        expect(steps.get_by_role("link", name=f"Succeeded {step}")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("created workspace dev-ml-ws")
    visitor.picture("run-log")
    page.go_back()
    page.get_by_role("link", name=re.compile("diabetes-progression")).click()
    graph = page.get_by_role("group", name="Graph of the job")
    for node in ("clean", "normalise", "train"):
        shown = graph.get_by_role("button", name=f"{node} Completed")
        expect(shown).to_be_visible(timeout=LONG)
    visitor.picture("job-graph")
    visitor.click("link", "Metrics (5)")
    expect(page.get_by_role("figure", name="r2", exact=True)).to_be_visible()
    visitor.picture("job-metrics")
    page.get_by_role("link", name=re.compile(r"^pipeline run \d+$")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Predict diabetes progression")


@pytest.mark.timeout(300)
def test_a_push_starts_the_next_run(visitor: Visitor, served: Served, built: Path) -> None:
    visitor.sign_in()
    pipeline = served.newest("progression")["definition"]["id"]
    visitor.go(f"/penstock/progression/_build?definitionId={pipeline}")
    expect(visitor.page.get_by_role("link", name=re.compile("Predict diabetes"))).to_be_visible()
    commit_file(built, "README.md", "# Diabetes\n\nA second look.\n", "Say what this is")
    said = push(built, served)
    assert "_build/results?buildId=" in said
    # The list learns of it by itself.
    expect(visitor.page.get_by_role("link", name=re.compile("Say what this is"))).to_be_visible()
    visitor.picture("pipeline")
    until(lambda: served.newest("progression")["status"] == "completed", 120)
    assert served.newest("progression")["reason"] == "individualCI"


@pytest.mark.timeout(300)
def test_the_error_of_a_failed_step_is_one_click_away(
    visitor: Visitor, served: Served, built: Path
) -> None:
    steps = (built / "aml-steps.yml").read_text()
    broken = steps.replace("cd src", "cd sources", 1)
    assert broken != steps
    commit_file(built, "aml-steps.yml", broken, "Look for the sources")
    push(built, served)
    found = until(lambda: _ended(served), 120)
    assert found["result"] == "failed"
    page = visitor.page
    visitor.sign_in()
    visitor.go("/penstock/progression/_build")
    page.get_by_role("link", name=re.compile("Look for the sources")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Look for the sources")
    error = page.get_by_role("link", name=re.compile("Script failed with exit code"))
    expect(error).to_be_visible()
    visitor.picture("run-failed")
    error.click()
    expect(page).to_have_url(re.compile("view=logs"))
    steps_list = page.get_by_role("navigation", name="Jobs and steps")
    failed = steps_list.get_by_role("link", name=re.compile("^Failed Run Azure ML pipeline"))
    expect(failed).to_have_attribute("aria-current", re.compile("page|true|step"))
    expect(page.get_by_role("log")).to_contain_text("cd: sources: No such file or directory")
    visitor.picture("run-failed-log")


def _ended(served: Served) -> dict[str, str] | None:
    newest = served.newest("progression")
    is_ours = newest["triggerInfo"].get("ci.message", "").startswith("Look for")
    return newest if is_ours and newest["status"] == "completed" else None
