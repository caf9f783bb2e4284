"""What every page has: shortcuts that are not text, addresses with any name, the focus, and a
session that knows nothing of the one before."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from visitor import Served, Visitor

NAME = "R&D 100%"


@pytest.fixture(scope="module")
def project(served: Served) -> str:
    """The address of a project whose name has signs that addresses use."""
    projects = "/penstock/_apis/projects"
    body = {"name": "odd", "capabilities": {"versioncontrol": {"sourceControlType": "Git"}}}
    served.ask("POST", f"{projects}?api-version=7.1", body)
    id = served.ask("GET", f"{projects}/odd")["id"]
    served.ask("PATCH", f"{projects}/{id}?api-version=7.1", {"name": NAME})
    item, content = {"path": "/README.md"}, {"content": "# Odd\n", "contentType": "rawtext"}
    change = {"changeType": "add", "item": item, "newContent": content}
    push = {
        "refUpdates": [{"name": "refs/heads/main", "oldObjectId": "0" * 40}],
        "commits": [{"comment": "Begin", "changes": [change]}],
    }
    repositories = f"/penstock/{quote(NAME)}/_apis/git/repositories"
    served.ask("POST", f"{repositories}/odd/pushes?api-version=7.1", push)
    return f"/penstock/{quote(NAME)}"


def test_a_project_may_have_any_name(visitor: Visitor, project: str) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.go("/penstock")
    page.get_by_role("main").get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    visitor.click("link", "Pipelines")
    visitor.sees("Create your first pipeline")
    visitor.go(f"{project}/_library")
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_keys_typed_into_the_editor_are_text(visitor: Visitor, project: str) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.go(
        f"{project}/_build/new?source=azureRepos&repo=odd&template=starter&branch=main&path=/a.yml"
    )
    editor = page.get_by_role("textbox", name="Pipeline YAML")
    editor.click()
    page.keyboard.type("# logs? g p")
    expect(editor).to_contain_text("# logs? g p")
    expect(page).to_have_url(re.compile("_build/new"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_focus_goes_on_in_the_page_that_came(visitor: Visitor, project: str) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.go("/penstock")
    page.get_by_role("main").get_by_role("link", name=NAME).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    inside = "document.activeElement.closest('main') !== null"
    assert page.evaluate(inside)


def test_a_page_is_gone_to_by_its_name(visitor: Visitor, project: str) -> None:
    page = visitor.page
    visitor.sign_in()
    visitor.go(project)
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Name of a page, a pipeline or a repository")
    expect(field).to_be_focused()
    field.fill("repository odd")
    expect(page.get_by_role("option", name="Repository odd", selected=True)).to_be_visible()
    field.press("Enter")
    expect(page).to_have_url(re.compile("_git/odd"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    field.fill("page")
    for _ in range(3):
        field.press("ArrowDown")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Environments", level=1)).to_be_visible()
