"""Repositories that want to harm whoever checks them out: pushed by a real git, checked out by the
agent. Nothing that they hold runs, nothing is written outside of the work folder, and what cannot
be done is refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, git

PIPELINE = """
trigger: none
steps:
- checkout: self
  clean: true
  {options}
- bash: |
    git log -1 --format=%s
    git status --short
    find . -name .git -prune -o -type f -print | LC_ALL=C sort | head -100
"""


@pytest.fixture
def canary(server: DevopsServer) -> Path:
    """What hostile parts would touch; its name can stand in any command."""
    return server.folder / "canary"


def log_of(server: DevopsServer, page: Mapping[str, Any]) -> str:
    logs = [record["log"]["id"] for record in page["records"] if record["log"]]
    run = page["id"]
    return "\n".join("\n".join(server.get(f"build/builds/{run}/logs/{id}")["value"]) for id in logs)


def checked_out(server: DevopsServer, options: str = "") -> tuple[dict[str, Any], str]:
    """Run the pipeline of the newest commit; its page and its logs."""
    server.commit({"azure-pipelines.yml": PIPELINE.format(options=options)}, "The newest commit")
    page = server.ended(server.run())
    return page, log_of(server, page)


def test_hooks_filters_and_settings_of_a_tree_are_only_files(
    server: DevopsServer, canary: Path
) -> None:
    run = f"#!/bin/sh\ntouch {canary}\n"
    names = ("post-checkout", "post-merge", "reference-transaction", "fsmonitor-watchman")
    hooks = {f"{folder}/{name}": run for folder in ("hooks", ".githooks") for name in names}
    server.commit(
        {
            **hooks,
            ".gitattributes": "* filter=evil diff=evil merge=evil ident\n",
            "home/.gitconfig": f"[core]\n\tfsmonitor = touch {canary}\n\thooksPath = hooks\n",
            ".lfsconfig": f"[lfs]\n\turl = ext::sh -c touch% {canary}\n",
            "config": f'[filter "evil"]\n\tsmudge = touch {canary}\n',
            "a.x": "text",
        }
    )
    for path in (server.folder / "work").rglob("hooks/*"):
        path.chmod(0o755)
    page, log = checked_out(server, "lfs: false")
    assert page["result"] == "succeeded", log
    assert "./hooks/post-checkout" in log
    assert not canary.exists()


def test_a_repository_inside_a_tree_is_not_taken_for_one(
    server: DevopsServer, canary: Path
) -> None:
    """The files of a bare repository in a folder, whose settings would run a program."""
    server.commit(
        {
            "inner/HEAD": "ref: refs/heads/main\n",
            "inner/config": f"[core]\n\tworktree = .\n\tfsmonitor = touch {canary}\n",
            "inner/objects/info/x": "",
            "inner/refs/heads/x": "",
            "HEAD": "ref: refs/heads/main\n",
            "objects/x": "",
            "refs/x": "",
        }
    )
    page, log = checked_out(server)
    assert page["result"] == "succeeded", log
    assert "./inner/config" in log
    assert not canary.exists()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("x", "ext::sh -c touch% {canary}"),
        ("x", "file://{other}"),
        ("x", "{other}"),
        ("x", "../../../../../../../..{other}"),
        ("x", "ssh://-oProxyCommand=touch {canary}/x"),
        ("x", "git@-oProxyCommand=touch${{IFS}}{canary}:x"),
        ("x", "fd::17/x"),
        ("x", "http://127.0.0.1:1/x"),
    ],
)
def test_a_submodule_from_nowhere_good_is_refused(
    server: DevopsServer, canary: Path, tmp_path: Path, name: str, url: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    (other / "stolen").write_text("of this machine")
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "private")
    id = git(other, "rev-parse", "HEAD").strip()
    address = url.format(canary=canary, other=other)
    server.commit({".gitmodules": f'[submodule "{name}"]\n\tpath = sub\n\turl = {address}\n'})
    work = server.folder / "work"
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{id},sub")
    git(work, "commit", "-q", "-m", "with a submodule")
    try:
        server.push(work, "HEAD:refs/heads/main")
    except AssertionError as refused:
        assert "gitmodulesUrl" in str(refused) or "gitmodules" in str(refused)
        return
    for options, result in (("", "succeeded"), ("submodules: recursive", "failed")):
        page, log = checked_out_as_it_is(server, options)
        assert page["result"] == result, log
        assert "stolen" not in log
        assert not canary.exists()
    assert "could not check out the submodules" in str(page["issues"])


def checked_out_as_it_is(server: DevopsServer, options: str) -> tuple[dict[str, Any], str]:
    """As `checked_out`, with the submodule kept in the index."""
    work = server.folder / "work"
    (work / "azure-pipelines.yml").write_text(PIPELINE.format(options=options))
    git(work, "add", "azure-pipelines.yml")
    git(work, "commit", "-q", "--allow-empty", "-m", "The newest commit")
    server.push(work, "HEAD:refs/heads/main")
    page = server.ended(server.run())
    return page, log_of(server, page)


def test_odd_names_are_names(server: DevopsServer, canary: Path) -> None:
    names = [
        *("-rf", "--upload-pack=touch x", "$(touch x)", "`touch x`", "a;touch x", "a\nb"),
        *("\u202etxt", ":(glob)**", "%2e%2e", "a\\b", "é" * 120, "~", " "),
        "##vso[task.setvariable variable=PATH]x",
    ]
    server.commit(dict.fromkeys(names, f"touch {canary}"))
    page, log = checked_out(server)
    assert page["result"] == "succeeded", log
    for name in ("./-rf", "./$(touch x)", "./a;touch x"):
        assert name in log
    assert not canary.exists()


def test_what_a_link_leads_to_is_not_written_to(server: DevopsServer, tmp_path: Path) -> None:
    """First a link to a folder outside, then in its place a folder with a file: the work folder of
    the first checkout is used again by the second."""
    outside = tmp_path / "outside"
    outside.mkdir()
    work = server.folder / "work"
    server.commit({"a": "1"})
    (work / "d").symlink_to(outside)
    (work / "e").symlink_to("/")
    page, log = checked_out(server)
    assert page["result"] == "succeeded", log
    for name in ("d", "e"):
        (work / name).unlink()
    server.commit({"d/file": "written", "e/tmp/file": "written"})
    page, log = checked_out(server)
    assert page["result"] == "succeeded", log
    assert "./d/file" in log
    assert list(outside.iterdir()) == []
    assert not Path("/tmp/file").exists()


@pytest.mark.parametrize(
    "branch",
    ["$(touch{IFS}x)", "a;touch`x`", "-x/--exec=touch", "##vso[x]", "a'\"b", "é/ü", "x" * 200],
)
def test_an_odd_branch_is_checked_out_by_its_name(
    server: DevopsServer, canary: Path, branch: str
) -> None:
    """Or it is refused, by git or by the server. What a step makes of its name is its own."""
    server.commit({"azure-pipelines.yml": PIPELINE.format(options="")}, "The newest commit")
    work = server.folder / "work"
    try:
        git(work, "check-ref-format", f"refs/heads/{branch}")
        server.push(work, f"HEAD:refs/heads/{branch}")
    except AssertionError:
        names = [ref["name"] for ref in server.get("git/repositories/demo/refs")["value"]]
        assert names == ["refs/heads/main"]
        return
    body = {"resources": {"repositories": {"self": {"refName": f"refs/heads/{branch}"}}}}
    page = server.ended(server.run(body))
    log = log_of(server, page)
    assert page["result"] == "succeeded", log
    assert "The newest commit" in log
    assert not canary.exists()
