"""Every page in three themes by axe, and the main journey by keyboard alone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from test_studio import JOB, PREPARE
from visitor import PATIENCE, Served, Visitor, studio, until

AXE = Path(__file__).parents[2] / "portal" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("light", "dark", "contrast")
PIPELINE = """
trigger: none
pr: none
parameters:
- name: size
  type: string
  default: small
  values: [small, large]
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - script: |
        echo "##[group]Details"
        echo "one of many"
        echo "##[endgroup]"
        printf '\\033[31mred\\033[0m and \\033[1mbold\\033[0m\\n'
        echo "##vso[task.logissue type=warning]take care"
      displayName: make
- stage: Test
  jobs:
  - job: Check
    steps:
    - script: exit 3
      displayName: check
- stage: Deploy
  jobs:
  - deployment: Push
    environment: prod
    strategy: { runOnce: { deploy: { steps: [ { script: echo } ] } } }
"""
PAGES = (
    "/penstock",
    "/penstock/shop",
    "/penstock/shop/_git",
    "/penstock/shop/_git/shop",
    "/penstock/shop/_git/shop?path=/azure-pipelines.yml",
    "/penstock/shop/_git/shop/commits",
    "/penstock/shop/_git/shop/commit/{commit}",
    "/penstock/shop/_git/shop/branches",
    "/penstock/shop/_git/shop/pushes",
    "/penstock/shop/_git/shop/pullrequests",
    "/penstock/shop/_git/shop/pullrequestcreate",
    "/penstock/shop/_git/shop/pullrequest/{request}",
    "/penstock/shop/_build",
    "/penstock/shop/_build?view=folders",
    "/penstock/shop/_build?view=runs",
    "/penstock/shop/_build/new",
    "/penstock/shop/_build/new?source=azureRepos&repo=shop&branch=main&path=/azure-pipelines.yml",
    "/penstock/shop/_build?definitionId=1",
    "/penstock/shop/_build?definitionId=1&view=branches",
    "/penstock/shop/_build?definitionId=1&view=analytics",
    "/penstock/shop/_build?definitionId=1&run=new",
    "/penstock/shop/_build/edit?definitionId=1",
    "/penstock/shop/_build/edit?definitionId=1&show=plan"
    "&suppose=%7B%22assume%22:%7B%22Build%22:%22failed%22%7D%7D",
    "/penstock/shop/_build/results?buildId={run}&view=results",
    "/penstock/shop/_build/results?buildId={run}&view=logs",
    "/penstock/shop/_environments",
    "/penstock/shop/_environments/{environment}",
    "/penstock/shop/_environments/{environment}?view=checks",
    "/penstock/shop/_library",
    "/penstock/shop/_library?itemType=SecureFiles",
    "/penstock/shop/_library?itemType=ServiceConnections",
    "/penstock/shop/_settings/agentqueues",
    "/penstock/shop/_settings/overview",
    "/penstock/shop/_settings/permissions",
    "/penstock/shop/_settings/audit",
    "/penstock/_settings/users",
    "/penstock/_usersSettings/tokens",
    "/ml",
    studio("jobs", "taxi-ws"),
    studio("runs/taxi1", "taxi-ws"),
    studio("runs/taxi1?tab=overview", "taxi-ws"),
    studio("runs/taxi1?tab=metrics", "taxi-ws"),
    studio("runs/taxi1?tab=images", "taxi-ws"),
    studio("runs/taxi1?tab=children", "taxi-ws"),
    studio("runs/taxi1?tab=outputs", "taxi-ws"),
    studio("compare?jobs=taxi1", "taxi-ws"),
    studio("data", "taxi-ws"),
    studio("data/rides", "taxi-ws"),
    studio("environments", "taxi-ws"),
    studio("models", "taxi-ws"),
    studio("components", "taxi-ws"),
    studio("compute", "taxi-ws"),
)


@pytest.fixture(scope="module")
def shop(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A project with a run that failed, a job that failed, and one of everything else that has a
    page of its own; what their addresses hold."""
    folder: Path = tmp_path_factory.mktemp("shop") / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    (folder / "README.md").write_text("# Shop\n\nA *shop*, with `code`.\n")
    (folder / "job.yml").write_text(JOB)
    (folder / "rides.csv").write_text("from,to\na,b\n")
    (folder / "src" / "prepare.py").write_text(PREPARE)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=no"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Open"]):
        subprocess.run([*git, *arguments], cwd=folder, check=True)
    subprocess.run([*git, "checkout", "-qb", "topic"], cwd=folder, check=True)
    (folder / "README.md").write_text("# Shop\n\nA *better shop*.\n")
    subprocess.run([*git, "commit", "-qam", "Say more"], cwd=folder, check=True)
    subprocess.run([*git, "checkout", "-q", "main"], cwd=folder, check=True)
    assert served.penstock("push", cwd=folder).returncode == 0
    topic = subprocess.run(
        [*git, "push", "-q", "penstock", "topic"], cwd=folder, capture_output=True, text=True
    )
    assert topic.returncode == 0, topic.stderr
    where = ("--resource-group", "dev-ml-rg", "--workspace-name", "taxi-ws")
    workspace = ("az", "ml", "workspace", "create", "-n", "taxi-ws", *where[:2])
    assert served.penstock(*workspace, cwd=folder).returncode == 0
    data = ("az", "ml", "data", "create", "-n", "rides", "--path", "rides.csv", *where)
    assert served.penstock(*data, "--type", "uri_file", cwd=folder).returncode == 0
    job = ("az", "ml", "job", "create", "-f", "job.yml", *where, "--stream", "--name", "taxi1")
    served.penstock(*job, cwd=folder)
    repository = served.ask("GET", "/penstock/shop/_apis/git/repositories/shop")
    configuration = {
        "type": "yaml",
        "path": "/azure-pipelines.yml",
        "repository": {"id": repository["id"], "type": "azureReposGit"},
    }
    body = {"name": "shop", "configuration": configuration}
    made = served.ask("POST", "/penstock/shop/_apis/pipelines?api-version=7.1", body)
    served.ask("POST", f"/penstock/shop/_apis/pipelines/{made['id']}/runs?api-version=7.1", {})
    until(lambda: served.newest("shop")["status"] == "completed", 120)
    request = {
        "sourceRefName": "refs/heads/topic",
        "targetRefName": "refs/heads/main",
        "title": "Say more",
    }
    repositories = "/penstock/shop/_apis/git/repositories"
    asked = served.ask("POST", f"{repositories}/shop/pullrequests?api-version=7.1", request)
    environments = "/penstock/shop/_apis/distributedtask/environments"
    environment = served.ask("POST", f"{environments}?api-version=7.1", {"name": "staging"})
    return {
        "run": served.newest("shop")["id"],
        "commit": served.newest("shop")["sourceVersion"],
        "request": asked["pullRequestId"],
        "environment": environment["id"],
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_serious_fault(visitor: Visitor, shop: dict[str, object], theme: str) -> None:
    chosen = json.dumps(json.dumps({"theme": theme}))
    visitor.context.add_init_script(f'localStorage.setItem("penstock.preferences", {chosen})')
    visitor.go("/")
    expect(visitor.page.get_by_label("User name")).to_be_visible()
    faults = [f"the sign-in page: {fault}" for fault in serious_faults(visitor.page)]
    visitor.sign_in()
    for page in PAGES:
        address = page.format(**shop)
        visitor.go(address)
        visitor.page.wait_for_load_state("networkidle")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        expect(visitor.page.get_by_role("status", name="Loading")).to_have_count(0)
        faults += [f"{address}: {fault}" for fault in serious_faults(visitor.page)]
    assert faults == [], "\n".join(faults)


def serious_faults(page: Page) -> list[str]:
    """What axe finds that is serious or critical, one line each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} at {one['nodes'][0]['target']}: {one['help']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_the_main_journey_by_keyboard_alone(
    visitor: Visitor, context_without_mouse: BrowserContext, shop: dict[str, object]
) -> None:
    page = visitor.page
    page.goto(f"{visitor.served.url}/")
    tab_to(page, "User name")
    page.keyboard.type("admin")
    tab_to(page, "Password")
    page.keyboard.type(visitor.served.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="shop", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Pipelines", level=1)).to_be_visible()
    tab_to(page, re.compile("#.*Open"))
    page.keyboard.press("Enter")
    error = page.get_by_role("link", name=re.compile("exit code|exited with code"))
    expect(error.first).to_be_visible()
    tab_to(page, re.compile("exit code|exited with code"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("view=logs"))
    expect(page.get_by_role("log")).to_contain_text("exit")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.fixture
def context_without_mouse(visitor: Visitor) -> BrowserContext:
    """The visitor's pages, where a click of a mouse is a fault."""
    visitor.context.add_init_script(
        "addEventListener('pointerdown', () => console.error('a mouse was used'), true)"
    )
    return visitor.context


def tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """Press Tab until what has the focus has this name."""
    seen = []
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    for _ in range(80):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return (e.getAttribute('aria-label') || (l && l.textContent) || e.textContent"
            " || '').trim() })()"
        )
        seen.append(said[:40])
        if re.search(name, said) if isinstance(name, re.Pattern) else said.strip("* ") == name:
            return
    raise AssertionError(f"{name} is not reached by Tab; {seen}")
