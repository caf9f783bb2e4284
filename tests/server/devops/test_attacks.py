"""What a signed-in person may not get, each asked for as an attacker would."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from devopsserver import Answered, DevopsServer, until
from test_library_client import token_of

from penstock.server.devops.builds.timeline import LogPlace
from penstock.server.devops.pages.logsearch import Found, plain_finder, regex_finder, search_log
from penstock.server.live import ProjectSource, Wakeups, stream
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


def ask(server: DevopsServer, token: str, method: str, path: str, body: object = None) -> Answered:
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


def test_a_stream_ends_so_that_its_reader_is_asked_anew_who_they_are(server: DevopsServer) -> None:
    source = ProjectSource(server.services._http(), server.project)

    async def read() -> list[bytes]:
        return [part async for part in stream(source, Wakeups(), lambda: False, longest=0.0)]

    assert asyncio.run(read()) == [b"retry: 1000\n\n"]


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
