"""`penstock push`: a local repository on the running server, by one command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from typed import Terminal

ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


@pytest.fixture
def server(terminal: Terminal) -> Iterator[Terminal]:
    """A terminal in a repository, with a running server."""
    assert terminal.type("up", "--port", "0").code == 0
    yield terminal
    terminal.type("down")


def git(terminal: Terminal, *words: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", *who, *words],
        cwd=terminal.folder,
        env=terminal.environment(**ENV),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def committed(terminal: Terminal, text: str = "1") -> str:
    terminal.write("a.txt", text)
    if not (terminal.folder / ".git").exists():
        git(terminal, "init", "-q", "-b", "main")
    git(terminal, "add", "-A")
    git(terminal, "commit", "-q", "-m", text)
    return git(terminal, "rev-parse", "HEAD")


def service(terminal: Terminal) -> dict[str, str]:
    found: dict[str, str] = json.loads((terminal.home / "service.json").read_text())
    return found


def test_one_command_makes_the_project_and_pushes(server: Terminal) -> None:
    head = committed(server)
    ended = server.type("push", "--project", "My Demo")
    assert ended.code == 0, ended
    url = f"{service(server)['url']}/penstock/My%20Demo/_git/My%20Demo"
    assert ended.out == f"clone  {url}\nsee    {url}?version=GBmain\n"
    assert 'made the project "My Demo"' in ended.err
    assert f"remote: See it at {url}?version=GBmain" in ended.err
    assert git(server, "remote", "get-url", "penstock") == url
    assert git(server, "rev-parse", "penstock/main") == head


def test_from_then_on_a_plain_git_push_and_pull_work(server: Terminal) -> None:
    committed(server)
    assert server.type("push").code == 0
    second = committed(server, "2")
    assert "See it at" in git(server, "push", "penstock")
    assert git(server, "ls-remote", "penstock", "refs/heads/main").split()[0] == second
    git(server, "pull", "-q", "penstock", "main")
    assert server.type("push").code == 0


def test_the_first_push_says_how_to_make_the_first_pipeline(server: Terminal) -> None:
    server.write("azure-pipelines.yml", "steps: [{script: echo hello}]\n")
    committed(server)
    create = "penstock az pipelines create --name CI --yml-path azure-pipelines.yml -o table"
    assert f"next   {create}" in server.type("push").err
    assert server.type(*create.split()[1:]).code == 0
    committed(server, "2")
    assert "next   " not in server.type("push").err


def test_no_token_is_left_in_the_repository(server: Terminal) -> None:
    committed(server)
    server.type("push")
    token = service(server)["token"].encode()
    for path in server.folder.rglob("*"):
        if path.is_file():
            assert token not in path.read_bytes(), path
    helper = ("-c", "credential.helper=", "credential", "fill")
    other = subprocess.run(
        ["git", *helper],
        cwd=server.folder,
        env=server.environment(**ENV),
        input="protocol=http\nhost=127.0.0.1:1\n\n",
        capture_output=True,
        text=True,
    )
    assert service(server)["token"] not in other.stdout


def test_another_repository_of_the_project_and_another_branch(server: Terminal) -> None:
    committed(server)
    git(server, "switch", "-q", "-c", "topic/x")
    ended = server.type("push", "--project", "demo", "--repository", "second")
    assert ended.out.endswith("/penstock/demo/_git/second?version=GBtopic/x\n")
    assert 'made the repository "second"' in ended.err
    git(server, "commit", "-q", "--amend", "-m", "other")
    assert server.type("push").code == 1
    assert server.type("push", "--force").code == 0


def test_a_server_may_be_named_with_a_token_of_the_environment(server: Terminal) -> None:
    committed(server)
    url, token = service(server)["url"], service(server)["token"]
    no_token = server.type("push", url)
    assert (no_token.code, "no token" in no_token.err) == (5, True)
    assert server.type("push", url, environ={"PENSTOCK_TOKEN": "wrong"}).code == 5
    assert server.type("push", f"{url}/penstock", environ={"PENSTOCK_TOKEN": token}).code == 0
    plain = server.type("push", "http://example.org", environ={"PENSTOCK_TOKEN": token})
    assert (plain.code, "plain HTTP" in plain.err) == (5, True)
    assert server.type("push", "nonsense").code == 2


def test_what_is_missing_is_told_with_the_next_step(terminal: Terminal) -> None:
    outside = terminal.type("push")
    assert (outside.code, "git init" in outside.err) == (3, True)
    git(terminal, "init", "-q", "-b", "main")
    assert "no commit to push" in terminal.type("push").err
    committed(terminal)
    stopped = terminal.type("push")
    assert (stopped.code, "penstock up" in stopped.err) == (7, True)


def test_a_remote_of_that_name_that_is_not_ours_is_kept(server: Terminal) -> None:
    committed(server)
    git(server, "remote", "add", "penstock", "https://example.org/x.git")
    ended = server.type("push")
    assert (ended.code, "git remote rename" in ended.err) == (5, True)
    assert git(server, "remote", "get-url", "penstock") == "https://example.org/x.git"
