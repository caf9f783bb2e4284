"""What requests about the library say is done, or refused by its name; nothing tells of others."""

from __future__ import annotations

from typing import Any

import pytest
from devopsserver import DevopsServer, as_user, token_of, until
from test_library_client import add_settings

from penstock.store.people.members import Role

CHECKS = "/Demo/_apis/pipelines/checks/configurations"
ENVIRONMENTS = "/Demo/_apis/distributedtask/environments"
FILES = "/Demo/_apis/distributedtask/securefiles"
GROUPS = "/Demo/_apis/distributedtask/variablegroups"
APPROVAL = {"name": "Approval", "id": "8c6f20a7-a545-4486-9777-f762fafe0d4d"}
STRATEGY = "  strategy: {runOnce: {deploy: {steps: [{bash: echo}]}}}\n"
LOCK = {"name": "ExclusiveLock", "id": "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563"}


def test_only_pipelines_of_the_project_get_permission_and_no_others_are_told_of(
    server: DevopsServer,
) -> None:
    """Else a grant of a number would tell the name that it has in another project, and one of a
    number to come would give a pipeline leave before anybody knows it."""
    other = server.services.projects.create("Other")
    server.services.repositories.create(other, "other")
    configuration = {"type": "yaml", "path": "ci.yml", "repository": {"name": "other"}}
    body = {"name": "Secret plans", "configuration": configuration}
    foreign = server.ask("POST", "/Other/_apis/pipelines", body).json["id"]
    own = server.pipeline()
    group = add_settings(server)["id"]
    path = f"/Demo/_apis/pipelines/pipelinePermissions/variablegroup/{group}"

    def grant(number: int) -> Any:
        return server.ask("PATCH", path, {"pipelines": [{"id": number, "authorized": True}]})

    for number in (foreign, own + 1000):
        answer = grant(number)
        assert (answer.status, answer.json["typeKey"]) == (404, "DefinitionNotFoundException")
    assert grant(own).json["pipelines"][0]["name"] == "CI"
    assert b"Secret plans" not in server.ask("GET", path).body
    refused = server.ask("PATCH", path, {"pipelines": [{"id": own, "authorized": "yes"}]})
    assert '"authorized" must be true or false' in refused.json["message"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"blockedApprovers": [{"id": "someone"}]}, '"blockedApprovers" is not supported'),
        ({"executionOrder": "backwards"}, '"executionOrder" is anyOrder or inSequence'),
        ({"executionOrder": ["inSequence"]}, '"executionOrder" is anyOrder or inSequence'),
        ({"requesterCannotBeApprover": "true"}, '"requesterCannotBeApprover" must be true'),
    ],
)
def test_settings_of_an_approval_are_never_left_out(
    server: DevopsServer, settings: dict[str, object], said: str
) -> None:
    approval = check(server, {"approvers": [{"uniqueName": "admin"}], **settings})
    answer = server.ask("POST", CHECKS, approval)
    assert (answer.status, said in answer.json["message"]) == (400, True), answer


def test_a_check_stays_what_it_is_and_where_it_is(server: DevopsServer) -> None:
    made = server.ask("POST", CHECKS, check(server, {"approvers": [{"uniqueName": "admin"}]})).json
    one = f"{CHECKS}/{made['id']}"
    assert server.ask("PATCH", one, {"type": LOCK, "settings": {}}).status == 400
    moved = {"resource": {"type": "environment", "id": "4711"}}
    assert server.ask("PATCH", one, moved).status == 400
    changed = server.ask("PATCH", one, {**made, "timeout": 60}).json
    assert (changed["timeout"], changed["type"], changed["resource"]) == (
        60,
        made["type"],
        made["resource"],
    )


def check(server: DevopsServer, settings: dict[str, object]) -> dict[str, object]:
    """An approval of a new environment."""
    environment = server.ask("POST", ENVIRONMENTS, {"name": "prod"}).json
    resource = {"type": "environment", "id": str(environment["id"])}
    return {"type": APPROVAL, "settings": settings, "resource": resource}


def test_a_secret_that_is_fixed_is_shown_so(server: DevopsServer) -> None:
    body = {
        "name": "fixed",
        "variables": {
            "open": {"value": "1", "isReadOnly": True},
            "token": {"value": "abcdefgh", "isSecret": True, "isReadOnly": True},
        },
        "variableGroupProjectReferences": [{"projectReference": {"name": "Demo"}}],
    }
    path = "/_apis/distributedtask/variablegroups"
    made = server.ask("POST", path, body).json["variables"]
    assert made["open"] == {"value": "1", "isReadOnly": True}
    assert made["token"] == {"value": None, "isSecret": True, "isReadOnly": True}
    empty = {**body, "name": "empty", "variables": {"token": {"value": "", "isSecret": True}}}
    assert 'the secret "token" has no value' in server.ask("POST", path, empty).json["message"]


def test_things_are_listed_by_patterns_of_their_names_and_in_pages(server: DevopsServer) -> None:
    for name in ("dev-1", "dev-2", "prod"):
        server.ask("POST", ENVIRONMENTS, {"name": name})
        server.ask("POST", f"{FILES}?name={name}.key", "content")

    def names(path: str) -> list[str]:
        return sorted(one["name"] for one in server.ask("GET", path).json["value"])

    assert names(f"{ENVIRONMENTS}?name=DEV*") == ["dev-1", "dev-2"]
    assert names(f"{ENVIRONMENTS}?name=dev") == []
    assert names(f"{FILES}?namePattern=*-1.*") == ["dev-1.key"]
    assert names(f"{FILES}?namePattern=d*v-*2*key*key") == []
    first = server.ask("GET", f"{ENVIRONMENTS}?$top=2")
    token = first.headers["x-ms-continuationtoken"]
    rest = names(f"{ENVIRONMENTS}?$top=2&continuationToken={token}")
    assert sorted([*(one["name"] for one in first.json["value"]), *rest]) == [
        "dev-1",
        "dev-2",
        "prod",
    ]


def test_a_group_is_deleted_in_all_the_projects_named_or_in_none(server: DevopsServer) -> None:
    group = add_settings(server)["id"]
    eve = token_of(server, "eve", Role.CONTRIBUTOR)
    other = server.services.projects.create("Other")
    path = f"/_apis/distributedtask/variablegroups/{group}?projectIds={server.project},{other.id}"
    assert as_user(server, eve, "DELETE", path).status == 404
    assert server.ask("GET", f"{GROUPS}/{group}").status == 200


def test_a_page_of_the_approvals_of_a_person_has_only_those(server: DevopsServer) -> None:
    token_of(server, "eve", Role.CONTRIBUTOR)
    everyone = {"allPipelines": {"authorized": True}}
    for name, approver in (("one", "admin"), ("two", "eve")):
        made = server.ask("POST", ENVIRONMENTS, {"name": name}).json["id"]
        grant = f"/Demo/_apis/pipelines/pipelinePermissions/environment/{made}"
        assert server.ask("PATCH", grant, everyone).status == 200
        resource = {"type": "environment", "id": str(made)}
        settings = {"approvers": [{"uniqueName": approver}]}
        body = {"type": APPROVAL, "settings": settings, "resource": resource}
        assert server.ask("POST", CHECKS, body).status == 200
        deploys = f"trigger: none\njobs:\n- deployment: D\n  environment: {name}\n{STRATEGY}"
        server.commit({f"{name}.yml": deploys})
        server.pipeline(name, f"{name}.yml")
        server.run(name=name)
        pending = "pipelines/approvals?state=pending"
        until(lambda: server.get(f"{pending}&userIds={approver}")["value"], "it waits")  # noqa: B023

    def asked(query: str) -> list[str]:
        found = server.get(f"pipelines/approvals?{query}")["value"]
        return [one["resource"]["name"] for one in found]

    assert sorted(asked("state=pending")) == ["one", "two"]
    for approver, name in (("admin", "one"), ("EVE", "two")):
        assert asked(f"userIds={approver}&top=1") == [name]
    (mine,) = server.get("pipelines/approvals?userIds=admin")["value"]
    path = "/Demo/_apis/pipelines/approvals"
    long = [{"approvalId": mine["id"], "status": "approved", "comment": "x" * 5000}]
    assert "at most 4000 characters" in server.ask("PATCH", path, long).json["message"]
    assert server.ask("PATCH", path, [{**long[0], "comment": "fine"}]).status == 200
