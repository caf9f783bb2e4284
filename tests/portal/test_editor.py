"""The editor of a pipeline: its text, what that becomes and from where, what is wrong, and what a
supposed run of it would do."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect
from visitor import Served, Visitor, until

PIPELINE = """
parameters:
- name: environments
  type: object
  default: [dev, prod]
- name: runTests
  displayName: Run the tests
  type: boolean
  default: true
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - template: ci/compile.yml
- ${{ if parameters.runTests }}:
  - stage: Test
    dependsOn: Build
    jobs:
    - job: Unit
      steps: [{script: make test}]
- ${{ each environment in parameters.environments }}:
  - stage: Deploy_${{ environment }}
    dependsOn: Build
    condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))
    jobs:
    - deployment: Push
      environment: ${{ environment }}
      strategy:
        runOnce:
          deploy:
            steps:
            - script: echo to ${{ environment }}
- stage: Mourn
  dependsOn: Build
  condition: failed()
  jobs:
  - job: Tell
    steps: [{script: echo sad}]
""".lstrip()
COMPILE = """
steps:
- script: make
  displayName: Make it
""".lstrip()
NEEDS_VALUES = """
trigger: none
parameters:
- {name: size, type: string}
- {name: full, displayName: All of it, type: boolean}
steps:
- script: make ${{ parameters.size }} ${{ parameters.full }}
""".lstrip()


@pytest.fixture(scope="module")
def shop(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Pipelines of a project by their names."""
    folder: Path = tmp_path_factory.mktemp("works") / "works"
    (folder / "ci").mkdir(parents=True)
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    (folder / "needs.yml").write_text(NEEDS_VALUES)
    (folder / "ci" / "compile.yml").write_text(COMPILE)
    (folder / "ci" / "wrong.yml").write_text("steps:\n- scirpt: make\n")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=no"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Open"]):
        subprocess.run([*git, *arguments], cwd=folder, check=True)
    assert served.penstock("push", cwd=folder).returncode == 0
    (repository,) = served.ask("GET", "/penstock/works/_apis/git/repositories")["value"]
    made = {}
    for name, path in (("CI", "azure-pipelines.yml"), ("Needs", "needs.yml")):
        source = {"id": repository["id"], "type": "azureReposGit"}
        body = {"name": name, "configuration": {"type": "yaml", "path": path, "repository": source}}
        answered = served.ask("POST", "/penstock/works/_apis/pipelines?api-version=7.1", body)
        made[name] = answered["id"]
    return made


def open_editor(visitor: Visitor, id: int, more: str = "") -> tuple[Locator, Locator]:
    """The text and the full YAML."""
    visitor.sign_in()
    visitor.go(f"/penstock/works/_build/edit?definitionId={id}{more}")
    page = visitor.page
    return (
        page.get_by_role("textbox", name="Pipeline YAML"),
        page.get_by_role("textbox", name="Full YAML, read only"),
    )


def suppose(**supposed: object) -> str:
    return f"&show=plan&suppose={quote(json.dumps(supposed))}"


def part(visitor: Visitor, name: str) -> Locator:
    """A stage or job of the plan with all that is told of it."""
    link = visitor.page.get_by_role("button", name=name, exact=True)
    return visitor.page.get_by_role("listitem").filter(has=link).last


def test_the_full_yaml_stands_beside_the_text_with_its_origins(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    text, full = open_editor(visitor, shop["CI"])
    page = visitor.page
    visitor.sees("This pipeline is valid")
    full.get_by_text("Make it").click()
    way = page.get_by_text(re.compile(r"Line \d+ is from"))
    expect(way).to_contain_text("ci/compile.yml:3")
    expect(page.get_by_text("through template ci/compile.yml at")).to_be_visible()
    expect(page.locator(".cm-marked")).to_have_text("    - template: ci/compile.yml")
    visitor.picture("editor")
    page.get_by_role("button", name="azure-pipelines.yml:14").click()
    expect(text).to_be_focused()
    expect(page.locator(".cm-marked")).to_have_count(4)
    visitor.sees("Line 14 becomes 4 lines of the full YAML")
    page.keyboard.press("Control+Home")
    visitor.sees("Line 1 becomes")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    visitor.sees("Line 15 becomes")


def test_an_error_in_a_template_is_told_before_anything_is_saved(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    text, full = open_editor(visitor, shop["CI"])
    page = visitor.page
    visitor.sees("This pipeline is valid")
    text.get_by_text("- template: ci/compile.yml").click()
    page.keyboard.press("End")
    for _ in "compile.yml":
        page.keyboard.press("Backspace")
    page.keyboard.type("wrong.yml")
    visitor.sees('unknown key "scirpt" in a step')
    visitor.sees("1 error")
    visitor.sees("As it was before")
    expect(full).to_contain_text("Make it")
    place = page.get_by_role("link", name="ci/wrong.yml:2")
    expect(place).to_have_attribute("href", re.compile(r"path=%2Fci%2Fwrong\.yml.*#L2$"))
    page.keyboard.press("F8")
    visitor.sees('ci/wrong.yml:2: unknown key "scirpt" in a step')
    visitor.picture("editor-error")
    page.keyboard.press("Control+s")
    visitor.sees("The pipeline has 1 error: no run of it would start.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+z")
    visitor.sees("This pipeline is valid")


def test_a_supposed_failure_says_what_is_skipped_and_why(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    open_editor(visitor, shop["CI"])
    page = visitor.page
    visitor.click("button", "Plan")
    visitor.sees("The run would succeed.")
    expect(part(visitor, "Mourn")).to_contain_text("would be skipped")
    page.get_by_label("Suppose that Build", exact=True).select_option("fails")
    visitor.sees("The run would fail.")
    expect(part(visitor, "Deploy_dev")).to_contain_text("would be skipped")
    expect(part(visitor, "Tell")).to_contain_text("would run")
    why = part(visitor, "Deploy_dev")
    why.get_by_text("Why").click()
    expect(why).to_contain_text("its condition does not hold")
    expect(why).to_contain_text(re.compile(r"succeeded\(\)\s+= False\s+<- Build failed"))
    visitor.picture("editor-plan")
    why.get_by_role("button", name="Deploy_dev").click()
    expect(page.locator(".cm-activeLine").first).to_contain_text("stage: Deploy_")
    expect(page).to_have_url(re.compile("show=plan.*suppose="))
    page.reload()
    visitor.sees("The run would fail.")
    page.get_by_text("Suppose a run").click()
    visitor.click("button", "Suppose nothing")
    visitor.sees("The run would succeed.")


def test_a_supposed_run_has_a_branch_and_parameters(visitor: Visitor, shop: dict[str, int]) -> None:
    _, full = open_editor(visitor, shop["CI"])
    page = visitor.page
    page.get_by_text("Suppose a run").click()
    page.get_by_label("Run the tests").uncheck()
    expect(full).not_to_contain_text("stage: Test")
    page.get_by_label("Branch of the run").fill("release/1")
    visitor.click("button", "Plan")
    expect(part(visitor, "Deploy_dev")).to_contain_text(
        "variables['Build.SourceBranch'] is 'refs/heads/release/1', not 'refs/heads/main'"
    )
    visitor.sees("of the branch release/1, runTests is false")
    page.get_by_label("environments").fill('["test"]')
    expect(part(visitor, "Deploy_test")).to_be_visible()
    page.get_by_label("environments").fill('["test"')
    visitor.sees("this is not JSON")


def test_what_is_supposed_of_something_that_went_away_can_be_dropped(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    open_editor(visitor, shop["CI"], suppose(assume={"Gone": "failed"}))
    visitor.sees("Nothing is called Gone any more.")
    visitor.click("button", "Do not suppose it")
    expect(visitor.page.get_by_text("Nothing is called Gone")).to_have_count(0)


def test_a_plan_says_what_a_run_would_lack(visitor: Visitor, shop: dict[str, int]) -> None:
    text, _ = open_editor(visitor, shop["CI"], "&show=plan")
    visitor.sees("The run would succeed.")
    text.focus()
    visitor.page.keyboard.press("Control+Home")
    visitor.page.keyboard.type("variables: [group: nope]\n")
    visitor.sees('Once there is what it would lack: variable group "nope" is not in the library.')
    visitor.sees("1 error")


def test_a_parameter_without_a_default_is_asked_for(visitor: Visitor, shop: dict[str, int]) -> None:
    _, full = open_editor(visitor, shop["Needs"])
    page = visitor.page
    visitor.sees("a run needs a value for size")
    page.get_by_label("size").fill("big")
    expect(full).to_contain_text("make big False")
    visitor.sees("This pipeline is valid")


def test_a_run_is_given_the_parameters_that_it_needs(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.go(f"/penstock/works/_build?definitionId={shop['Needs']}&run=new")
    panel = page.get_by_role("dialog")
    size = panel.get_by_label("size")
    expect(size).to_be_visible()
    expect(panel.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    size.fill("big")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile("buildId="))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_editor_is_used_by_keyboard_alone(visitor: Visitor, shop: dict[str, int]) -> None:
    text, full = open_editor(visitor, shop["CI"])
    page = visitor.page
    visitor.sees("This pipeline is valid")
    text.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator("summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Plan")).to_be_focused()
    page.keyboard.press("Tab")
    expect(full).to_be_focused()
    page.keyboard.press("ArrowDown")
    visitor.sees("Line 2 is from")
    page.keyboard.press("Tab")
    expect(full).not_to_be_focused()


def test_what_is_not_saved_is_still_there_when_one_comes_back(
    visitor: Visitor, shop: dict[str, int]
) -> None:
    text, _ = open_editor(visitor, shop["CI"])
    page = visitor.page
    visitor.sees("This pipeline is valid")
    text.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# not yet\n")
    visitor.sees("not saved")
    page.get_by_role("link", name="Environments").click()
    expect(page.get_by_role("heading", name="Environments", level=1)).to_be_visible()
    page.go_back()
    expect(text).to_contain_text("# not yet")
    visitor.click("button", "Discard changes")
    expect(text).not_to_contain_text("# not yet")
    expect(page.get_by_text("not saved")).to_have_count(0)


def test_who_saves_is_told_that_the_file_changed_meanwhile(
    visitor: Visitor, served: Served, shop: dict[str, int]
) -> None:
    text, _ = open_editor(visitor, shop["Needs"])
    page = visitor.page
    text.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine\n")
    visitor.sees("not saved")
    repository = "/penstock/works/_apis/git/repositories/works"
    head = served.ask("GET", f"{repository}/refs?filter=heads/main")["value"][0]["objectId"]
    content = {"content": f"# theirs\n{NEEDS_VALUES}", "contentType": "rawtext"}
    change = {"changeType": "edit", "item": {"path": "/needs.yml"}, "newContent": content}
    push = {
        "refUpdates": [{"name": "refs/heads/main", "oldObjectId": head}],
        "commits": [{"comment": "Change it", "changes": [change]}],
    }
    served.ask("POST", f"{repository}/pushes?api-version=7.1", push)
    page.wait_for_timeout(5_500)  # what is fresh is not asked for again
    page.get_by_role("link", name="Environments").click()
    page.go_back()
    expect(text).to_contain_text("# mine")
    visitor.click("button", "Save")
    visitor.sees("needs.yml has changed on main since you began")
    page.get_by_role("dialog").get_by_label("Create a new branch for this commit").check()
    page.get_by_role("dialog").get_by_label("Branch name").fill("mine")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("combobox", name="Branch", exact=True)).to_have_value("mine")
    expect(text).to_contain_text("# mine")
    expect(page.get_by_text("not saved")).to_have_count(0)


def test_a_run_says_why_a_stage_was_skipped(
    visitor: Visitor, served: Served, shop: dict[str, int]
) -> None:
    run = served.ask("POST", f"/penstock/works/_apis/pipelines/{shop['CI']}/runs", {})["id"]
    until(lambda: served.newest("works")["status"] == "completed" or None)
    page = visitor.page
    visitor.sign_in()
    visitor.go(f"/penstock/works/_build/results?buildId={run}&view=results")
    row = page.get_by_role("row").filter(has_text="Unit")
    row.get_by_text("its condition does not hold: succeeded()").click()
    expect(row).to_contain_text("stage Test was skipped")
    expect(row).to_contain_text(re.compile(r"succeeded\(\)\s+= False"))
    expect(row).to_contain_text(re.compile(r"Build\s+failed"))
    visitor.picture("run-skipped")
    # A stage of a deployment, too, by its box in the graph.
    graph = page.get_by_role("group", name="Stages of this run")
    graph.get_by_role("button", name="Deploy_dev").click()
    visitor.sees("was skipped.")
    visitor.sees("stage Deploy_dev was skipped")
    visitor.picture("run-skipped-log")
