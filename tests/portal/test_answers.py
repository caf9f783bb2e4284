"""What people do beside watching: approve, protect, and set up, where something is refused too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Served, Visitor, until

PIPELINE = """
trigger: none
jobs:
- deployment: Push
  environment: prod
  strategy: { runOnce: { deploy: { steps: [ { script: echo deployed } ] } } }
"""
API = "/penstock/shop/_apis"


@pytest.fixture(scope="module")
def shop(served: Served, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A project with a pipeline that deploys to `prod`, which it may use; the environment's id."""
    folder: Path = tmp_path_factory.mktemp("shop") / "shop"
    folder.mkdir()
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=no"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Open"]):
        subprocess.run([*git, *arguments], cwd=folder, check=True)
    assert served.penstock("push", cwd=folder).returncode == 0
    made = served.ask(
        "POST", f"{API}/distributedtask/environments?api-version=7.1", {"name": "prod"}
    )
    permission = f"{API}/pipelines/pipelinePermissions/environment/{made['id']}"
    opened = {"allPipelines": {"authorized": True}}
    served.ask("PATCH", f"{permission}?api-version=7.1-preview.1", opened)
    repository = served.ask("GET", f"{API}/git/repositories/shop")
    of = {"id": repository["id"], "type": "azureReposGit"}
    configuration = {"type": "yaml", "path": "/azure-pipelines.yml", "repository": of}
    body = {"name": "deploy", "configuration": configuration}
    served.ask("POST", f"{API}/pipelines?api-version=7.1", body)
    return int(made["id"])


def test_a_deployment_is_approved_with_a_comment_on_the_environments_page(
    visitor: Visitor, served: Served, shop: int
) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go(f"/penstock/shop/_environments/{shop}?view=checks")
    visitor.sees("Every deployment to this environment starts at once.")
    visitor.click("button", "New check")
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("button", name="Create")).to_be_disabled()
    panel.get_by_role("checkbox", name="admin").check()
    panel.get_by_label("Instructions to approvers").fill("Look at the tests")
    panel.get_by_role("button", name="Create").click()
    visitor.sees("admin: Look at the tests")

    queued = served.ask("POST", f"{API}/pipelines/1/runs?api-version=7.1", {})
    visitor.go(f"/penstock/shop/_environments/{shop}")
    waiting = page.get_by_role("region", name=re.compile("^Waiting for approval"))
    expect(waiting.get_by_role("link", name=re.compile("^deploy #"))).to_be_visible()
    visitor.picture("environment-waiting")
    waiting.get_by_label("Comment").fill("they are green")
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting).to_have_count(0)
    until(lambda: served.newest("shop")["result"] == "succeeded")
    found = served.ask("GET", f"{API}/pipelines/approvals?runId={queued['id']}")
    assert found["value"][0]["steps"][0]["comment"] == "they are green"
    visitor.click("link", "Environments")
    expect(page.get_by_role("row", name=re.compile("prod"))).to_contain_text("deploy #")


def test_a_check_is_removed_where_it_was_made(visitor: Visitor, shop: int) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go(f"/penstock/shop/_environments/{shop}?view=checks")
    visitor.click("button", "New check")
    panel = page.get_by_role("dialog")
    panel.get_by_label("Check").select_option("Branch control")
    panel.get_by_label("Branches").fill("main, release/*")
    panel.get_by_role("button", name="Create").click()
    visitor.sees("main, release/*")
    visitor.click("button", "Remove Branch control: main, release/*")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Branch control")).to_have_count(0)


def test_what_was_committed_is_not_committed_twice_when_the_name_is_taken(
    visitor: Visitor, served: Served, shop: int
) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go("/penstock/shop/_build/new?repo=shop")
    visitor.click("button", "Starter pipeline")
    visitor.sees("This pipeline is valid")
    visitor.click("button", "Save", exact=True)
    panel = page.get_by_role("dialog")
    panel.get_by_label("Pipeline name").fill("deploy")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("deploy")
    visitor.sees("is committed; saving will make the pipeline.")
    panel.get_by_label("Pipeline name").fill("starter")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="starter", level=1)).to_be_visible()
    commits = served.ask("GET", f"{API}/git/repositories/shop/commits")
    assert [one["comment"] for one in commits["value"]].count("Set up CI with Azure Pipelines") == 1
    visitor.troubles = [t for t in visitor.troubles if "40" not in t]


def test_a_pipeline_is_edited_on_a_new_branch(visitor: Visitor, served: Served, shop: int) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go("/penstock/shop/_build/edit?definitionId=1")
    visitor.sees("This pipeline is valid")
    page.get_by_label("Pipeline YAML").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type("# said on a branch\n")
    expect(page.get_by_label("Branch", exact=True)).to_be_disabled()
    visitor.click("button", "Save", exact=True)
    panel = page.get_by_role("dialog")
    panel.get_by_label("Create a new branch for this commit").check()
    panel.get_by_label("Branch name").fill("said")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel).to_have_count(0)
    expect(page.get_by_label("Branch", exact=True)).to_have_value("said")
    heads = served.ask("GET", f"{API}/git/repositories/shop/stats/branches?name=said")
    assert (heads["aheadCount"], heads["behindCount"]) == (1, 0)


def test_a_pipeline_is_renamed_and_paused(visitor: Visitor, served: Served, shop: int) -> None:
    repository = served.ask("GET", f"{API}/git/repositories/shop")
    of = {"id": repository["id"], "type": "azureReposGit"}
    configuration = {"type": "yaml", "path": "/azure-pipelines.yml", "repository": of}
    body = {"name": "before", "configuration": configuration}
    made = served.ask("POST", f"{API}/pipelines?api-version=7.1", body)
    visitor.sign_in()
    page = visitor.page
    visitor.go(f"/penstock/shop/_build?definitionId={made['id']}")
    visitor.click("button", "More")
    visitor.click("menuitem", "Settings")
    panel = page.get_by_role("dialog")
    panel.get_by_label("Name").fill("after")
    panel.get_by_label("Folder").fill("\\team")
    panel.get_by_label("Processing of new runs").select_option("paused")
    panel.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="after", level=1)).to_be_visible()
    visitor.go("/penstock/shop/_build?view=folders")
    expect(page.get_by_role("heading", name="team")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("after"))).to_contain_text("paused")


def test_a_link_to_a_tag_shows_its_files(visitor: Visitor, served: Served, shop: int) -> None:
    tip = served.ask("GET", f"{API}/git/repositories/shop/refs?filter=heads/main")["value"][0]
    tag = {"name": "refs/tags/v1", "oldObjectId": "0" * 40, "newObjectId": tip["objectId"]}
    served.ask("POST", f"{API}/git/repositories/shop/refs?api-version=7.1", [tag])
    visitor.sign_in()
    visitor.go("/penstock/shop/_git/shop?version=GTv1")
    expect(visitor.page.get_by_role("link", name="azure-pipelines.yml")).to_be_visible()
    expect(visitor.page.get_by_label("Branch")).to_have_value("refs/tags/v1")
    visitor.click("link", "Commits")
    expect(visitor.page.get_by_role("link", name="Open", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "address",
    [
        "_git/gone",
        "_git/gone/commits",
        "_git/gone/pushes",
        "_git/gone/pullrequestcreate",
        "_build?definitionId=99",
        "_build/edit?definitionId=99",
        "_build/new?repo=gone",
        "_build/results?buildId=99",
        "_environments/99",
        "_library?variableGroupId=99",
    ],
)
def test_an_address_of_nothing_says_so(visitor: Visitor, shop: int, address: str) -> None:
    visitor.sign_in()
    visitor.go(f"/penstock/shop/{address}")
    expect(visitor.page.get_by_role("alert").first).to_contain_text("Not found")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.page.get_by_role("status", name="Loading")).to_have_count(0)
    visitor.troubles = [t for t in visitor.troubles if "404" not in t]


def test_a_connection_is_made_and_deleted(visitor: Visitor, shop: int) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go("/penstock/shop/_library?itemType=ServiceConnections")
    visitor.click("button", "New service connection")
    page.get_by_label("Service connection name").fill("registry")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    visitor.click("button", "Actions for registry")
    visitor.click("menuitem", "Pipeline permissions")
    panel = page.get_by_role("dialog", name="registry")
    expect(panel).to_contain_text("No pipeline may use it yet.")
    panel.get_by_role("button", name="Open access").click()
    expect(panel).to_contain_text("Every pipeline of the project may use it.")
    panel.get_by_role("button", name="Restrict access").click()
    expect(panel).to_contain_text("No pipeline may use it yet.")
    panel.get_by_role("button", name="Close").click()
    visitor.click("button", "Actions for registry")
    visitor.click("menuitem", "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    visitor.sees("No service connection yet")


def test_a_group_says_why_it_cannot_be_saved_and_that_it_was(visitor: Visitor, shop: int) -> None:
    visitor.sign_in()
    page = visitor.page
    visitor.go("/penstock/shop/_library?variableGroupId=new")
    save = page.get_by_role("button", name="Save")
    visitor.sees("The group needs a name.")
    page.get_by_label("Variable group name").fill("training")
    for _ in range(2):
        visitor.click("button", "Add")
    for at in range(2):
        page.get_by_label("Name of a new variable").first.fill("region" if at else "Region")
    visitor.sees("There are two variables named region.")
    expect(save).to_be_disabled()
    page.get_by_label("Name of region", exact=True).fill("key")
    page.get_by_label("key is secret").check()
    page.get_by_label("Value of key").fill("s3cret")
    save.click()
    expect(page).to_have_url(re.compile(r"variableGroupId=\d+"))
    page.get_by_label("Value of Region", exact=True).fill("local")
    save.click()
    visitor.sees("Saved.")
    expect(page.get_by_label("Value of key")).to_have_value("")
    expect(page.get_by_label("Value of key")).to_have_attribute(
        "placeholder", re.compile("type to replace")
    )
