"""The real `azure-devops` client does what a team does: create, run, follow, read, cancel, tag."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from devopsserver import DevopsServer, until

# The client leaves its connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

YAML = """
parameters:
- name: who
  default: world
stages:
- stage: Build
  jobs:
  - job: Greet
    steps:
    - bash: echo "hello ${{ parameters.who }}" | tee $(Build.ArtifactStagingDirectory)/said.txt
      displayName: Say it
    - publish: $(Build.ArtifactStagingDirectory)
      artifact: words
- stage: Fail
  jobs:
  - job: Bad
    steps:
    - bash: exit 3
      displayName: Go wrong
- stage: Never
  jobs:
  - job: Skipped
    steps:
    - bash: echo never
"""
SLEEPING = """
steps:
- bash: echo begun; sleep 60
  displayName: Sleep
"""


def run_of(connection: Any, pipeline: int, **parameters: str) -> Any:
    from azure.devops.v7_1.pipelines.models import RunPipelineParameters

    client = connection.clients_v7_1.get_pipelines_client()
    return client.run_pipeline(
        RunPipelineParameters(template_parameters=parameters), "Demo", pipeline
    )


def ended(connection: Any, run: int) -> Any:
    builds = connection.clients_v7_1.get_build_client()

    def finished() -> Any:
        build = builds.get_build("Demo", run)
        return build if build.status == "completed" else None

    return until(finished, "the run has ended")


def test_a_pipeline_is_run_followed_and_read(server: DevopsServer, connection: Any) -> None:
    commit = server.commit({"azure-pipelines.yml": YAML}, "Say hello\n\nand goodbye")
    pipelines = connection.clients_v7_1.get_pipelines_client()
    builds = connection.clients_v7_1.get_build_client()
    pipeline = server.pipeline()
    assert [(p.id, p.name, p.folder) for p in pipelines.list_pipelines("Demo")] == [
        (pipeline, "CI", "\\")
    ]

    run = run_of(connection, pipeline, who="you").id
    build = ended(connection, run)
    assert (build.result, build.reason, build.source_branch) == (
        "failed",
        "manual",
        "refs/heads/main",
    )
    assert (build.source_version, build.requested_for.display_name) == (commit, "admin")
    assert build.definition.name == "CI"
    assert pipelines.get_run("Demo", pipeline, run).result == "failed"

    records = {r.name: r for r in builds.get_build_timeline("Demo", run).records}
    kinds = {name: (r.type, r.state, r.result) for name, r in records.items()}
    assert kinds["Build"] == ("Stage", "completed", "succeeded")
    assert kinds["Fail"] == ("Stage", "completed", "failed")
    assert kinds["Never"] == ("Stage", "completed", "skipped")
    assert kinds["Say it"] == ("Task", "completed", "succeeded")
    assert [i.message for i in records["Go wrong"].issues] == ["Bash exited with code '3'."]
    parents = {r.id: r for r in records.values()}
    assert parents[records["Say it"].parent_id].type == "Job"

    log = records["Say it"].log.id
    lines = builds.get_build_log_lines("Demo", run, log)
    assert any(line.endswith("Z hello you") for line in lines)
    assert builds.get_build_log_lines("Demo", run, log, start_line=2, end_line=3) == lines[1:3]
    text = b"".join(builds.get_build_log("Demo", run, log)).decode()
    assert text.splitlines() == lines
    counts = {one.id: one.line_count for one in builds.get_build_logs("Demo", run)}
    assert counts[log] == len(lines)

    assert [a.name for a in builds.get_artifacts("Demo", run)] == ["words"]
    content = b"".join(builds.get_artifact_content_zip("Demo", run, "words"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("words/said.txt") == b"hello you\n"
    changes = builds.get_build_changes("Demo", run)
    assert [(c.id, c.message, c.author.display_name) for c in changes] == [
        (commit, "Say hello", "Ada")
    ]


def test_a_run_is_canceled(server: DevopsServer, connection: Any) -> None:
    from azure.devops.v7_1.build.models import Build

    server.commit({"azure-pipelines.yml": SLEEPING})
    builds = connection.clients_v7_1.get_build_client()
    run = run_of(connection, server.pipeline()).id

    def is_sleeping() -> bool:
        records = builds.get_build_timeline("Demo", run).records
        return any(r.name == "Sleep" and r.state == "inProgress" for r in records)

    until(is_sleeping, "the step runs")
    builds.update_build(Build(status="cancelling"), "Demo", run)
    assert ended(connection, run).result == "canceled"
    page = server.get(f"penstock/runs/{run}")
    job = next(r for r in page["records"] if r["type"] == "Job")
    assert (job["result"], job["reason"]) == ("canceled", "canceled by admin")


def test_builds_are_queued_listed_tagged_kept_and_deleted(
    server: DevopsServer, connection: Any
) -> None:
    from azure.devops.exceptions import AzureDevOpsServiceError
    from azure.devops.v7_1.build.models import Build

    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    builds = connection.clients_v7_1.get_build_client()
    pipeline = server.pipeline()
    runs = []
    for _ in range(3):
        queued = builds.queue_build(Build(definition={"id": pipeline}), "Demo")
        runs.append(ended(connection, queued.id).id)
    assert [b.id for b in builds.get_builds("Demo")] == runs[::-1]
    assert [b.id for b in builds.get_builds("Demo", top=2)] == runs[:0:-1]
    assert builds.get_builds("Demo", result_filter="failed") == []
    assert [b.id for b in builds.get_builds("Demo", build_ids=[runs[1]])] == [runs[1]]

    assert builds.add_build_tag("Demo", runs[0], "good") == ["good"]
    assert builds.add_build_tags(["nightly", "GOOD"], "Demo", runs[0]) == ["good", "nightly"]
    assert [b.id for b in builds.get_builds("Demo", tag_filters=["Good"])] == [runs[0]]
    assert builds.delete_build_tag("Demo", runs[0], "nightly") == ["good"]
    assert builds.get_tags("Demo") == ["good"]

    assert builds.update_build(Build(keep_forever=True), "Demo", runs[0]).keep_forever
    with pytest.raises(AzureDevOpsServiceError, match="is retained"):
        builds.delete_build("Demo", runs[0])
    builds.delete_build("Demo", runs[1])
    with pytest.raises(AzureDevOpsServiceError, match=f"there is no run {runs[1]}"):
        builds.get_build("Demo", runs[1])


def test_definitions_have_settings(server: DevopsServer, connection: Any) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'echo level $(level)'}]"})
    builds = connection.clients_v7_1.get_build_client()
    definition = builds.get_definition("Demo", server.pipeline())
    assert definition.process == {"type": 2, "yamlFilename": "azure-pipelines.yml"}
    definition.variables = {"level": {"value": "low", "allowOverride": True}}
    definition.path = "\\tools"
    changed = builds.update_definition(definition, "Demo", definition.id)
    assert (changed.revision, changed.path) == (definition.revision + 1, "\\tools")

    body = {"variables": {"level": {"value": "high"}}}
    page = server.ended(server.run(body))
    found = server.get(f"penstock/runs/{page['id']}/logs/search?q=level%20high")
    assert found["count"] >= 1
    refused = server.ask(
        "POST",
        f"/Demo/_apis/pipelines/{definition.id}/runs",
        {"variables": {"other": {"value": "1"}}},
    )
    assert refused.status == 400
    assert 'cannot be set when the run is queued: "other"' in refused.json["message"]

    badge = server.ask("GET", f"/Demo/_apis/build/status/{definition.id}").body
    assert b"succeeded" in badge
    logs = server.host.home.logs / str(page["id"])
    assert logs.is_dir()
    builds.delete_definition("Demo", definition.id)
    assert builds.get_definitions("Demo") == []
    assert not logs.exists()


def test_the_pool_is_this_machine(server: DevopsServer, connection: Any) -> None:
    agents = connection.clients_v7_1.get_task_agent_client()
    pools = agents.get_agent_pools()
    assert [(p.id, p.name) for p in pools] == [(1, "Default")]
    assert {a.status for a in agents.get_agents(1)} == {"online"}
