"""Pushes, ends of runs and the clock start runs; each event keeps what it started and why not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, devops_server, git, until

from penstock.devops.resources import EVERY_PIPELINE, Actor, Resource, ResourceType
from penstock.store.runs.lists import RunQuery

STEPS = "steps: [{bash: 'true'}]"
FILTERED = f"""
trigger:
  branches: {{include: [main, releases/*]}}
  paths: {{exclude: [docs]}}
{STEPS}
"""


def runs(server: DevopsServer, **filters: object) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    found: list[dict[str, Any]] = server.get(f"penstock/runs?{query}")["value"]
    return found[::-1]


def decisions(server: DevopsServer) -> list[tuple[str, str, bool, str]]:
    """Kind, branch, whether it runs, and why, of each event's only decision; oldest first."""
    return [
        (one["event"]["kind"], one["event"]["ref"], decision["runs"], decision["why"])
        for one in server.get("penstock/triggers")["value"][::-1]
        for decision in one["decisions"]
    ]


def test_a_push_starts_the_pipelines_of_its_repository(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": STEPS})
    server.pipeline()
    commit = server.commit({"a.txt": "1"}, "Add a\n\nwith a body")
    (run,) = runs(server)
    assert (run["reason"], run["branch"], run["commit"], run["name"]) == (
        "individualCI",
        "main",
        commit,
        "Add a",
    )
    assert run["requestedFor"]["displayName"] == "admin"
    assert server.ended(run["id"])["result"] == "succeeded"
    assert decisions(server) == [
        ("push", "refs/heads/main", True, "there is no trigger, so every branch starts a run")
    ]


def test_a_push_says_why_it_starts_nothing(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": FILTERED})
    server.pipeline()
    server.commit({"docs/a.md": "1"}, "Only words")
    server.commit({"src/a.py": "1"}, "Fix it [skip ci]")
    server.commit({"src/a.py": "2"}, "On a branch", ref="topic")
    server.commit({"src/a.py": "3"}, "For the release", ref="releases/1")
    (run,) = runs(server)
    assert run["branch"] == "releases/1"
    assert [(ref, runs, why.partition(":")[0]) for _, ref, runs, why in decisions(server)] == [
        ("refs/heads/main", False, "docs/a.md is in trigger.paths.exclude"),
        ("refs/heads/main", False, 'a commit message of the push says "[skip ci]"'),
        ("refs/heads/topic", False, "branch topic is not in trigger.branches.include"),
        (
            "refs/heads/releases/1",
            True,
            "branch releases/1 is in trigger.branches.include",
        ),
    ]


def test_a_new_branch_is_judged_by_what_it_changed(server: DevopsServer) -> None:
    text = f"trigger: {{paths: {{include: [src]}}}}\n{STEPS}"
    first = server.commit({"azure-pipelines.yml": text, "src/a.py": "1"})
    server.pipeline()
    server.commit({"docs/a.md": "1"}, "Only words", ref="words")
    server.commit({"src/a.py": "2"}, "Mend it", ref="topic")
    server.push(server.folder / "work", f"{first}:refs/heads/same")
    (run,) = runs(server)
    assert run["branch"] == "topic"
    assert [(ref, runs, why.rpartition("; ")[2]) for _, ref, runs, why in decisions(server)] == [
        ("refs/heads/words", False, "docs/a.md is not in trigger.paths.include: src"),
        ("refs/heads/topic", True, "src/a.py changed, and is in trigger.paths.include: src"),
        ("refs/heads/same", False, "no file changed, and trigger.paths asks for some"),
    ]


def test_a_branch_without_the_file_starts_nothing(server: DevopsServer) -> None:
    server.commit({"README.md": "hello"})
    server.pipeline(path="ci/build.yml")
    server.commit({"README.md": "again"})
    assert runs(server) == []
    assert decisions(server)[0][2:] == (False, "the branch has no file ci/build.yml")


def test_yaml_that_cannot_be_read_is_a_failed_run_with_its_diagnostics(
    server: DevopsServer,
) -> None:
    server.commit({"azure-pipelines.yml": STEPS})
    server.pipeline()
    server.commit({"azure-pipelines.yml": "stages: [{stage: A, job: 1}]"})
    (run,) = runs(server)
    page = server.get(f"penstock/runs/{run['id']}")
    assert (page["state"], page["result"], page["hasProblem"]) == ("completed", "failed", True)
    assert 'unknown key "job" in a stage' in page["problem"]["text"]
    assert [d["code"] for d in page["problem"]["diagnostics"]] == ["PS1101"]
    build = server.get(f"build/builds/{run['id']}")
    assert (build["status"], build["result"]) == ("completed", "failed")
    assert "unknown key" in build["validationResults"][0]["message"]


def test_missing_resources_are_told_all_at_once(server: DevopsServer) -> None:
    text = "variables: [{group: one}, {group: two}]\n" + STEPS
    server.commit({"azure-pipelines.yml": text})
    page = server.get(f"penstock/runs/{server.run()}")
    assert page["result"] == "failed"
    assert [d["message"] for d in page["problem"]["diagnostics"]] == [
        'variable group "one" is not in the library',
        'variable group "two" is not in the library',
    ]


def test_batch_holds_pushes_back_until_the_run_has_ended(server: DevopsServer) -> None:
    go = server.folder / "go"
    text = f"""
trigger: {{batch: true, branches: {{include: ['*']}}}}
steps: [{{bash: 'until [ -e {go} ]; do sleep 0.05; done'}}]
"""
    server.commit({"azure-pipelines.yml": text})
    server.pipeline()
    server.commit({"a": "1"}, "First")
    server.commit({"a": "2"}, "Second")
    last = server.commit({"a": "3"}, "Third")
    (first,) = runs(server)
    go.touch()
    server.ended(first["id"])
    until(lambda: len(runs(server)) == 2, "the held pushes have their run")
    second = runs(server)[1]
    assert (second["reason"], second["commit"]) == ("batchedCI", last)

    def batched() -> list[int]:
        history = server.get("penstock/triggers")["value"]
        found = [d for event in history for d in event["decisions"]]
        return [d["runId"] for d in found if d["outcome"] == "batched"]

    assert until(batched, "the decisions name the run") == [second["id"]] * 2
    server.ended(second["id"])


def test_the_end_of_a_run_starts_pipelines_that_have_it_as_a_resource(
    server: DevopsServer,
) -> None:
    after = "trigger: none\nresources: {pipelines: [{pipeline: up, source: CI, trigger: true}]}\n"
    asks = """
steps:
- bash: |
    set -e
    test "$(resources.triggeringAlias) $(resources.triggeringCategory)" = "up pipeline"
    test "$(resources.pipeline.up.runID)" = "$(Build.TriggeredBy.BuildId)"
    test "$(resources.pipeline.up.runName)" = one.1
    test "$(resources.pipeline.up.runURI)" = "vstfs:///Build/Build/$(Build.TriggeredBy.BuildId)"
    test "$(resources.pipeline.up.pipelineName)" = CI
    test "$(resources.pipeline.up.pipelineID)" = "$(Build.TriggeredBy.DefinitionId)"
    test "$(resources.pipeline.up.projectID)" = "$(System.TeamProjectId)"
    test "$(resources.pipeline.up.requestedFor)" = "$(Build.RequestedFor)"
    test "$(resources.pipeline.up.requestedForID)" = "$(Build.RequestedForId)"
    test "$(resources.pipeline.up.sourceBranch)" = refs/heads/main
    test "$(Build.TriggeredBy.BuildNumber)" = one.1
    test '${{ variables['resources.pipeline.up.runID'] }}' = ''
"""
    first_text = "name: one.$(Rev:r)\ntrigger: none\n" + STEPS
    server.commit({"azure-pipelines.yml": first_text, "after.yml": after + asks})
    server.pipeline("After", "after.yml")
    first = server.run()
    server.ended(first)
    until(lambda: len(runs(server)) == 2, "the second pipeline has its run")
    second = runs(server)[1]
    assert (second["definition"]["name"], second["reason"]) == ("After", "resourceTrigger")
    assert server.ended(second["id"])["result"] == "succeeded"
    assert ("completion", True) in [(kind, runs) for kind, _, runs, _ in decisions(server)]


@pytest.mark.parametrize(("word", "name"), [("true", "Mend it"), ("false", "")])
def test_the_title_of_the_commit_stands_behind_the_number_unless_it_is_turned_off(
    server: DevopsServer, word: str, name: str
) -> None:
    text = f"name: one.$(Rev:r)\nappendCommitMessageToRunName: {word}\ntrigger: none\n{STEPS}"
    server.commit({"azure-pipelines.yml": text}, "Mend it")
    run = server.run()
    server.ended(run)
    page = server.get(f"penstock/runs/{run}")
    assert (page["number"], page["name"]) == ("one.1", name)


def test_a_push_to_another_repository_is_what_the_run_reads_there(server: DevopsServer) -> None:
    text = """
trigger: none
resources: {repositories: [{repository: tools, type: git, name: tools, trigger: [releases/*]}]}
variables: {here: "$[ format('azure-pipelines.yml-{0}', resources.repositories['self'].ref) ]"}
steps:
- checkout: tools
- bash: |
    set -e
    test "$(cat a)" = 2
    test "$(Build.Repository.Name)" = tools
    test "$(Build.SourceBranch)" = refs/heads/releases/1
    test "$(resources.repositories.tools.ref)" = refs/heads/releases/1
    test "$(resources.repositories.tools.version)" = "$(Build.SourceVersion)"
    test "$(resources.repositories.tools.id)" = "$(Build.Repository.ID)"
    test "$(resources.repositories.self.ref)" = refs/heads/main
    test "$(here)" = azure-pipelines.yml-refs/heads/main
"""
    server.commit({"azure-pipelines.yml": text, "a": "1"})
    server.pipeline()
    other = server.post("git/repositories", {"name": "tools"})["id"]
    server.host.library.resources.grant(
        server.project,
        Resource(type=ResourceType.REPOSITORY, id=other),
        EVERY_PIPELINE,
        Actor(id="", name="admin"),
    )
    work = server.folder / "work"
    header = f"http.extraHeader=Authorization: Bearer {server.token}"
    push = ("-c", header, "push", "--quiet", f"{server.url}/Demo/_git/tools")
    git(work, *push, "main")
    assert runs(server) == []
    server.commit({"a": "2"}, "For the release", ref="releases/1")
    git(work, *push, "releases/1")
    (run,) = runs(server)
    assert (run["reason"], run["branch"]) == ("resourceTrigger", "main")
    assert server.ended(run["id"])["result"] == "succeeded"


def test_a_schedule_starts_its_pipeline_once(server: DevopsServer) -> None:
    text = "trigger: none\nschedules: [{cron: '0 3 * * *', branches: {include: [main]}}]\n" + STEPS
    commit = server.commit({"azure-pipelines.yml": text})
    server.pipeline()
    starts = server.services.triggers.starts
    last, now = datetime(2026, 11, 1, 2, 59, tzinfo=UTC), datetime(2026, 11, 1, 3, 1, tzinfo=UTC)
    failed: list[tuple[str, Exception]] = []
    for _ in range(2):
        assert starts.look(last, now, lambda one, error: failed.append((one.name, error))) == now
    (run,) = runs(server)
    assert (run["reason"], run["branch"], run["commit"]) == ("schedule", "main", commit)
    server.ended(run["id"])
    assert failed == []


def test_a_broken_repository_keeps_no_other_schedule_from_its_time(server: DevopsServer) -> None:
    text = "trigger: none\nschedules: [{cron: '0 3 * * *', branches: {include: [main]}}]\n" + STEPS
    server.commit({"azure-pipelines.yml": text})
    pipeline = server.services.definitions.get(server.pipeline())
    assert pipeline is not None
    services = server.services
    elsewhere = services.projects.create("Elsewhere")
    other = services.repositories.create(elsewhere, "other")
    broken = services.definitions.create(
        replace(pipeline, name="Broken", project=elsewhere.id, repository=other.id)
    )
    head = services.repositories.folder(other.id) / "HEAD"
    said = head.read_text()
    head.write_text("nonsense")
    failed: list[str] = []

    def look(last: datetime, now: datetime) -> None:
        services.triggers.starts.look(last, now, lambda one, error: failed.append(one.name))

    before, after, later = (
        datetime(2026, 11, 1, *time, tzinfo=UTC) for time in ((2, 59), (3, 1), (3, 2))
    )
    look(before, after)
    (run,) = runs(server)
    assert (run["definition"]["name"], failed) == ("CI", ["Broken"])
    server.ended(run["id"])

    # It is looked at from where it was left, once it can be read.
    head.write_text(said)
    git(server.folder / "work", "push", "--quiet", str(head.parent), "main")
    look(after, later)
    (found,) = services.lists.find(RunQuery(project=elsewhere.id))
    assert (found.pipeline, found.reason, failed) == (broken.id, "Schedule", ["Broken"])
    server.host.scheduler.wait(str(found.id))


def test_a_repository_that_is_gone_from_the_disk_keeps_no_push_from_its_runs(
    server: DevopsServer,
) -> None:
    server.commit({"azure-pipelines.yml": STEPS})
    pipeline = server.services.definitions.get(server.pipeline())
    assert pipeline is not None
    other = server.post("git/repositories", {"name": "other"})["id"]
    server.services.definitions.create(replace(pipeline, name="Gone", repository=other))
    shutil.rmtree(server.services.repositories.folder(other))
    server.commit({"a": "1"}, "Go on")
    (run,) = runs(server)
    server.ended(run["id"])


def test_a_push_that_a_dead_server_left_is_taken_up(tmp_path: Path) -> None:
    with devops_server(tmp_path) as server:
        server.commit({"azure-pipelines.yml": STEPS})
        server.pipeline()
        # The server dies after the push was written down and before anything was started.
        services = server.services
        services.pushes._listeners.clear()
        services.triggers.close()
        server.commit({"a": "1"}, "Left behind")
        assert runs(server) == []
    with devops_server(tmp_path) as server:
        until(lambda: runs(server), "the push has its run")
        (run,) = runs(server)
        assert run["name"] == "Left behind"
        server.ended(run["id"])


def test_two_branches_in_one_push_are_two_runs(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": STEPS})
    server.pipeline()
    work = server.folder / "work"
    git(work, "branch", "one")
    git(work, "branch", "two")
    server.push(work, "refs/heads/one:refs/heads/one")
    header = f"http.extraHeader=Authorization: Bearer {server.token}"
    url = f"{server.url}/Demo/_git/demo"
    git(work, "-c", header, "push", "--quiet", url, "two", ":one")
    assert [run["branch"] for run in runs(server)] == ["one", "two"]
    whys = {ref: why for _, ref, _, why in decisions(server)}
    assert whys["refs/heads/one"] == "the branch one was deleted"


def test_a_pull_request_runs_the_merge_of_its_branches(server: DevopsServer) -> None:
    show = "bash: 'echo \"$SYSTEM_PULLREQUEST_SOURCEBRANCH to $SYSTEM_PULLREQUEST_TARGETBRANCH\"'"
    text = f"trigger: none\npr: {{branches: {{include: [main]}}}}\nsteps: [{{{show}}}]\n"
    server.commit({"azure-pipelines.yml": text})
    server.pipeline()
    server.commit({"a": "1"}, "Topic", ref="topic")
    wanted = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main"}
    path = f"git/repositories/{server.repository}/pullrequests"
    made = server.post(path, {**wanted, "title": "Bring the topic"})
    (run,) = runs(server)
    merge = made["lastMergeCommit"]["commitId"]
    assert (run["reason"], run["branch"], run["commit"]) == (
        "pullRequest",
        "refs/pull/1/merge",
        merge,
    )
    assert run["name"] == "Merge pull request 1 from topic into main"
    assert server.ended(run["id"])["result"] == "succeeded"
    page = server.get(f"build/builds/{run['id']}/logs")
    texts = "".join(
        server.ask("GET", f"/Demo/_apis/build/builds/{run['id']}/logs/{log['id']}").body.decode()
        for log in page["value"]
    )
    assert "refs/heads/topic to refs/heads/main" in texts

    server.commit({"a": "2"}, "More", ref="topic")
    server.commit({"b": "2"}, "The target goes on", ref="main")
    assert [one["reason"] for one in runs(server)] == ["pullRequest", "pullRequest"]
    events = [one["event"]["kind"] for one in server.get("penstock/triggers")["value"]]
    assert events.count("pullRequest") == 2


def test_a_draft_runs_when_it_is_published_where_pr_says_so(server: DevopsServer) -> None:
    text = f"trigger: none\npr: {{branches: {{include: [main]}}, drafts: false}}\n{STEPS}\n"
    server.commit({"azure-pipelines.yml": text})
    server.pipeline()
    server.commit({"a": "1"}, "Topic", ref="topic")
    wanted = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main"}
    path = f"git/repositories/{server.repository}/pullrequests"
    server.post(path, {**wanted, "title": "A draft", "isDraft": True})
    assert runs(server) == []
    answered = server.ask("PATCH", f"/Demo/_apis/{path}/1", {"isDraft": False})
    assert answered.status == 200
    assert len(runs(server)) == 1


def test_a_pull_request_in_conflict_runs_nothing(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": f"trigger: none\n{STEPS}\n", "a": "0"})
    server.pipeline()
    server.commit({"a": "1"}, "Topic", ref="topic")
    server.push(server.folder / "work", "HEAD~1:refs/heads/other")
    git(server.folder / "work", "checkout", "--quiet", "main")
    server.commit({"a": "2"}, "Main", ref="main")
    wanted = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main"}
    path = f"git/repositories/{server.repository}/pullrequests"
    made = server.post(path, {**wanted, "title": "Both changed a"})
    assert made["mergeStatus"] == "conflicts"
    assert runs(server) == []
