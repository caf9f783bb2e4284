"""Pipelines as the area `build` changes them: whole or not at all, and not over somebody else."""

from __future__ import annotations

from typing import Any

from devopsserver import DevopsServer

YAML = "steps: [{checkout: none}, {bash: echo hello}]\n"
DEFINITIONS = "/Demo/_apis/build/definitions"


def definition(server: DevopsServer, **more: object) -> dict[str, Any]:
    return {
        "name": "CI",
        "repository": {"id": server.repository, "type": "TfsGit"},
        "process": {"type": 2, "yamlFilename": "azure-pipelines.yml"},
        **more,
    }


def test_a_pipeline_whose_settings_are_wrong_is_not_made(server: DevopsServer) -> None:
    for wrong in ({"queueStatus": "off"}, {"variables": {"a": {"value": "1", "isSecret": True}}}):
        assert server.ask("POST", DEFINITIONS, definition(server, **wrong)).status == 400
    assert server.get("build/definitions")["value"] == []
    made = server.ask("POST", DEFINITIONS, definition(server, queueStatus="paused")).json
    assert (made["queueStatus"], made["revision"]) == ("paused", 1)
    assert made["authoredBy"]["displayName"] == "admin"


def test_of_two_changes_of_one_revision_the_second_is_refused(server: DevopsServer) -> None:
    number = server.pipeline()
    one = f"{DEFINITIONS}/{number}"
    first = server.ask("PUT", one, definition(server, revision=1, description="first"))
    assert (first.status, first.json["revision"]) == (200, 2)
    second = server.ask("PUT", one, definition(server, revision=1, description="second"))
    assert second.status == 409
    assert "it has revision 2" in second.json["message"]
    assert server.get(f"build/definitions/{number}")["description"] == "first"


def test_a_pipeline_can_be_of_another_repository(server: DevopsServer) -> None:
    other = server.services.repositories.create(
        server.services.projects.get(server.project), "other"
    )
    one = f"{DEFINITIONS}/{server.pipeline()}"
    moved = server.ask("PUT", one, definition(server, repository={"id": other.id}))
    assert moved.json["repository"]["name"] == "other"
    gone = server.ask("PUT", one, definition(server, repository={"id": "no-such-thing"}))
    assert (gone.status, gone.json["typeKey"]) == (404, "RepositoryNotFoundException")
    # Who says nothing of the repository leaves it.
    left = server.ask("PUT", one, {"name": "CI", "revision": 2})
    assert left.json["repository"]["name"] == "other"


def test_a_pipeline_goes_with_its_runs_and_their_files_unless_one_is_kept(
    server: DevopsServer,
) -> None:
    server.commit({"azure-pipelines.yml": YAML})
    number, run = server.pipeline(), server.run()
    server.ended(run)
    build = f"/Demo/_apis/build/builds/{run}"
    assert server.ask("PATCH", build, {"keepForever": True}).status == 200
    refused = server.ask("DELETE", f"{DEFINITIONS}/{number}")
    assert (refused.status, "is retained" in refused.json["message"]) == (409, True)
    assert server.ask("PATCH", build, {"keepForever": False}).status == 200
    logs = server.host.home.logs / str(run)
    assert logs.is_dir()
    assert server.ask("DELETE", f"{DEFINITIONS}/{number}").status == 204
    assert server.ask("GET", build).status == 404
    assert not logs.exists()


def test_a_project_goes_with_its_runs_and_their_files_when_none_goes_on(
    server: DevopsServer,
) -> None:
    server.commit({"azure-pipelines.yml": YAML.replace("echo hello", "sleep 60")})
    run = server.run()
    refused = server.ask("DELETE", f"/_apis/projects/{server.project}")
    assert (refused.status, f"run {run}" in refused.json["message"]) == (409, True)
    server.ask("PATCH", f"/Demo/_apis/build/builds/{run}", {"status": "cancelling"})
    server.ended(run)
    logs = server.host.home.logs / str(run)
    assert logs.is_dir()
    assert server.ask("DELETE", f"/_apis/projects/{server.project}").status == 202
    assert server.ask("GET", "/Demo/_apis/build/builds").status == 404
    assert not logs.exists()


def test_runs_say_the_folder_and_the_state_of_their_pipeline(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": YAML})
    number, run = server.pipeline(), server.run()
    server.ended(run)
    settings = {"path": "\\tools", "queueStatus": "disabled"}
    assert (
        server.ask("PUT", f"{DEFINITIONS}/{number}", definition(server, **settings)).status == 200
    )
    build = server.get(f"build/builds/{run}")
    assert (build["definition"]["path"], build["definition"]["queueStatus"]) == (
        "\\tools",
        "disabled",
    )
    shown = server.get(f"pipelines/{number}/runs/{run}")["pipeline"]
    assert (shown["folder"], shown["revision"]) == ("\\tools", 2)
