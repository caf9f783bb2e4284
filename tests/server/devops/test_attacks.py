"""What a signed-in person may not get, each asked for as an attacker would."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from devopsserver import DevopsServer, token_of, until
from loopback import Response

from penstock.server.devops.builds.timeline import LogPlace
from penstock.server.devops.pages.logsearch import Found, plain_finder, regex_finder, search_log
from penstock.store.people.audit import Actor
from penstock.store.people.members import Role

SECRET = "hunter2-is-long-enough"
ASKS = """
variables: [{group: settings}]
stages:
- stage: Yes
  condition: startsWith(variables['token'], 'hunter2')
  jobs: [{job: J, steps: [{bash: echo}]}]
- stage: No
  dependsOn: []
  condition: startsWith(variables['token'], 'other')
  jobs: [{job: J, steps: [{bash: echo}]}]
- stage: Jobs
  dependsOn: []
  jobs:
  - job: J
    displayName: $(token)
    condition: eq(variables['token'], '1')
    steps: [{bash: echo}]
  - job: K
    steps:
    - bash: echo
      displayName: said $(token)
      condition: eq(variables['token'], '1')
    - bash: exit 1
      displayName: fails $(token)
"""


def ask(server: DevopsServer, token: str, method: str, path: str, body: object = None) -> Response:
    return server.ask(method, path, body, Authorization=f"Bearer {token}")


def make_group(server: DevopsServer) -> Any:
    answered = server.ask(
        "POST",
        "/_apis/distributedtask/variablegroups",
        {
            "name": "settings",
            "variables": {"token": {"value": SECRET, "isSecret": True}},
            "variableGroupProjectReferences": [{"projectReference": {"name": "Demo"}}],
        },
    )
    assert answered.status == 200, answered
    return answered.json


def authorize(server: DevopsServer, type: str, id: object) -> None:
    answered = server.ask(
        "PATCH",
        f"/Demo/_apis/pipelines/pipelinePermissions/{type}/{id}",
        {"allPipelines": {"authorized": True}},
    )
    assert answered.status == 200, answered


def test_a_preview_tells_nothing_of_the_values_of_secrets(server: DevopsServer) -> None:
    """Neither in words nor by what would run: a reader may ask with conditions of their own."""
    make_group(server)
    server.commit({"azure-pipelines.yml": "steps: [{bash: echo}]"})
    reader = token_of(server, "rita", Role.READER)
    path = "/Demo/_apis/penstock/preview"
    body = {"repositoryId": "demo", "branch": "main", "path": "azure-pipelines.yml", "yaml": ASKS}
    answered = ask(server, reader, "POST", path, body)
    assert answered.status == 200, answered
    assert SECRET not in answered.body.decode()
    stages = {stage["id"]: stage for stage in answered.json["plan"]["stages"]}
    assert stages["Yes"]["verdict"] == stages["No"]["verdict"] == "skipped"
    assert "value is not known here" in stages["Yes"]["why"]


def test_no_page_of_a_run_tells_the_values_of_secrets(server: DevopsServer) -> None:
    authorize(server, "variablegroup", make_group(server)["id"])
    server.commit({"azure-pipelines.yml": ASKS})
    run = server.run()
    server.ended(run)
    reader = token_of(server, "rita", Role.READER)
    page = ask(server, reader, "GET", f"/Demo/_apis/penstock/runs/{run}")
    paths = [
        f"penstock/runs/{run}",
        f"build/builds/{run}",
        f"build/builds/{run}/timeline",
        f"penstock/live?run={run}&after=1;",
        f"penstock/live?run={run}",
        f"penstock/runs/{run}/logs/search?q=hunter2",
        "penstock/runs",
        "build/builds",
        "distributedtask/variablegroups",
        *(
            f"penstock/runs/{run}/records/{record['id']}/explain"
            for record in page.json["records"]
            if not record["type"].startswith("Checkpoint.")
        ),
        *(
            f"build/builds/{run}/logs/{record['log']['id']}"
            for record in page.json["records"]
            if record["log"]
        ),
    ]
    for path in paths:
        answered = ask(server, reader, "GET", f"/Demo/_apis/{path}")
        assert answered.status == 200, (path, answered)
        assert SECRET not in answered.body.decode(), path


def test_nobody_gets_round_a_check_by_asking_in_the_name_of_another(server: DevopsServer) -> None:
    mallory = token_of(server, "mallory", Role.CONTRIBUTOR)
    token_of(server, "ada", Role.CONTRIBUTOR)
    accounts = server.services.people.accounts
    ada, own = accounts.named("ada"), accounts.named("mallory")
    made = server.post("distributedtask/environments", {"name": "prod"})
    authorize(server, "environment", made["id"])
    server.post(
        "pipelines/checks/configurations",
        {
            "type": {"name": "Approval"},
            "resource": {"type": "environment", "id": str(made["id"])},
            "settings": {"approvers": [{"id": own.id}], "requesterCannotBeApprover": True},
        },
    )
    server.commit(
        {
            "azure-pipelines.yml": "trigger: none\njobs:\n- deployment: D\n  environment: prod\n"
            "  strategy: {runOnce: {deploy: {steps: [{bash: echo}]}}}\n"
        }
    )
    wanted = {
        "definition": {"id": server.pipeline()},
        "requestedFor": {"id": ada.id, "displayName": "ada"},
    }
    assert ask(server, mallory, "POST", "/Demo/_apis/build/builds", wanted).status == 403
    first = server.run()
    until(lambda: server.get("pipelines/approvals")["value"], "an approval is waited for")
    server.ask("PATCH", f"/Demo/_apis/build/builds/{first}", {"status": "cancelling"})
    server.ended(first)
    again = ask(server, mallory, "POST", f"/Demo/_apis/penstock/runs/{first}/rerun", {})
    assert again.status == 201, again
    run = again.json["id"]

    def approval() -> Any:
        path = f"pipelines/approvals?state=pending&runId={run}"
        return next(iter(server.get(path)["value"]), None)

    asked = until(approval, "the run waits for approval")
    assert [one["displayName"] for one in asked["blockedApprovers"]] == ["mallory"]
    answer = [{"approvalId": asked["id"], "status": "approved"}]
    assert ask(server, mallory, "PATCH", "/Demo/_apis/pipelines/approvals", answer).status == 403


def test_a_secure_file_is_not_renamed_to_a_path(server: DevopsServer) -> None:
    base = "/Demo/_apis/distributedtask/securefiles"
    made = server.ask("POST", f"{base}?name=key.pem", {})
    assert made.status == 200, made
    for name in ("../../key.pem", "/etc/key.pem", "a\\b", "..", "", "x" * 300, "a\nb"):
        answered = server.ask("PATCH", f"{base}/{made.json['id']}", {"name": name})
        assert answered.status == 400, (name, answered)
    assert server.ask("PATCH", f"{base}/{made.json['id']}", {"name": "new.pem"}).status == 200


def test_who_may_not_open_what_is_protected_may_not_change_it(server: DevopsServer) -> None:
    group, file = make_group(server)["id"], make_file(server)
    body = {
        "name": "cloud",
        "type": "generic",
        "url": "https://example.com",
        "authorization": {"scheme": "UsernamePassword", "parameters": {"password": SECRET}},
        "serviceEndpointProjectReferences": [{"projectReference": {"name": "Demo"}}],
    }
    endpoints = "/_apis/serviceendpoint/endpoints"
    endpoint = server.ask("POST", endpoints, body).json["id"]
    admin = server.services.people.accounts.named("admin").id
    for type, id in (("variablegroup", group), ("securefile", file)):
        server.post(
            "pipelines/checks/configurations",
            {
                "type": {"name": "Approval"},
                "resource": {"type": type, "id": str(id)},
                "settings": {"approvers": [{"id": admin}]},
            },
        )
    mallory = token_of(server, "mallory", Role.CONTRIBUTOR)
    sends = {"scheme": "UsernamePassword", "parameters": {"password": None}}
    stolen = {**body, "url": "https://evil.example", "authorization": sends}
    changed = {
        "name": "settings",
        "variables": {"token": {"value": "mine", "isSecret": True}},
        "variableGroupProjectReferences": [{"projectReference": {"name": "Demo"}}],
    }
    for method, path, given in (
        ("PUT", f"{endpoints}/{endpoint}", stolen),
        ("PUT", f"/_apis/distributedtask/variablegroups/{group}", changed),
        ("PATCH", f"/Demo/_apis/distributedtask/securefiles/{file}", {"name": "x"}),
    ):
        answered = ask(server, mallory, method, path, given)
        assert answered.status == 403, (path, answered)
        assert server.ask(method, path, given).status == 200, path


def make_file(server: DevopsServer) -> str:
    answered = server.ask("POST", "/Demo/_apis/distributedtask/securefiles?name=key.pem", {})
    assert answered.status == 200, answered
    return str(answered.json["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """One of each thing of a project."""

    group: int
    environment: int
    file: str
    endpoint: str
    check: int
    repository: str
    project: str
    commit: str
    pull: int
    pipeline: int
    run: int
    approval: str
    suite: str
    record: str


NOTHING = Ids(
    group=987651,
    environment=987652,
    file="99999999-0000-4000-8000-000000000001",
    endpoint="99999999-0000-4000-8000-000000000002",
    check=987653,
    repository="99999999-0000-4000-8000-000000000003",
    project="99999999-0000-4000-8000-000000000004",
    commit="f" * 40,
    pull=987654,
    pipeline=987655,
    run=987656,
    approval="99999999-0000-4000-8000-000000000005",
    suite="99999999-0000-4000-8000-000000000006",
    record="99999999-0000-4000-8000-000000000007",
)


def without_ids(text: str) -> str:
    """An answer in which one thing is as another."""
    return re.sub(r"\b([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}|\d+)\b", "@", text)


def asks(ids: Ids, own: str) -> list[tuple[str, str, Any]]:
    """Every way to ask for them in a project; `own` is a repository that it does have."""
    git = f"git/repositories/{ids.repository}"
    build, library = f"build/builds/{ids.run}", "distributedtask"
    definition = f"build/definitions/{ids.pipeline}"
    grants = "pipelines/pipelinePermissions"
    everyone = {"allPipelines": {"authorized": True}}
    named: object = {"repositoryId": ids.repository, "path": "azure-pipelines.yml"}
    yaml = {"type": "yaml", "path": "azure-pipelines.yml"}
    return [
        *(("GET", f"{build}{below}", None) for below in ("", "/timeline", "/logs", "/logs/1")),
        *(("GET", f"{build}{below}", None) for below in ("/artifacts", "/tags", "/changes")),
        ("PATCH", build, {"status": "cancelling"}),
        ("DELETE", build, None),
        ("PUT", f"{build}/tags/x", {}),
        ("PATCH", f"{build}/stages/__default", {"state": "cancel"}),
        ("GET", definition, None),
        ("PUT", definition, {"name": "Mine"}),
        ("DELETE", definition, None),
        ("GET", f"build/status/{ids.pipeline}", None),
        ("GET", f"build/latest/{ids.pipeline}", None),
        ("POST", "build/builds", {"definition": {"id": ids.pipeline}}),
        ("GET", f"pipelines/{ids.pipeline}", None),
        ("POST", f"pipelines/{ids.pipeline}/runs", {}),
        ("POST", f"pipelines/{ids.pipeline}/preview", {}),
        ("GET", f"pipelines/{ids.pipeline}/runs/{ids.run}", None),
        ("GET", f"pipelines/{ids.pipeline}/runs/{ids.run}/logs", None),
        ("GET", f"pipelines/{ids.pipeline}/runs/{ids.run}/artifacts?artifactName=x", None),
        ("POST", "pipelines", {"configuration": {**yaml, "repository": {"id": ids.repository}}}),
        ("GET", f"penstock/runs/{ids.run}", None),
        ("GET", f"penstock/runs/{ids.run}/records/{ids.record}/explain", None),
        ("GET", f"penstock/runs/{ids.run}/logs/search?q=a", None),
        ("POST", f"penstock/runs/{ids.run}/rerun", {}),
        ("GET", f"penstock/live?run={ids.run}", None),
        ("POST", "penstock/preview", {"definitionId": ids.pipeline}),
        ("POST", "penstock/preview", named),
        ("GET", f"pipelines/approvals/{ids.approval}", None),
        ("PATCH", "pipelines/approvals", [{"approvalId": ids.approval, "status": "approved"}]),
        ("GET", f"pipelines/checks/configurations/{ids.check}", None),
        ("PATCH", f"pipelines/checks/configurations/{ids.check}", {"timeout": 1}),
        ("DELETE", f"pipelines/checks/configurations/{ids.check}", None),
        ("GET", f"pipelines/checks/runs/{ids.suite}", None),
        *(
            (method, f"{grants}/{type}/{id}", body)
            for method, body in (("GET", None), ("PATCH", everyone))
            for type, id in (
                ("variablegroup", ids.group),
                ("environment", ids.environment),
                ("securefile", ids.file),
                ("endpoint", ids.endpoint),
                ("repository", ids.repository),
                ("repository", f"{ids.project}.{ids.repository}"),
            )
        ),
        *(
            (method, f"{library}/{place}", body)
            for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None))
            for place in (f"environments/{ids.environment}", f"securefiles/{ids.file}")
        ),
        ("GET", f"{library}/environments/{ids.environment}/environmentdeploymentrecords", None),
        ("GET", f"{library}/variablegroups/{ids.group}", None),
        ("GET", f"serviceendpoint/endpoints/{ids.endpoint}", None),
        *(
            ("GET", f"{git}{below}", None)
            for below in ("", "/refs", "/items?path=/azure-pipelines.yml", f"/commits/{ids.commit}")
        ),
        ("PATCH", git, {"name": "mine"}),
        ("DELETE", git, None),
        ("GET", f"{git}/pullrequests/{ids.pull}", None),
        ("GET", f"git/pullrequests/{ids.pull}", None),
        ("GET", f"git/repositories/{own}/pullrequests/{ids.pull}", None),
        ("PATCH", f"git/repositories/{own}/pullrequests/{ids.pull}", {"status": "abandoned"}),
        ("GET", f"git/repositories/{own}/pushes/1", None),
        ("GET", f"git/repositories/{own}/commits/{ids.commit}", None),
    ]


def test_nothing_of_a_project_is_had_by_the_path_of_another(server: DevopsServer) -> None:
    """By an administrator of another project, with every id that there is in this one."""
    services = server.services
    group = make_group(server)["id"]
    environment = server.post("distributedtask/environments", {"name": "prod"})["id"]
    file = make_file(server)
    endpoint = server.ask(
        "POST",
        "/_apis/serviceendpoint/endpoints",
        {
            "name": "cloud",
            "type": "generic",
            "url": "https://example.com",
            "authorization": {"scheme": "UsernamePassword", "parameters": {"password": SECRET}},
            "serviceEndpointProjectReferences": [{"projectReference": {"name": "Demo"}}],
        },
    ).json["id"]
    check = server.post(
        "pipelines/checks/configurations",
        {
            "type": {"name": "Approval"},
            "resource": {"type": "environment", "id": str(environment)},
            "settings": {"approvers": [{"id": services.people.accounts.named("admin").id}]},
        },
    )["id"]
    authorize(server, "environment", environment)
    server.commit({"azure-pipelines.yml": DEPLOYS}, "One")
    commit = server.commit({"azure-pipelines.yml": DEPLOYS}, "Two", ref="topic")
    repository = server.repository
    git = f"git/repositories/{repository}"
    request = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main"}
    pull = server.post(f"{git}/pullrequests", {**request, "title": "Bring it"})["pullRequestId"]
    pipeline, run = server.pipeline(), server.run()

    def approval() -> Any:
        path = f"pipelines/approvals?state=pending&runId={run}"
        return next(iter(server.get(path)["value"]), None)

    asked = until(approval, "the run waits")["id"]
    suite = server.host.library.checkpoints.of_run(str(run))[0].id
    page = server.get(f"penstock/runs/{run}")
    record = page["records"][0]["id"]

    other = services.projects.create("Other")
    own = services.repositories.create(other, "own")
    mallory = token_of(server, "mallory", None)
    account = services.people.accounts.named("mallory")
    services.people.members.set_role(
        other.id, account, Role.ADMINISTRATOR, by=Actor(id="", name="test")
    )
    real = Ids(
        group=group,
        environment=environment,
        file=file,
        endpoint=endpoint,
        check=check,
        repository=repository,
        project=server.project,
        commit=commit,
        pull=pull,
        pipeline=pipeline,
        run=run,
        approval=asked,
        suite=suite,
        record=record,
    )
    differing = []
    for ask_real, ask_nothing in zip(asks(real, own.id), asks(NOTHING, own.id), strict=True):
        told: set[tuple[str, str]] = set()
        for method, path, body in (ask_real, ask_nothing):
            for project in ("Other", "Demo"):
                answered = ask(server, mallory, method, f"/{project}/_apis/{path}", body)
                assert answered.status == 404, (project, method, path, answered)
                told.add((project, without_ids(answered.body.decode())))
        if len(told) > 2:
            differing.append((ask_real[:2], told))
    # What is in another project is as what is not there at all.
    assert differing == []
    library = "distributedtask"
    reference = [{"projectReference": {"name": "Other"}}]
    for method, path, body in (
        ("PUT", f"{library}/variablegroups/{group}", {"variableGroupProjectReferences": reference}),
        ("DELETE", f"{library}/variablegroups/{group}?projectIds={other.id}", None),
        ("DELETE", f"{library}/variablegroups/{group}?projectIds={server.project}", None),
        (
            "PUT",
            f"serviceendpoint/endpoints/{endpoint}",
            {"type": "generic", "serviceEndpointProjectReferences": reference},
        ),
        ("DELETE", f"serviceendpoint/endpoints/{endpoint}?projectIds={other.id}", None),
        ("GET", git, None),
        ("GET", f"{git}/pullrequests/{pull}", None),
        ("GET", f"git/pullrequests/{pull}", None),
    ):
        answered = ask(server, mallory, method, f"/_apis/{path}", body)
        assert answered.status == 404, (method, path, answered)
    for below in ("", "/commits"):
        for number in (pull, NOTHING.pull):
            path = f"/_apis/git/repositories/{repository}/pullrequests/{number}{below}"
            assert ask(server, mallory, "GET", path).status == 404
    told = {
        without_ids(ask(server, mallory, "GET", f"/_apis/git/{where}").body.decode())
        for where in (
            f"pullrequests/{pull}",
            f"pullrequests/{NOTHING.pull}",
        )
    }
    assert len(told) == 1, told
    # What lists tell is of the own project too, whatever they are asked for.
    for path in (
        f"build/builds?buildIds={run}",
        f"build/builds?definitions={pipeline}",
        f"build/definitions?repositoryId={repository}",
        f"penstock/runs?definitionId={pipeline}",
        f"penstock/triggers?repositoryId={repository}",
        f"pipelines/approvals?approvalIds={asked}",
        f"pipelines/approvals?runId={run}",
        f"{library}/variablegroups?groupIds={group}",
        f"serviceendpoint/endpoints?endpointIds={endpoint}",
        f"git/pullrequests?searchCriteria.repositoryId={repository}",
        "penstock/queue",
        "build/tags",
    ):
        answered = ask(server, mallory, "GET", f"/Other/_apis/{path}")
        assert (answered.status, answered.json["count"]) == (200, 0), (path, answered)
    for path, name in (("projects", "Other"), ("git/repositories", "own")):
        answered = ask(server, mallory, "GET", f"/_apis/{path}")
        assert [one["name"] for one in answered.json["value"]] == [name], path


DEPLOYS = """
trigger: none
jobs:
- deployment: D
  environment: prod
  strategy: {runOnce: {deploy: {steps: [{bash: echo}]}}}
"""
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"
VERSION = "?api-version=2024-04-01"


def ml(server: DevopsServer, token: str, path: str, body: object, **headers: str) -> int:
    """The status of a PUT to Azure ML, which is beside the organization."""
    request = urllib.request.Request(
        server.host.access.url + path + VERSION,
        method="PUT",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_only_a_step_of_a_run_gives_it_ml_jobs(server: DevopsServer) -> None:
    """A run waits for its ML jobs, and is shown with them."""
    server.commit({"azure-pipelines.yml": "steps: [{bash: echo}]"})
    run = server.run()
    server.ended(run)
    token = token_of(server, "mallory", Role.CONTRIBUTOR)
    workspace = {"location": "westeurope", "properties": {}}
    assert ml(server, token, WORKSPACE, workspace) in (200, 201)
    body = {"properties": {"jobType": "Command", "command": "echo", "environmentId": "x"}}
    place, origin = f"{WORKSPACE}/jobs/forged", f"{run}/Job/step"
    assert ml(server, token, place, body, x_penstock_origin=origin) == 403
    assert server.get(f"penstock/runs/{run}")["mlJobs"] == []
    job = server.services.people.job_tokens.issue(str(server.run()), server.project)
    assert ml(server, job, place, body, x_penstock_origin=origin) == 403


def test_odd_numbers_and_deep_bodies_are_refused_as_wrong(server: DevopsServer) -> None:
    """Each failure of ours would add to a log that nobody bounds."""
    server.commit({"azure-pipelines.yml": "steps: [{bash: echo}]"})
    run = server.run()
    environment = server.post("distributedtask/environments", {"name": "prod"})["id"]
    records = f"distributedtask/environments/{environment}/environmentdeploymentrecords"
    for number in ("9" * 25, "9" * 5000):
        for path, status in (
            (f"penstock/runs?definitionId={number}", 400),
            (f"pipelines/approvals?runId={number}", 400),
            (f"pipelines/approvals?top={number}", 200),
            (f"{records}?continuationToken={number}", 400),
            (f"{records}?top={number}", 200),
        ):
            assert server.ask("GET", f"/Demo/_apis/{path}").status == status, path
    grant = {"pipelines": [{"id": 10**25, "authorized": True}]}
    path = f"/Demo/_apis/pipelines/pipelinePermissions/environment/{environment}"
    assert server.ask("PATCH", path, grant).status == 400
    deep = "[" * 100_000
    build = {"definition": {"id": server.pipeline()}, "parameters": deep}
    assert server.ask("POST", "/Demo/_apis/build/builds", build).status == 400
    request = urllib.request.Request(
        f"{server.url}/Demo/_apis/build/builds/{run}/tags",
        method="POST",
        data=deep.encode(),
        headers={"Authorization": f"Bearer {server.token}"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    with refused.value as error:
        assert error.code == 400


def test_which_run_submitted_an_ml_job_is_for_who_may_see_the_run(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: echo}]"})
    run = str(server.run())
    access = server.services._access
    seen = [
        server.services._project_name_of_run(SimpleNamespace(principal=who), run)  # type: ignore[arg-type]
        for who in (
            access.principal(token_of(server, "rita", Role.READER)),
            access.principal(token_of(server, "eve", None)),
            None,
        )
    ]
    assert seen == ["Demo", None, None]


def test_a_search_with_very_many_matches_ends(tmp_path: Path) -> None:
    """Its time is linear: whoever reads logs may ask for any letter in the longest one."""
    log = tmp_path / "log"
    log.write_text(("a" * 99 + "\n") * 2000)
    place = LogPlace(id=1, node="J", step="s", name="s", record="r")
    for find in (plain_finder("A"), regex_finder("a"), regex_finder("a|x*")):
        found = Found(10)
        search_log(log, place, find, found)
        assert (found.count > 1000, len(found.matches)) == (True, 10)
    found = Found(10)
    search_log(log, place, plain_finder("É("), found)
    assert found.count == 0
