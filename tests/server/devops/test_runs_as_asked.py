"""What a request about runs says is done, or refused by its name; never half, never left out."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from devopsserver import DevopsServer, until

YAML = "steps: [{checkout: none}, {bash: echo hello}]\n"
WAITS = "steps: [{checkout: none}, {bash: sleep 60}]\n"
FAILS = """
stages:
- stage: A
  jobs:
  - {job: Good, steps: [{checkout: none}, {bash: echo good}]}
  - {job: Bad, steps: [{checkout: none}, {bash: exit 1}]}
"""


@pytest.fixture
def ended(server: DevopsServer) -> int:
    """A run that has succeeded."""
    server.commit({"azure-pipelines.yml": YAML})
    server.pipeline()
    run = server.run()
    assert server.ended(run)["result"] == "succeeded"
    return run


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("build/builds?continuationToken=x", "continuationToken"),
        ("penstock/runs?continuationToken=x", "continuationToken"),
        ("penstock/triggers?continuationToken=x", "continuationToken"),
        ("build/builds?reasonFilter=because", 'reasonFilter: "because" is none of manual'),
        ("penstock/runs?reason=because", "reasonFilter"),
        ("build/builds?queryOrder=finishTimeDescending", "queryOrder"),
        ("build/builds?maxBuildsPerDefinition=1", "maxBuildsPerDefinition is not supported"),
        ("build/builds?deletedFilter=onlyDeleted", "deletedFilter"),
        ("build/definitions?builtAfter=2027-01-01", "builtAfter is not supported"),
        ("pipelines?orderBy=colour", "orderBy is one of name"),
        ("build/status/CI?jobName=Build", "jobName is not supported"),
        ("git/repositories/demo/items?versionDescriptor.versionOptions=previousChange", "none"),
        ("git/repositories/demo/items?recursionLevel=two", "oneLevel"),
    ],
)
def test_what_a_list_cannot_be_asked_for_is_refused(
    server: DevopsServer, path: str, said: str
) -> None:
    server.commit({"azure-pipelines.yml": YAML})
    server.pipeline()
    answer = server.ask("GET", f"/Demo/_apis/{path}")
    assert (answer.status, said in answer.json["message"]) == (400, True), answer


def test_reasons_are_words_of_either_case(server: DevopsServer, ended: int) -> None:
    for words, count in (("MANUAL", 1), ("schedule,manual", 1), ("schedule", 0), ("all", 1)):
        assert server.get(f"build/builds?reasonFilter={words}")["count"] == count, words


def test_builds_are_listed_by_who_asked_by_id_and_by_name(server: DevopsServer, ended: int) -> None:
    me = server.ask("GET", "/_apis/connectionData").json["authenticatedUser"]["id"]
    nobody = "00000000-0000-4000-8000-000000000000"
    for whom, count in ((me, 1), ("admin", 1), (nobody, 0), ("nobody", 0)):
        assert server.get(f"build/builds?requestedFor={whom}")["count"] == count, whom


def test_a_variable_without_a_value_is_empty(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{checkout: none}, {bash: 'echo \"<$(a)>\"'}]"})
    number = server.pipeline()
    body = {"name": "CI", "variables": {"a": {"value": "1", "allowOverride": True}}}
    assert server.ask("PUT", f"/Demo/_apis/build/definitions/{number}", body).status == 200
    for variables in ({"a": None}, {"a": {"isSecret": False}}):
        run = server.run({"variables": variables})
        server.ended(run)
        assert server.get(f"penstock/runs/{run}/logs/search?q=<>")["count"] > 0, variables
    queued = {"definition": {"id": number}, "parameters": '{"a": [true, null]}'}
    run = server.post("build/builds", queued)["id"]
    server.ended(run)
    assert server.get(f"penstock/runs/{run}/logs/search?q=[true, null]".replace(" ", "%20"))[
        "count"
    ]


def test_resources_that_cannot_be_chosen_are_refused(server: DevopsServer, ended: int) -> None:
    path = f"/Demo/_apis/pipelines/{server.pipeline()}/runs"
    for resources in ({"pipelines": {"up": {"version": "1"}}}, {"repositories": {"lib": "main"}}):
        assert server.ask("POST", path, {"resources": resources}).status == 400, resources
    assert server.get("build/builds")["count"] == 1


def test_a_wrong_update_of_a_run_leaves_it_going(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": WAITS})
    run = server.run()
    build = f"/Demo/_apis/build/builds/{run}"
    for number in ("a/b", "ends.", "x" * 300, "two\nlines"):
        refused = server.ask("PATCH", build, {"status": "cancelling", "buildNumber": number})
        assert (refused.status, "buildNumber" in refused.json["message"]) == (400, True), number
    assert server.get(f"build/builds/{run}")["status"] in ("notStarted", "inProgress")
    named = server.ask("PATCH", build, {"buildNumber": "7.1"})
    assert named.json["buildNumber"] == "7.1"
    server.ask("PATCH", build, {"status": "cancelling"})
    assert server.ended(run)["result"] == "canceled"


def test_tags_are_changed_together_or_not_at_all(server: DevopsServer, ended: int) -> None:
    tags = f"/Demo/_apis/build/builds/{ended}/tags"
    server.ask("POST", tags, ["old"])
    refused = server.ask("PATCH", tags, {"tagsToRemove": ["old"], "tagsToAdd": ["a,b"]})
    assert refused.status == 400
    assert server.ask("GET", tags).json["value"] == ["old"]


def test_a_run_is_found_by_its_own_pipeline_only(server: DevopsServer, ended: int) -> None:
    server.commit({"other.yml": YAML})
    other = server.pipeline("Other", "other.yml")
    for rest in ("", "/logs", "/artifacts?artifactName=x"):
        answer = server.ask("GET", f"/Demo/_apis/pipelines/{other}/runs/{ended}{rest}")
        assert "is not one of the pipeline" in answer.json["message"], rest
    own = f"/Demo/_apis/pipelines/{server.pipeline()}/runs/{ended}"
    assert server.ask("GET", f"{own}/logs").status == 200
    assert server.ask("GET", f"{own}/artifacts").status == 400


def test_logs_come_in_the_form_that_is_asked_for(server: DevopsServer, ended: int) -> None:
    logs = f"/Demo/_apis/build/builds/{ended}/logs"
    log = next(one for one in server.ask("GET", logs).json["value"] if one["lineCount"])["id"]
    lines = server.ask("GET", f"{logs}/{log}").json["value"]
    text = server.ask("GET", f"{logs}/{log}?$format=text").body.decode()
    assert text.splitlines() == lines
    for path in (f"{logs}?$format=zip", f"{logs}/{log}?$format=zip"):
        with zipfile.ZipFile(io.BytesIO(server.ask("GET", path).body)) as archive:
            assert text in [archive.read(name).decode() for name in archive.namelist()]
    assert server.ask("GET", f"{logs}?$format=pdf").status == 400


def test_failed_jobs_are_not_run_again_where_the_pipeline_takes_no_runs(
    server: DevopsServer,
) -> None:
    run = failed(server)
    body = {"name": "CI", "queueStatus": "disabled"}
    server.ask("PUT", f"/Demo/_apis/build/definitions/{server.pipeline()}", body)
    again = server.ask("POST", f"/Demo/_apis/penstock/runs/{run}/rerun", {})
    assert (again.status, again.json["typeKey"]) == (400, "DefinitionDisabledException")


def test_a_stage_is_tried_again_whole_where_all_jobs_are_asked_for(server: DevopsServer) -> None:
    run = failed(server)
    stage = f"/Demo/_apis/build/builds/{run}/stages/A"

    def retried(body: dict[str, Any]) -> list[str]:
        """The jobs that were done again."""
        assert server.ask("PATCH", stage, {"state": "retry", **body}).status == 204
        newest = server.get("build/builds?$top=1")["value"][0]["id"]
        page = server.ended(newest)
        old = {r["name"]: r["startTime"] for r in jobs(server.get(f"penstock/runs/{run}"))}
        return [r["name"] for r in jobs(page) if r["startTime"] != old[r["name"]]]

    assert retried({}) == ["Bad"]
    assert retried({"forceRetryAllJobs": True}) == ["Good", "Bad"]
    assert server.ask("PATCH", stage, {"state": "retry", "forceRetryAllJobs": 1}).status == 400


def failed(server: DevopsServer) -> int:
    server.commit({"azure-pipelines.yml": FAILS})
    run = server.run()
    assert server.ended(run)["result"] == "failed"
    return run


def jobs(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [record for record in page["records"] if record["type"] == "Job"]


def test_a_second_try_of_a_pull_request_is_of_the_same_pull_request(server: DevopsServer) -> None:
    shown = (
        "steps: [{checkout: none}, {bash: 'echo is:$(System.PullRequest.PullRequestId); exit 1'}]"
    )
    server.commit({"azure-pipelines.yml": f"trigger: none\npr: [main]\n{shown}"})
    server.pipeline()
    server.commit({"more": "1"}, ref="topic")
    proposal = {
        "sourceRefName": "refs/heads/topic",
        "targetRefName": "refs/heads/main",
        "title": "More",
    }
    server.post("git/repositories/demo/pullrequests", proposal)
    (first,) = until(lambda: server.get("penstock/runs")["value"], "the pull request has its run")
    server.ended(first["id"])
    again = server.post(f"penstock/runs/{first['id']}/rerun", {})
    server.ended(again["id"])
    for run in (first["id"], again["id"]):
        assert server.get(f"penstock/runs/{run}/logs/search?q=is:1")["count"] > 0, run


def test_the_queue_of_a_project_is_found_by_number_and_name(server: DevopsServer) -> None:
    queues = "distributedtask/queues"
    assert server.get(f"{queues}/1")["name"] == "Default"
    assert server.ask("GET", f"/Demo/_apis/{queues}/2").status == 404
    for query, count in (("queueName=default", 1), ("queueNames=other", 0), ("queueIds=2,1", 1)):
        assert server.get(f"{queues}?{query}")["count"] == count, query
