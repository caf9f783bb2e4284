"""Checks look at the sources that a run really has, whatever whoever asks for it says they are."""

from __future__ import annotations

import pytest
from devopsserver import DevopsServer, git

DEPLOY = """
trigger: none
resources: {repositories: [{repository: tools, type: git, name: tools}]}
jobs:
- deployment: Push
  environment: prod
  strategy: {runOnce: {deploy: {steps: [{bash: echo pushed}]}}}
"""
PROTECTED = {".penstock/environments/prod.yml": "branches: [refs/heads/main]\n"}
SAID = 'branch "{}" may not use environment "prod"; allowed: refs/heads/main'


@pytest.fixture
def commits(server: DevopsServer) -> dict[str, str]:
    """The commits of `main` and `topic`, which both repositories have."""
    main = server.commit({"azure-pipelines.yml": DEPLOY, **PROTECTED})
    server.post("git/repositories", {"name": "tools"})
    server.pipeline()
    topic = server.commit({"a": "1"}, "Not reviewed", ref="topic")
    header = f"http.extraHeader=Authorization: Bearer {server.token}"
    address = f"{server.url}/Demo/_git/tools"
    git(server.folder / "work", "-c", header, "push", "--quiet", address, "main", "topic")
    return {"main": main, "topic": topic}


def ended(server: DevopsServer, repositories: dict[str, dict[str, str]]) -> tuple[int, str, str]:
    """The number of a run of these sources, how it ended, and what its gate said."""
    run = server.run({"resources": {"repositories": repositories}})
    result = server.ended(run)["result"]
    state = server.host.scheduler.state(str(run))
    gates = [node.message for node in state.nodes.values() if node.node.gate]
    return run, result, gates[0] if gates else ""


def test_a_commit_that_is_not_of_its_branch_is_not_taken_for_it(
    server: DevopsServer, commits: dict[str, str]
) -> None:
    own = {"refName": "refs/heads/main"}
    assert ended(server, {"self": {**own, "version": commits["main"]}})[1:] == ("succeeded", "")
    _, result, said = ended(server, {"self": {**own, "version": commits["topic"]}})
    assert (result, said) == ("failed", SAID.format(commits["topic"]))


def test_a_repository_that_is_read_elsewhere_than_the_yaml_says_is_seen(
    server: DevopsServer, commits: dict[str, str]
) -> None:
    for chosen, result, said in (
        ({}, "succeeded", ""),
        ({"refName": "refs/heads/topic"}, "failed", SAID.format("refs/heads/topic")),
        ({"version": commits["topic"]}, "failed", SAID.format(commits["topic"])),
        ({"version": commits["main"]}, "succeeded", ""),
    ):
        assert ended(server, {"tools": chosen})[1:] == (result, said)


def test_a_run_with_repositories_is_run_again(
    server: DevopsServer, commits: dict[str, str]
) -> None:
    run, _, _ = ended(server, {})
    answered = server.ask("POST", f"/Demo/_apis/penstock/runs/{run}/rerun", {"failedOnly": False})
    assert answered.status in (200, 201), answered
    again = answered.json["id"]
    assert server.ended(again)["result"] == "succeeded"
