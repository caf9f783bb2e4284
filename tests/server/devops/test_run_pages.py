"""Our own REST: lists, the page of a run, why things ran, search, second tries, previews."""

from __future__ import annotations

from typing import Any

import pytest
from devopsserver import DevopsServer, until

TWO = """
stages:
- stage: Good
  jobs:
  - job: First
    steps:
    - bash: |
        echo "##vso[task.setvariable variable=said;isOutput=true]from the first try"
        echo "first try" > $(Build.ArtifactStagingDirectory)/a.txt
      name: tell
    - publish: $(Build.ArtifactStagingDirectory)
      artifact: kept
- stage: Flaky
  dependsOn: Good
  jobs:
  - job: Fine
    steps: [{bash: echo fine}]
  - job: Breaks
    variables:
      said: $[ stageDependencies.Good.First.outputs['tell.said'] ]
    steps:
    - bash: '[ -e MARK ] || exit 1; echo "heard $(said)"'
- stage: After
  jobs:
  - job: Last
    steps: [{bash: echo after}]
"""


def flaky(server: DevopsServer) -> tuple[int, Any]:
    mark = server.folder / "mark"
    server.commit({"azure-pipelines.yml": TWO.replace("MARK", str(mark))})
    return server.run(), mark


def results(page: dict[str, Any], kind: str) -> dict[str, str]:
    return {r["name"]: r["result"] for r in page["records"] if r["type"] == kind}


def test_failed_jobs_are_run_again_and_the_others_taken_over(server: DevopsServer) -> None:
    run, mark = flaky(server)
    first = server.ended(run)
    assert results(first, "Job") == {
        "First": "succeeded",
        "Fine": "succeeded",
        "Breaks": "failed",
        "Last": "skipped",
    }
    mark.touch()
    second_run = server.post(f"penstock/runs/{run}/rerun", {"failedOnly": True})
    second = server.ended(second_run["id"])
    assert second["result"] == "succeeded"
    assert second["secondTryOf"] == str(run)
    assert (second["commit"], second["reason"]) == (first["commit"], first["reason"])
    jobs = {r["name"]: r for r in second["records"] if r["type"] == "Job"}
    before = {r["name"]: r for r in first["records"] if r["type"] == "Job"}
    for name in ("First", "Fine"):
        assert jobs[name]["startTime"] == before[name]["startTime"]
    assert jobs["Breaks"]["startTime"] > before["Breaks"]["startTime"]
    # What the first try said is heard, and what it kept is there.
    found = server.get(f"penstock/runs/{second_run['id']}/logs/search?q=heard%20from%20the%20first")
    assert found["count"] >= 1
    assert [a["name"] for a in second["artifacts"]] == ["kept"]
    logs = server.get(f"penstock/runs/{second_run['id']}/logs/search?q=echo%20fine")
    assert logs["count"] >= 1


def test_a_stage_is_run_again_with_what_depends_on_it(server: DevopsServer) -> None:
    run, mark = flaky(server)
    server.ended(run)
    mark.touch()
    answered = server.ask(
        "PATCH", f"/Demo/_apis/build/builds/{run}/stages/Flaky", {"state": "retry"}
    )
    assert answered.status == 204
    newest = until(lambda: server.get("penstock/runs")["value"][:1], "there is a second try")[0]
    page = server.ended(newest["id"])
    assert results(page, "Stage") == dict.fromkeys(("Good", "Flaky", "After"), "succeeded")


def test_there_is_nothing_to_run_again_in_a_good_run(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    run = server.run()
    server.ended(run)
    answered = server.ask("POST", f"/Demo/_apis/penstock/runs/{run}/rerun", {"failedOnly": True})
    assert (answered.status, answered.json["message"]) == (
        409,
        f"run {run} has no failed job to run again",
    )
    again = server.post(f"penstock/runs/{run}/rerun", {"failedOnly": False})
    assert server.ended(again["id"])["result"] == "succeeded"


def test_stages_can_be_left_out(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": TWO.replace("MARK", "/")})
    run = server.run({"stagesToSkip": ["Flaky", "after"]})
    page = server.ended(run)
    assert results(page, "Stage") == {"Good": "succeeded"}
    answered = server.ask(
        "POST", f"/Demo/_apis/pipelines/{server.pipeline()}/runs", {"stagesToSkip": ["Flaki"]}
    )
    assert answered.status == 400
    assert 'did you mean "Flaky"?' in answered.json["message"]


def test_a_stage_that_may_not_be_skipped_stays(server: DevopsServer) -> None:
    fixed = TWO.replace("- stage: Good\n", "- stage: Good\n  isSkippable: no\n")
    server.commit({"azure-pipelines.yml": fixed.replace("MARK", "/")})
    path = f"/Demo/_apis/pipelines/{server.pipeline()}/runs"
    answered = server.ask("POST", path, {"stagesToSkip": ["good"]})
    assert answered.status == 400
    told = 'the stage "Good" may not be left out; it says `isSkippable: false`'
    assert answered.json["message"] == told


def test_why_a_stage_was_skipped_is_told(server: DevopsServer) -> None:
    run, _ = flaky(server)
    page = server.ended(run)
    record = next(r for r in page["records"] if r["name"] == "After")
    told = server.get(f"penstock/runs/{run}/records/{record['id']}/explain")
    assert "its condition did not hold" in told["text"]
    assert "Flaky failed" in told["text"]
    assert told["tree"]["value"] == "False"
    step = next(r for r in page["records"] if r["name"] == "Initialize job")
    assert server.get(f"penstock/runs/{run}/records/{step['id']}/explain")["tree"] is None


def test_lists_are_filtered_and_paged(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"}, "Main commit")
    server.commit({"a": "1"}, "Topic commit", ref="topic")
    runs = []
    for ref in ("main", "topic", "main"):
        body = {"resources": {"repositories": {"self": {"refName": f"refs/heads/{ref}"}}}}
        runs.append(server.run(body))
        server.ended(runs[-1])
    server.host.runs.tag(str(runs[0]), "odd")

    def found(query: str) -> list[int]:
        return [row["id"] for row in server.get(f"penstock/runs?{query}")["value"]]

    assert found("") == runs[::-1]
    assert found("branch=topic") == [runs[1]]
    assert found("branch=refs/heads/main") == [runs[2], runs[0]]
    assert found("q=topic") == [runs[1]]
    assert found("q=TOPIC%20com") == [runs[1]]
    assert found("q=100%25") == []
    assert found("tag=odd") == [runs[0]]
    assert found("result=failed,canceled") == []
    assert found("state=completed&result=succeeded&reason=manual") == runs[::-1]
    page = server.get("penstock/runs?top=2")
    assert [row["id"] for row in page["value"]] == runs[:0:-1]
    rest = server.get(f"penstock/runs?top=2&continuationToken={page['continuationToken']}")
    assert ([row["id"] for row in rest["value"]], rest["continuationToken"]) == ([runs[0]], None)
    assert server.ask("GET", "/Demo/_apis/penstock/runs?state=odd").status == 400

    (pipeline,) = server.get("penstock/pipelines")["value"]
    assert (pipeline["lastRun"]["id"], pipeline["recentResults"]) == (runs[2], ["succeeded"] * 3)


def test_the_graph_has_a_place_for_each_stage(server: DevopsServer) -> None:
    run, _ = flaky(server)
    graph = server.ended(run)["graph"]
    places = {node["id"]: (node["x"], node["state"], node["result"]) for node in graph["nodes"]}
    assert places["Good"][0] < places["Flaky"][0] < places["After"][0]
    assert places["Flaky"][1:] == ("completed", "failed")
    assert [edge[:2] for edge in graph["edges"]] == [["Good", "Flaky"], ["Flaky", "After"]]


@pytest.mark.parametrize(
    ("query", "count"),
    [("q=GREEN", 3), ("q=green$&regex=true", 2), ("q=gr.*n&regex=true", 3), ("q=a%2Bb", 1)],
    ids=["text", "end", "any", "plus"],
)
def test_logs_are_searched(server: DevopsServer, query: str, count: int) -> None:
    server.commit(
        {
            "azure-pipelines.yml": "steps:\n- bash: cat words.txt\n  displayName: Say",
            "words.txt": "green\nGreen\nred a+b\ngreenish\n",
        }
    )
    run = server.run()
    page = server.ended(run)
    record = next(r for r in page["records"] if r["name"] == "Say")
    query = query.replace("q=a%2Bb", "q=red%20a%2Bb")
    found = server.get(f"penstock/runs/{run}/logs/search?{query}&recordId={record['id']}")
    assert found["count"] == count, [m["text"] for m in found["matches"]]
    lines = server.get(f"build/builds/{run}/logs/{record['log']['id']}")["value"]
    for match in found["matches"]:
        assert lines[match["line"] - 1] == match["text"]
        assert match["text"][match["start"] : match["end"]].lower().startswith(("gr", "red"))


def test_a_wrong_regular_expression_is_refused(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    run = server.run()
    server.ended(run)
    answered = server.ask("GET", f"/Demo/_apis/penstock/runs/{run}/logs/search?q=(&regex=true")
    assert answered.status == 400
    assert "no regular expression" in answered.json["message"]


def test_a_preview_tells_all_before_anything_is_kept(server: DevopsServer) -> None:
    server.commit(
        {
            "azure-pipelines.yml": "parameters: [{name: n, default: 1}]\n"
            "stages:\n- template: stage.yml\n",
            "stage.yml": "stages:\n- stage: A\n  condition: false\n  jobs:\n"
            "  - job: J\n    steps: [{bash: echo}]\n",
        }
    )
    body = {"repositoryId": "demo", "branch": "main", "path": "azure-pipelines.yml"}
    found = server.post("penstock/preview", body)
    assert found["diagnostics"] == []
    assert [p["name"] for p in found["parameters"]] == ["n"]
    assert [s["name"] for s in found["stages"]] == ["A"]
    assert found["plan"]["stages"][0]["verdict"] == "skipped"
    lines = found["finalYaml"].splitlines()
    origins = found["origins"]
    assert len(origins["lines"]) == len(lines)
    file, line, chain = origins["lines"][lines.index("- stage: A")]
    assert (origins["files"][file], line) == ("stage.yml", 2)
    assert origins["chains"][chain] == [
        {"kind": "template", "detail": "stage.yml", "file": "azure-pipelines.yml", "line": 3}
    ]

    wrong = server.post("penstock/preview", {**body, "yaml": "stages: [{stage: A, jub: 1}]"})
    assert wrong["finalYaml"] is None
    assert wrong["origins"] == {"files": [], "chains": [], "lines": []}
    (diagnostic,) = [d for d in wrong["diagnostics"] if d["severity"] == "error"][:1]
    assert (diagnostic["line"], diagnostic["column"]) == (1, 21)
    assert 'unknown key "jub" in a stage' in diagnostic["text"]
    assert server.get("penstock/runs")["count"] == 0


SUPPOSED = """
stages:
- stage: Build
  displayName: Build it
  jobs:
  - job: Make
    steps: [{bash: echo}]
  - job: Extra
    condition: eq(variables['Build.Reason'], 'PullRequest')
    steps: [{bash: echo}]
- stage: Deploy
  jobs: [{job: Ship, steps: [{bash: echo}]}]
- stage: Mourn
  dependsOn: Build
  condition: failed()
  jobs: [{job: Weep, steps: [{bash: echo}]}]
"""


def preview(server: DevopsServer, **more: object) -> dict[str, Any]:
    body = {"repositoryId": "demo", "branch": "main", "path": "azure-pipelines.yml"}
    found: dict[str, Any] = server.post("penstock/preview", {**body, **more})
    return found


def test_a_preview_plans_a_run_in_which_all_goes_well(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": SUPPOSED})
    plan = preview(server)["plan"]
    assert plan["result"] == "succeeded"
    build, deploy, mourn = plan["stages"]
    assert (build["id"], build["displayName"], build["verdict"]) == ("Build", "Build it", "runs")
    assert build["place"] == {"file": "azure-pipelines.yml", "line": 3}
    make, extra = build["jobs"]
    assert extra["place"] == {"file": "azure-pipelines.yml", "line": 8}
    assert (make["verdict"], make["why"], make["explanation"]) == ("runs", None, None)
    assert (extra["verdict"], extra["why"]) == (
        "skipped",
        "variables['Build.Reason'] is 'Manual', not 'PullRequest'",
    )
    assert extra["explanation"].startswith("job Build/Extra would be skipped")
    assert "azure-pipelines.yml:9:16" in extra["explanation"]
    assert (deploy["verdict"], mourn["verdict"]) == ("runs", "skipped")


def test_a_preview_plans_a_run_with_what_is_supposed(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": SUPPOSED})
    plan = preview(server, assume={"Build": "failed", "Gone": "failed"})["plan"]
    build, deploy, mourn = plan["stages"]
    assert (build["verdict"], build["assumed"]) == ("failed", True)
    assert (deploy["verdict"], deploy["why"]) == ("skipped", "Build failed")
    assert "Build  failed" in deploy["explanation"]
    assert mourn["verdict"] == "runs"
    assert (plan["result"], plan["unknown"]) == ("failed", ["Gone"])
    by_request = preview(server, reason="pullRequest")["plan"]["stages"][0]["jobs"][1]
    assert by_request["verdict"] == "runs"
    body = {"repositoryId": "demo", "path": "azure-pipelines.yml", "assume": {"Build": "sad"}}
    answered = server.ask("POST", "/Demo/_apis/penstock/preview", body)
    assert (answered.status, "is not a result" in answered.json["message"]) == (400, True)


NEEDS_VALUES = """
parameters:
- {name: size, type: string}
- {name: count, type: number, default: 1}
steps:
- bash: echo ${{ parameters.size }}
"""


def test_a_preview_tells_of_parameters_that_need_a_value(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": NEEDS_VALUES})
    found = preview(server)
    assert [(p["name"], p["default"]) for p in found["parameters"]] == [
        ("size", None),
        ("count", "1"),
    ]
    (needed,) = found["diagnostics"]
    assert (needed["code"], needed["line"]) == ("PS1204", 3)
    assert (found["finalYaml"], found["plan"]) == (None, None)
    given = preview(server, templateParameters={"size": "big"})
    assert given["diagnostics"] == []
    assert "echo big" in given["finalYaml"]


def test_a_preview_is_of_a_saved_pipeline_with_its_variables(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: echo}]"})
    id = server.pipeline()
    change = {"variables": {"flavour": {"value": "sweet", "allowOverride": True}}}
    definition = server.get(f"build/definitions/{id}")
    answered = server.ask("PUT", f"/Demo/_apis/build/definitions/{id}", {**definition, **change})
    assert answered.status == 200, answered
    text = "steps: [{bash: 'echo ${{ variables.flavour }}'}]"
    found = server.post("penstock/preview", {"definitionId": id, "branch": "main", "yaml": text})
    assert found["variables"] == [{"name": "flavour", "value": "sweet", "allowOverride": True}]
    assert "echo sweet" in found["finalYaml"]


def test_a_preview_plans_a_run_of_another_branch_than_its_files(server: DevopsServer) -> None:
    text = """
jobs:
- job: Ship
  condition: eq(variables['Build.SourceBranch'], 'refs/heads/release/1')
  steps:
  - bash: echo ${{ variables['Build.SourceBranchName'] }}
"""
    server.commit({"azure-pipelines.yml": text})
    plain = preview(server)
    assert plain["plan"]["stages"][0]["jobs"][0]["verdict"] == "skipped"
    found = preview(server, runBranch="release/1")
    assert found["plan"]["stages"][0]["jobs"][0]["verdict"] == "runs"
    assert "echo 1" in found["finalYaml"]
    assert (found["branch"], found["commit"]) == ("refs/heads/release/1", plain["commit"])


def test_templates_of_other_repositories_of_the_project_are_read(server: DevopsServer) -> None:
    services = server.services
    project = services.projects.get("Demo")
    other = services.repositories.create(project, "shared")
    server.commit({"steps.yml": "steps: [{bash: echo from shared}]"})
    work = server.folder / "work"
    from devopsserver import git

    header = f"http.extraHeader=Authorization: Bearer {server.token}"
    url = f"{server.url}/Demo/_git/shared"
    git(work, "-c", header, "push", "--quiet", url, "HEAD:refs/heads/main")
    assert services.sources.resolve(services.sources.repository(other.id, project.id), "")
    text = """
resources: {repositories: [{repository: common, type: git, name: shared}]}
steps:
- checkout: self
- checkout: common
- template: steps.yml@common
- bash: cat $(Build.SourcesDirectory)/shared/steps.yml
"""
    server.commit({"azure-pipelines.yml": text})
    found = preview(server)
    assert "steps.yml@common" in found["origins"]["files"]
    shared = services.sources.repository(other.id, project.id)
    commit = services.sources.resolve(shared, "")
    assert found["repositories"] == {
        "common": {"project": "Demo", "name": "shared", "commit": commit}
    }
    run = server.run()

    def checkpoint() -> Any:
        records = server.get(f"penstock/runs/{run}")["records"]
        return next((r for r in records if r["type"] == "Checkpoint"), None)

    # Another repository is a protected resource: its first use waits for permission.
    assert until(checkpoint, "the run waits")["state"] != "completed"
    waits = until(lambda: server.get(f"penstock/runs/{run}")["approvals"], "it says for what")
    assert [(w["kind"], w["resource"]["name"], w["canApprove"]) for w in waits] == [
        ("permission", "shared", True)
    ]
    assert waits[0]["recordId"] == checkpoint()["id"]
    answered = server.ask(
        "PATCH",
        f"/Demo/_apis/pipelines/pipelinePermissions/repository/{project.id}.{other.id}",
        {"pipelines": [{"id": server.pipeline(), "authorized": True}]},
    )
    assert answered.status == 200, answered
    page = server.ended(run)
    assert (page["result"], checkpoint()["result"]) == ("succeeded", "succeeded")
    assert server.get(f"penstock/runs/{page['id']}/logs/search?q=from%20shared")["count"] >= 2


def test_what_waits_for_an_agent_is_told(server: DevopsServer) -> None:
    go = server.folder / "go"
    jobs = "\n".join(
        f"- job: J{n}\n  steps: [{{bash: 'until [ -e {go} ]; do sleep 0.05; done'}}]"
        for n in range(server.host.job_executor().slots + 1)
    )
    server.commit({"azure-pipelines.yml": f"jobs:\n{jobs}"})
    run = server.run()
    waiting = until(
        lambda: (found := server.get("penstock/queue")["value"]) and found[0]["position"] and found,
        "a job waits",
    )
    until(
        lambda: any("are busy" in one["why"] for one in server.get("penstock/queue")["value"]),
        "all are busy",
    )
    assert waiting[0]["run"]["id"] == run
    agents = server.ask("GET", "/_apis/distributedtask/pools/1/agents").json["value"]
    assert any("assignedRequest" in agent for agent in agents)
    go.touch()
    server.ended(run)
    assert server.get("penstock/queue")["value"] == []


ML_JOB = """
type: command
command: echo begun; echo told > ${{outputs.words}}/a.txt
environment: {image: python:3.11-slim}
compute: local
outputs: {words: {type: uri_folder}}
"""
SUBMITTING = """
steps:
- script: az ml workspace create --name ws -g rg -o none
- script: az ml job create --file job.yml -g rg -w ws --query name -o tsv
  displayName: Submit
"""


def test_an_ml_job_is_shown_beside_the_step_that_started_it(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": SUBMITTING, "job.yml": ML_JOB})
    run = server.run()
    assert server.ended(run)["result"] == "succeeded"

    def completed() -> Any:
        page = server.get(f"penstock/runs/{run}")
        jobs = [job for job in page["mlJobs"] if job["status"] == "Completed"]
        return (page, jobs[0]) if jobs else None

    page, job = until(completed, "the ML job has ended")
    assert (job["workspace"], job["resourceGroup"]) == ("ws", "rg")
    step = next(r for r in page["records"] if r["id"] == job["recordId"])
    assert step["name"] == "Submit"


def test_what_penstock_run_did_is_in_the_project_local(server: DevopsServer) -> None:
    from penstock.engine.plan import Plan

    runs = server.host.runs
    run = runs.new_id()
    header = {"kind": "pipeline", "name": "ci", "definition": "ci", "number": "1", "branch": "main"}
    server.host.scheduler.start(run, Plan(nodes=()), header)
    server.host.scheduler.wait(run, 20)
    server.services.adopt_local_runs()
    listed = server.ask("GET", "/local/_apis/penstock/runs").json["value"]
    assert [(row["id"], row["definition"]) for row in listed] == [
        (int(run), {"id": None, "name": "ci"})
    ]
    assert server.ask("GET", f"/local/_apis/penstock/runs/{run}").json["state"] == "completed"
    again = server.ask("POST", f"/local/_apis/penstock/runs/{run}/rerun", {})
    assert again.status == 409


def test_a_paused_pipeline_takes_no_runs(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    definition = server.get(f"build/definitions/{server.pipeline()}")
    for status in ("paused", "disabled"):
        definition = server.get(f"build/definitions/{server.pipeline()}")
        body = {**definition, "queueStatus": status}
        path = f"/Demo/_apis/build/definitions/{server.pipeline()}"
        assert server.ask("PUT", path, body).status == 200
        answered = server.ask("POST", f"/Demo/_apis/pipelines/{server.pipeline()}/runs", {})
        assert (answered.status, answered.json["message"]) == (
            400,
            f'the pipeline "CI" is {status}',
        )


def test_repositories_of_other_projects_are_not_read(server: DevopsServer) -> None:
    services = server.services
    other = services.projects.create("Other")
    hidden = services.repositories.create(other, "hidden")
    configuration = {
        "type": "yaml",
        "path": "azure-pipelines.yml",
        "repository": {"id": hidden.id, "type": "azureReposGit"},
    }
    answered = server.ask(
        "POST", "/Demo/_apis/pipelines", {"name": "spy", "configuration": configuration}
    )
    assert answered.status == 404
    server.commit(
        {
            "azure-pipelines.yml": "resources: {repositories: [{repository: x, type: git, "
            "name: Other/hidden}]}\nsteps: [{checkout: x}]"
        }
    )
    page = server.get(f"penstock/runs/{server.run()}")
    assert page["result"] == "failed"
    assert 'there is no repository "Other/hidden" in the project' in page["problem"]["text"]


@pytest.mark.parametrize("path", ["build/definitions", "pipelines"])
def test_a_list_of_pipelines_comes_in_pages(server: DevopsServer, path: str) -> None:
    for name in ("Bee", "ant", "Cow"):
        server.pipeline(name)
    names: list[str] = []
    more: str | None = "0"
    while more is not None:
        page = server.ask("GET", f"/Demo/_apis/{path}?$top=2&continuationToken={more}")
        assert len(page.json["value"]) == page.json["count"] <= 2
        names += [one["name"] for one in page.json["value"]]
        more = page.headers.get("x-ms-continuationtoken")
    assert names == ["ant", "Bee", "Cow"]
    assert server.ask("GET", f"/Demo/_apis/{path}?continuationToken=x").status == 400


def test_definitions_come_in_the_order_that_is_asked_for(server: DevopsServer) -> None:
    for name in ("Bee", "ant", "Cow"):
        server.pipeline(name)

    def names(order: str) -> list[str]:
        found = server.get(f"build/definitions?queryOrder={order}")["value"]
        return [one["name"] for one in found]

    assert names("definitionNameDescending") == ["Cow", "Bee", "ant"]
    assert names("lastModifiedAscending") == ["Bee", "ant", "Cow"]
    assert names("lastModifiedDescending") == ["Cow", "ant", "Bee"]
    assert server.ask("GET", "/Demo/_apis/build/definitions?queryOrder=odd").status == 400
