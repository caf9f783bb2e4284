"""`az pipelines`: pipelines and their runs on a server of ours.

Source: options, order of lookups and texts as in the `azure-devops` extension of the Azure CLI.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed
from penstock.cli.az.organization import Organization, detects, git, organization_of, remote
from penstock.cli.az.values import (
    check_numbers,
    choice,
    confirm,
    is_on,
    number,
    pairs,
    refuse,
    refuse_open,
)

_REFERENCE = (
    "authoredBy",
    "createdDate",
    "id",
    "latestBuild",
    "latestCompletedBuild",
    "name",
    "path",
    "project",
    "quality",
    "queue",
    "queueStatus",
    "revision",
    "type",
    "uri",
    "url",
)
"""What a list tells of a pipeline."""
_STATUS = ("all", "cancelling", "completed", "inProgress", "none", "notStarted", "postponed")
_RESULTS = ("canceled", "failed", "none", "partiallySucceeded", "succeeded")
_REASONS = (
    "all",
    "batchedCI",
    "buildCompletion",
    "checkInShelveset",
    "individualCI",
    "manual",
    "pullRequest",
    "schedule",
    "triggered",
    "userCreated",
    "validateShelveset",
)
_RUN_ORDERS = {"QueueTimeAsc": "queueTimeAscending", "QueueTimeDesc": "queueTimeDescending"}


def list_pipelines(call: Call) -> list[dict[str, Any]]:
    """The pipelines of a project."""
    order = choice(call, "--query-order", ("NameAsc", "NameDesc", "None"))
    top = number(call, "--top")
    query = {"name": call.text("--name"), "path": call.text("--folder-path")}
    with organization_of(call) as organization:
        if call.text("--repository") is not None:
            query["repositoryId"] = _repository_id(call, organization)
        given = {name: value for name, value in query.items() if value}
        found = organization.of_project("GET", "build/definitions", **given)["value"]
    if order in ("NameAsc", "NameDesc"):
        found.sort(key=lambda one: one["name"].casefold(), reverse=order == "NameDesc")
    return [{key: one.get(key) for key in _REFERENCE} for one in found[:top]]


def show_pipeline(call: Call) -> Any:
    """One pipeline, by number or name."""
    refuse_open(call)
    with organization_of(call) as organization:
        id = _pipeline_id(call, organization)
        return organization.of_project("GET", f"build/definitions/{id}")


def create_pipeline(call: Call) -> Any:
    """Make a pipeline of a YAML file; its first run is queued unless that is skipped."""
    refuse(call, "--queue-id", "the pool is named by `pool:` in the YAML file")
    refuse(call, "--service-connection", "a repository of the server needs none")
    name = call.text("--name") or ""
    skips = is_on(call, "--skip-first-run")
    with organization_of(call) as organization:
        repository = _repository_id(call, organization)
        branch = _branch(call)
        path = call.text("--yml-path")
        if not path:
            raise Failed("questions are not asked here: name the YAML file by --yml-path")
        folder = call.text("--folder-path") or ""
        if _named(organization, name, folder):
            raise Failed(f"Pipeline with name {name} already exists.")
        made = organization.of_project(
            "POST",
            "build/definitions",
            {
                "name": name,
                "path": folder,
                "description": call.text("--description") or "",
                "process": {"type": 2, "yamlFilename": path},
                "repository": {"id": repository, "type": "TfsGit", "defaultBranch": branch},
            },
        )
        call.warn(f"Successfully created a pipeline with Name: {made['name']}, Id: {made['id']}.")
        if skips:
            return made
        first = {"definition": {"id": made["id"]}, "sourceBranch": _full(branch)}
        return organization.of_project("POST", "build/builds", first)


def run_pipeline(call: Call) -> Any:
    """Queue a run. With parameters the answer is a run of the newer API, else a build."""
    refuse_open(call)
    parameters, variables = pairs(call, "--parameters"), pairs(call, "--variables")
    branch, commit = call.text("--branch") or "", call.text("--commit-id") or ""
    with organization_of(call) as organization:
        id = _pipeline_id(call, organization)
        if parameters:
            body: dict[str, Any] = {
                "resources": {"repositories": {"self": {"refName": branch, "version": commit}}},
                "templateParameters": parameters,
                "variables": {name: {"value": value} for name, value in variables.items()},
            }
            return organization.of_project("POST", f"pipelines/{id}/runs", body)
        body = {
            "definition": {"id": id},
            "sourceBranch": _full(branch),
            "sourceVersion": commit,
            "parameters": json.dumps(variables) if variables else None,
        }
        return organization.of_project("POST", "build/builds", body)


def delete_pipeline(call: Call) -> None:
    """Remove a pipeline, after a question where there is someone to answer it."""
    id = number(call, "--id")
    confirm(call, "Are you sure you want to delete this pipeline?")
    with organization_of(call) as organization:
        organization.of_project("DELETE", f"build/definitions/{id}")
    sys.stdout.write(f"Pipeline {id} was deleted successfully.\n")


def list_runs(call: Call) -> Any:
    """Runs, the newest first."""
    option = "--definition-ids" if call.words == "pipelines build list" else "--pipeline-ids"
    pipelines = call.texts(option)
    check_numbers(option, pipelines)
    order = choice(call, "--query-order", tuple(_RUN_ORDERS))
    query = {
        "definitions": ",".join(dict.fromkeys(pipelines)),
        "branchName": _full(call.text("--branch") or ""),
        "$top": str(number(call, "--top") or ""),
        "resultFilter": choice(call, "--result", _RESULTS),
        "statusFilter": choice(call, "--status", _STATUS),
        "reasonFilter": choice(call, "--reason", _REASONS),
        "tagFilters": ",".join(dict.fromkeys(call.texts("--tags"))),
        "queryOrder": _RUN_ORDERS.get(order, ""),
        "requestedFor": call.text("--requested-for") or "",
    }
    with organization_of(call) as organization:
        if query["requestedFor"].lower() == "me":
            me = organization.ask("GET", "_apis/connectionData")
            query["requestedFor"] = me["authenticatedUser"]["id"]
        given = {name: value for name, value in query.items() if value}
        return organization.of_project("GET", "build/builds", **given)["value"]


def show_run(call: Call) -> Any:
    """One run."""
    refuse_open(call)
    id = number(call, "--id")
    with organization_of(call) as organization:
        return organization.of_project("GET", f"build/builds/{id}")


def cancel_run(call: Call) -> Any:
    """Ask a run to stop."""
    refuse_open(call)
    id = number(call, "--build-id")
    with organization_of(call) as organization:
        body = {"status": "cancelling"}
        return organization.of_project("PATCH", f"build/builds/{id}", body)


def _pipeline_id(call: Call, organization: Organization) -> int:
    id, name = number(call, "--id"), call.text("--name")
    if id is not None:
        return id
    if name is None:
        raise Failed(
            "Either the --id argument or the --name argument must be supplied for this command."
        )
    found = _named(organization, name, call.text("--folder-path") or "")
    where = f'matching name "{name}" in project "{organization.project}".'
    if len(found) > 1:
        raise Failed(f"Multiple definitions were found {where} Try supplying the definition ID.")
    if not found:
        raise Failed(f"There were no build definitions {where}")
    return int(found[0]["id"])


def _named(organization: Organization, name: str, folder: str) -> list[dict[str, Any]]:
    query = {"name": name, "path": folder} if folder else {"name": name}
    found: list[dict[str, Any]]
    found = organization.of_project("GET", "build/definitions", **query)["value"]
    return found


def _repository_id(call: Call, organization: Organization) -> str:
    """The repository by its id, name or address, or that of this folder's remote."""
    kind = call.text("--repository-type")
    if kind is not None and kind.lower() != "tfsgit":
        raise Failed(
            f"--repository-type {kind} is not supported here: penstock push puts the repository on"
            " the server, then it is tfsgit"
        )
    name = call.text("--repository")
    if name is None and detects(call):
        name = (remote(call) or ("", ""))[1]
    if not name:
        raise Failed("The following arguments are required: --repository.")
    name = name.rstrip("/").rpartition("/_git/")[2]
    for one in organization.of_project("GET", "git/repositories")["value"]:
        if name.casefold() in (one["name"].casefold(), one["id"].casefold()):
            return str(one["id"])
    raise Failed(
        f"Could not find a repository with name '{name}', in project '{organization.project}'."
    )


def _branch(call: Call) -> str:
    branch = call.text("--branch")
    if not branch and detects(call):
        branch = git(call, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not branch:
        raise Failed("The following arguments are required: --branch.")
    return branch


def _full(branch: str) -> str:
    return branch if not branch or branch.startswith("refs/") else f"refs/heads/{branch}"
