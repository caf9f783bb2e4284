"""Builds as they are looked for: by number, time and branch, in either order, and as a badge."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from devopsserver import DevopsServer

from penstock.server.devops.builds.badge import badge_svg

YAML = "trigger: none\nsteps: [{checkout: none}, {bash: echo hello}]\n"
STAGES = """
trigger: none
stages:
- stage: Build
  jobs: [{job: A, steps: [{checkout: none}, {bash: 'true'}]}]
- stage: Ship
  displayName: Ship it
  jobs: [{job: B, steps: [{checkout: none}, {bash: exit 1}]}]
- stage: Never
  condition: false
  jobs: [{job: C, steps: [{checkout: none}, {bash: 'true'}]}]
"""


@pytest.fixture
def runs(server: DevopsServer) -> list[int]:
    """Three runs that have ended: two of main, the last of side."""
    server.commit({"azure-pipelines.yml": YAML})
    server.pipeline()
    found = [server.run(), server.run()]
    server.commit({"azure-pipelines.yml": YAML + "# side\n"}, ref="side")
    side = {"resources": {"repositories": {"self": {"refName": "refs/heads/side"}}}}
    found.append(server.run(side))
    for run in found:
        assert server.ended(run)["result"] == "succeeded"
    return found


def ids(server: DevopsServer, query: str) -> list[int]:
    return [one["id"] for one in server.get(f"build/builds?{query}")["value"]]


def test_builds_are_listed_in_pages_in_either_order(server: DevopsServer, runs: list[int]) -> None:
    for order, expected in (("queueTimeDescending", runs[::-1]), ("queueTimeAscending", runs)):
        seen: list[int] = []
        token = ""
        for _ in runs:
            path = f"/Demo/_apis/build/builds?$top=1&queryOrder={order}{token}"
            answer = server.ask("GET", path)
            seen += [one["id"] for one in answer.json["value"]]
            token = f"&continuationToken={answer.headers.get('x-ms-continuationtoken')}"
        assert seen == expected, order
        assert "x-ms-continuationtoken" not in answer.headers


def test_builds_are_found_by_number_time_and_branch(server: DevopsServer, runs: list[int]) -> None:
    second = server.get(f"build/builds/{runs[1]}")
    assert ids(server, f"buildNumber={second['buildNumber']}") == [runs[1]]
    at = quote(second["queueTime"])
    assert ids(server, f"minTime={at}") == [runs[2], runs[1]]
    assert ids(server, f"maxTime={at}") == [runs[1], runs[0]]
    later = datetime.fromisoformat(second["queueTime"]) + timedelta(days=1)
    assert ids(server, f"minTime={quote(later.isoformat())}") == []
    assert ids(server, "branchName=refs/heads/side") == [runs[2]]
    assert server.ask("GET", "/Demo/_apis/build/builds?minTime=soon").status == 400


def test_the_latest_build_is_the_newest_that_has_ended(
    server: DevopsServer, runs: list[int]
) -> None:
    assert server.get("build/latest/CI")["id"] == runs[2]
    assert server.get("build/latest/CI?branchName=refs/heads/main")["id"] == runs[1]
    assert server.ask("GET", "/Demo/_apis/build/latest/CI?branchName=gone").status == 404


def test_a_badge_says_how_a_pipeline_or_one_stage_of_it_is(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": STAGES})
    server.pipeline()

    def words(query: str = "") -> str:
        answer = server.ask("GET", f"/Demo/_apis/build/status/CI{query}")
        assert answer.headers["content-type"] == "image/svg+xml"
        return answer.body.decode().partition("<title>")[2].partition("</title>")[0]

    assert words() == "CI: never built"
    server.ended(server.run())
    assert words() == "CI: failed"
    assert words("?stageName=build") == "CI: succeeded"
    assert words("?stageName=Ship%20it") == "CI: failed"
    assert words("?stageName=Never") == "CI: skipped"
    assert words("?branchName=refs/heads/side") == "CI: never built"
    assert words("?label=Nightly") == "Nightly: failed"


def test_no_text_of_a_badge_becomes_a_part_of_the_picture() -> None:
    shown = badge_svg('<script>"&', "failed").decode()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;&quot;&amp;") == 3
