"""The real `azure-devops` client, and plain REST where it has no client, use the library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, as_user, devops_server, token_of, until

from penstock.store.people.members import Role

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SECRET = "correct-horse-battery"
_DEPLOYS = """
- stage: Deploy
  jobs:
  - deployment: Push
    environment: prod
    strategy:
      runOnce:
        deploy:
          steps:
          - bash: echo pushed
"""
ONLY_DEPLOY = f"stages:{_DEPLOYS}"
DEPLOY = f"""
variables:
- group: settings
stages:
- stage: Build
  jobs:
  - job: Make
    steps:
    - checkout: none
    - bash: echo "region $(region)"; printf %s "$TOKEN" | sha256sum | grep 622493693890
      env: {{ TOKEN: $(token) }}{_DEPLOYS}"""
USES_A_FILE = """
steps:
- checkout: none
- task: DownloadSecureFile@1
  name: key
  inputs: { secureFile: key.pem }
- bash: |
    test "$(wc -c < "$(key.secureFilePath)")" = 9
    test "$(stat -c %a "$(key.secureFilePath)")" = 600
"""


def add_settings(server: DevopsServer) -> Any:
    """The variable group of `DEPLOY`, which has a secret."""
    body = {
        "name": "settings",
        "variables": {
            "region": {"value": "westeurope"},
            "token": {"value": SECRET, "isSecret": True},
        },
        "variableGroupProjectReferences": [{"projectReference": {"name": "Demo"}}],
    }
    return server.ask("POST", "/_apis/distributedtask/variablegroups", body).json


def test_variable_groups_by_the_client(server: DevopsServer, connection: Any) -> None:
    from azure.devops.v7_1.task_agent.models import (
        ProjectReference,
        VariableGroupParameters,
        VariableGroupProjectReference,
        VariableValue,
    )

    client = connection.clients_v7_1.get_task_agent_client()
    reference = VariableGroupProjectReference(
        name="settings", project_reference=ProjectReference(id=server.project, name="Demo")
    )
    made = client.add_variable_group(
        VariableGroupParameters(
            name="settings",
            description="of the shop",
            type="Vsts",
            variables={
                "region": VariableValue(value="westeurope"),
                "token": VariableValue(value=SECRET, is_secret=True),
            },
            variable_group_project_references=[reference],
        )
    )
    assert (made.name, made.created_by.display_name) == ("settings", "admin")
    assert made.variables["token"].is_secret and made.variables["token"].value is None

    found = client.get_variable_groups("Demo", group_name="set*")
    assert [group.id for group in found] == [made.id]
    changed = client.update_variable_group(
        VariableGroupParameters(
            name="settings",
            type="Vsts",
            variables={
                "region": VariableValue(value="northeurope"),
                "token": VariableValue(is_secret=True),
            },
            variable_group_project_references=[reference],
        ),
        made.id,
    )
    assert changed.variables["region"].value == "northeurope"
    kept = server.host.library.resources.get(server.project, "variablegroup", str(made.id))
    assert kept is not None
    assert server.host.library.resources.secrets(kept) == {"token": SECRET}
    assert client.get_variable_group("Demo", made.id).modified_by.display_name == "admin"
    client.delete_variable_group(made.id, [server.project])
    assert client.get_variable_groups("Demo") == []
    audit = server.services.people.audit.entries(limit=3)
    assert [entry.action for entry in audit] == [
        "variablegroup.delete",
        "variablegroup.change",
        "variablegroup.add",
    ]
    assert SECRET not in repr(audit)


def test_service_connections_by_the_client(server: DevopsServer, connection: Any) -> None:
    from azure.devops.v7_1.service_endpoint.models import (
        EndpointAuthorization,
        ProjectReference,
        ServiceEndpoint,
        ServiceEndpointProjectReference,
    )

    client = connection.clients_v7_1.get_service_endpoint_client()

    def endpoint(**parameters: str | None) -> ServiceEndpoint:
        return ServiceEndpoint(
            name="azure",
            type="AzureRM",
            url="https://management.azure.com/",
            data={"subscriptionId": "0"},
            authorization=EndpointAuthorization(scheme="ServicePrincipal", parameters=parameters),
            service_endpoint_project_references=[
                ServiceEndpointProjectReference(
                    name="azure",
                    project_reference=ProjectReference(id=server.project, name="Demo"),
                )
            ],
        )

    made = client.create_service_endpoint(
        endpoint(tenantid="t", serviceprincipalid="s", serviceprincipalkey=SECRET)
    )
    assert made.authorization.parameters["tenantid"] == "t"
    assert made.authorization.parameters["serviceprincipalkey"] is None
    assert [e.id for e in client.get_service_endpoints("Demo", type="azurerm")] == [made.id]
    assert client.get_service_endpoints_by_names("Demo", ["nothing"]) == []
    client.update_service_endpoint(
        endpoint(tenantid="u", serviceprincipalid="s", serviceprincipalkey=None), made.id
    )
    found = client.get_service_endpoint_details("Demo", made.id)
    assert found.authorization.parameters["tenantid"] == "u"
    kept = server.host.library.resources.get(server.project, "endpoint", made.id)
    assert kept is not None
    assert server.host.library.resources.secrets(kept) == {"serviceprincipalkey": SECRET}
    assert "AzureRM" in {type.name for type in client.get_service_endpoint_types()}
    client.delete_service_endpoint(made.id, [server.project])
    assert client.get_service_endpoints("Demo") == []


def test_environments_by_the_client(server: DevopsServer, connection: Any) -> None:
    from azure.devops.v7_1.task_agent.models import (
        EnvironmentCreateParameter,
        EnvironmentUpdateParameter,
    )

    client = connection.clients_v7_1.get_task_agent_client()
    made = client.add_environment(EnvironmentCreateParameter(name="prod"), "Demo")
    client.update_environment(EnvironmentUpdateParameter(description="live"), "Demo", made.id)
    found = client.get_environment_by_id("Demo", made.id)
    assert (found.name, found.description) == ("prod", "live")
    assert [one.name for one in client.get_environments("Demo")] == ["prod"]
    assert client.get_environment_deployment_execution_records("Demo", made.id) == []
    client.delete_environment("Demo", made.id)
    assert client.get_environments("Demo") == []
    wrong = server.ask("POST", "/Demo/_apis/distributedtask/environments", {"name": "a/b"})
    assert wrong.status == 400


def test_a_run_waits_for_permission_and_approval_and_is_followed_by_rest(
    server: DevopsServer, connection: Any
) -> None:
    from azure.devops.v7_1.pipeline_permissions.models import (
        Permission,
        PipelinePermission,
        ResourcePipelinePermissions,
    )
    from azure.devops.v7_1.pipelines_checks.models import CheckConfiguration, CheckType, Resource

    group = add_settings(server)
    made = server.post("distributedtask/environments", {"name": "prod"})
    checks = connection.clients_v7_1.get_pipelines_checks_client()
    me = server.services.people.accounts.named("admin")
    configuration = CheckConfiguration(
        type=CheckType(name="Approval"),
        resource=Resource(type="environment", id=str(made["id"])),
        timeout=60,
    )
    check = server.post(
        "pipelines/checks/configurations",
        {
            **configuration.serialize(),
            "settings": {"approvers": [{"id": me.id}], "instructions": "look first"},
        },
    )
    assert check["settings"]["approvers"][0]["displayName"] == "admin"
    (listed,) = checks.get_check_configurations_on_resource("Demo", "environment", made["id"])
    assert (listed.id, listed.timeout, listed.resource.name) == (check["id"], 60, "prod")

    server.commit({"azure-pipelines.yml": DEPLOY})
    run = server.run()
    permissions = connection.clients_v7_1.get_pipeline_permissions_client()

    def waits(text: str) -> bool:
        found = server.host.library.checkpoints.of_run(str(run))
        return bool(found) and text in found[-1].message and found[-1].result is None

    until(lambda: waits("This pipeline needs permission to access a resource"), "permission")
    page = server.get(f"penstock/runs/{run}")
    (wanted,) = page["approvals"]
    assert (wanted["kind"], wanted["canApprove"], wanted["stage"]) == ("permission", True, "Build")
    assert wanted["resource"]["name"] == "settings"
    assert [r["type"] for r in page["records"] if r["type"].startswith("Checkpoint")] == [
        "Checkpoint",
        "Checkpoint.Authorization",
        "Checkpoint",
    ]
    pipeline = server.pipeline()
    permissions.update_pipeline_permisions_for_resource(
        ResourcePipelinePermissions(
            pipelines=[PipelinePermission(id=pipeline, authorized=True)],
        ),
        "Demo",
        "variablegroup",
        group["id"],
    )
    until(lambda: waits('environment "prod"'), "the second permission")
    found = permissions.update_pipeline_permisions_for_resource(
        ResourcePipelinePermissions(all_pipelines=Permission(authorized=True)),
        "Demo",
        "environment",
        made["id"],
    )
    assert found.all_pipelines.authorized_by.display_name == "admin"
    until(lambda: waits("waits for approval by admin"), "approval")

    (asked,) = server.get(f"pipelines/approvals?state=pending&runId={run}")["value"]
    assert (asked["instructions"], asked["permissions"]) == ("look first", "update")
    number = server.get(f"build/builds/{run}")["buildNumber"]
    assert asked["pipeline"] == {
        "id": str(pipeline),
        "name": "CI",
        "owner": {"id": run, "name": number},
    }
    answer = server.ask(
        "PATCH",
        "/Demo/_apis/pipelines/approvals",
        [{"approvalId": asked["id"], "status": "approved", "comment": "fine"}],
    )
    assert answer.status == 200, answer
    assert answer.json["value"][0]["steps"][0]["actualApprover"]["displayName"] == "admin"
    page = server.ended(run)
    assert page["result"] == "succeeded"
    (approval,) = page["approvals"]
    assert (approval["status"], approval["canApprove"]) == ("approved", False)
    timeline = server.get(f"build/builds/{run}/timeline")["records"]
    found = {r["type"]: r["result"] for r in timeline if r["type"].startswith("Checkpoint.")}
    assert found == {"Checkpoint.Authorization": "succeeded", "Checkpoint.Approval": "succeeded"}
    assert {approval["id"], approval["recordId"]} <= {record["id"] for record in timeline}
    again = server.ask(
        "PATCH",
        "/Demo/_apis/pipelines/approvals",
        [{"approvalId": asked["id"], "status": "rejected"}],
    )
    assert again.status == 409
    task_agent = connection.clients_v7_1.get_task_agent_client()
    (record,) = task_agent.get_environment_deployment_execution_records("Demo", made["id"])
    assert (record.job_name, record.result) == ("Push", "succeeded")
    assert (record.owner.id, record.owner.name) == (run, number)
    suites = [server.get(f"pipelines/checks/runs/{one.id}") for one in _of_run(server, run)]
    assert [suite["status"] for suite in suites] == ["approved", "approved"]


def _of_run(server: DevopsServer, run: int) -> Any:
    return server.host.library.checkpoints.of_run(str(run))


def test_only_approvers_approve_and_only_administrators_open_what_is_protected(
    server: DevopsServer,
) -> None:
    """What concerns protected resources of a change by a stranger: approval by account, no secret,
    no permission that one gives oneself."""
    ada, reader = token_of(server, "ada", Role.CONTRIBUTOR), token_of(server, "ruth", Role.READER)
    stranger = token_of(server, "eve", None)
    made = server.post("distributedtask/environments", {"name": "prod"})
    path = f"/Demo/_apis/pipelines/pipelinePermissions/environment/{made['id']}"
    checks = "/Demo/_apis/pipelines/checks/configurations"
    configuration = {
        "type": {"name": "Approval"},
        "resource": {"type": "environment", "id": str(made["id"])},
        "settings": {
            "approvers": [{"uniqueName": "admin"}, {"uniqueName": "ada"}],
            "requesterCannotBeApprover": True,
            "minRequiredApprovers": 1,
        },
    }
    grant = {"pipelines": [{"id": 1, "authorized": True}]}
    for token, status in ((ada, 403), (reader, 403), (stranger, 404)):
        assert as_user(server, token, "PATCH", path, grant).status == status
        assert as_user(server, token, "POST", checks, configuration).status == status
    check = server.ask("POST", checks, configuration)
    assert check.status == 200, check
    place = f"{checks}/{check.json['id']}"
    environment = f"/Demo/_apis/distributedtask/environments/{made['id']}"
    for token, status in ((ada, 403), (reader, 403), (stranger, 404)):
        assert as_user(server, token, "DELETE", place).status == status
        assert as_user(server, token, "DELETE", environment).status == status
    server.ask("PATCH", path, {"allPipelines": {"authorized": True}})

    server.commit({"azure-pipelines.yml": ONLY_DEPLOY})
    run = server.run()
    until(lambda: server.get(f"pipelines/approvals?runId={run}")["count"], "an approval")
    (asked,) = server.get(f"pipelines/approvals?runId={run}")["value"]
    answer = [{"approvalId": asked["id"], "status": "approved"}]
    approvals = "/Demo/_apis/pipelines/approvals"
    mine = server.ask("PATCH", approvals, answer)
    assert (mine.status, mine.json["message"]) == (403, "who requested the run may not approve it")
    for token, status in ((reader, 403), (stranger, 404)):
        assert as_user(server, token, "PATCH", approvals, answer).status == status
    process = as_user(server, server.host.access.token, "PATCH", approvals, answer)
    assert process.status == 403
    approved = as_user(server, ada, "PATCH", approvals, answer)
    assert approved.status == 200, approved
    assert server.ended(run)["result"] == "succeeded"
    (entry,) = (e for e in server.services.people.audit.entries() if e.action == "approval.approve")
    assert (entry.actor.name, entry.subject) == ("ada", f"run {run}")


def test_secure_files_go_in_and_never_out(server: DevopsServer) -> None:
    base = "/Demo/_apis/distributedtask/securefiles"
    import urllib.request

    request = urllib.request.Request(
        f"{server.url}{base}?name=key.pem&api-version=7.1-preview.1",
        method="POST",
        data=b"\x00private\xff",
        headers={
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/octet-stream",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    (made,) = server.get("distributedtask/securefiles")["value"]
    assert (made["name"], made["size"]) == ("key.pem", 9)
    kept = server.host.library.resources.named(server.project, "securefile", "key.pem")
    assert kept is not None
    assert server.host.library.resources.content(kept) == b"\x00private\xff"
    assert server.ask("GET", f"{base}/{made['id']}?includeDownloadTicket=true").status == 400
    server.ask(
        "PATCH",
        f"/Demo/_apis/pipelines/pipelinePermissions/securefile/{made['id']}",
        {"allPipelines": {"authorized": True}},
    )
    server.commit({"azure-pipelines.yml": USES_A_FILE})
    page = server.ended(server.run())
    assert page["result"] == "succeeded", page["issues"]
    assert server.ask("DELETE", f"{base}/{made['id']}").status == 204
    assert server.ask("GET", f"{base}/{made['id']}").status == 404


@pytest.mark.parametrize(
    "body, wrong",
    [
        ({"type": {"name": "InvokeRESTAPI"}}, "are not supported"),
        (
            {
                "type": {"name": "Task Check"},
                "settings": {"definitionRef": {"name": "AzureFunction"}},
            },
            "it would call something outside",
        ),
        ({"type": {"name": "Approval"}, "settings": {"approvers": []}}, "needs approvers"),
        (
            {"type": {"name": "Approval"}, "settings": {"approvers": [{"id": "nobody"}]}},
            'there is no account "nobody"',
        ),
        (
            {
                "type": {"name": "Task Check"},
                "settings": {
                    "definitionRef": {"name": "evaluatebranchProtection"},
                    "inputs": {"allowedBranches": "main"},
                },
            },
            "full names",
        ),
    ],
)
def test_a_check_that_cannot_be_is_refused_by_name(
    server: DevopsServer, body: dict[str, object], wrong: str
) -> None:
    made = server.post("distributedtask/environments", {"name": "prod"})
    about = {"resource": {"type": "environment", "id": str(made["id"])}}
    answer = server.ask("POST", "/Demo/_apis/pipelines/checks/configurations", {**about, **body})
    assert answer.status == 400
    assert wrong in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": {"name": "ExclusiveLock"}, "settings": {}},
        {
            "type": {"name": "ExtendsCheck"},
            "settings": {
                "extendsChecks": [
                    {
                        "repositoryType": "git",
                        "repositoryName": "Demo/templates",
                        "repositoryRef": "refs/heads/main",
                        "templatePath": "secure.yml",
                    }
                ]
            },
        },
        {
            "type": {"id": "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7"},
            "settings": {
                "definitionRef": {"id": "445fde2f-6c39-441c-807f-8a59ff2e075f"},
                "inputs": {
                    "businessDays": "Monday, Friday",
                    "timeZone": "UTC",
                    "startTime": "04:00",
                    "endTime": "15:00",
                },
            },
        },
    ],
)
def test_checks_come_back_as_they_were_set(
    server: DevopsServer, connection: Any, body: dict[str, Any]
) -> None:
    made = server.post("distributedtask/environments", {"name": "prod"})
    about = {"resource": {"type": "environment", "id": str(made["id"])}}
    check = server.post("pipelines/checks/configurations", {**about, **body})
    for name, value in body["settings"].items():
        if isinstance(value, dict):
            assert value.items() <= check["settings"][name].items()
        else:
            assert check["settings"][name] == value
    client = connection.clients_v7_1.get_pipelines_checks_client()
    assert client.get_check_configuration("Demo", check["id"]).type.id == check["type"]["id"]
    client.delete_check_configuration("Demo", check["id"])
    assert client.get_check_configurations_on_resource("Demo", "environment", made["id"]) == []


def test_a_run_that_waits_over_a_restart_has_its_secrets_afterwards(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with devops_server(tmp_path, home, is_left=True) as server:
        group = add_settings(server)
        server.commit({"azure-pipelines.yml": DEPLOY})
        run, pipeline = server.run(), server.pipeline()
        until(lambda: _of_run(server, run), "a checkpoint")
        log = (home / "state.db").read_bytes() + (home / "state.db-wal").read_bytes()
        assert SECRET.encode() not in log
        token, url = server.token, f"pipelines/pipelinePermissions/variablegroup/{group['id']}"
    with devops_server(tmp_path, home) as server:
        server.token = token
        body = {"pipelines": [{"id": pipeline, "authorized": True}]}
        assert server.ask("PATCH", f"/Demo/_apis/{url}", body).status == 200
        page = server.ended(run)
        assert page["result"] == "succeeded", page["issues"]


def test_a_manual_stage_is_started_and_a_run_rejected_from_the_command_line(
    server: DevopsServer,
) -> None:
    manual = ONLY_DEPLOY.replace("- stage: Deploy", "- stage: Deploy\n  trigger: manual")
    server.commit({"azure-pipelines.yml": manual})
    ada = token_of(server, "ada", Role.CONTRIBUTOR)

    def type(word: str, run: int, *more: str, token: str = ada) -> Any:
        place = ("--server", server.url, "--project", "Demo")
        return subprocess.run(
            [sys.executable, "-m", "penstock.cli.main", "runs", word, str(run), *place, *more],
            env={**os.environ, "PENSTOCK_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=60,
        )

    run = server.run()
    until(lambda: server.get(f"pipelines/approvals?runId={run}")["count"], "an approval")
    reader = token_of(server, "ruth", Role.READER)
    assert type("approve", run, token=reader).returncode == 5
    assert type("approve", run, "--stage", "Other").returncode == 3
    done = type("approve", run, "--stage", "deploy", "-m", "now")
    assert (done.returncode, done.stderr) == (0, 'approved: stage "Deploy", start\n')
    assert server.ended(run)["result"] == "succeeded"
    again = type("approve", run)
    assert (again.returncode, again.stderr.splitlines()[0]) == (
        3,
        f"error: run {run} waits for no approval",
    )
    second = server.run()
    until(lambda: server.get(f"pipelines/approvals?runId={second}")["count"], "an approval")
    assert type("reject", second, "-m", "not today").returncode == 0
    assert server.ended(second)["result"] == "failed"
