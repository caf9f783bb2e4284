"""The columns that tables of Azure DevOps' commands have, as the `azure-devops` extension's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_LONGEST_NAME = 50
Row = Mapping[str, Any]


def rows_of(words: str, result: Any) -> list[Row] | None:
    """The rows of a command's table, or None for a command without columns of its own."""
    group, _, verb = words.partition(" ")
    if words in ("pipelines run", "pipelines create"):
        row: Callable[[Row], Row] = _queued
    elif words.startswith(("pipelines runs ", "pipelines build ")):
        row = _build if words.startswith("pipelines build ") else _run
    elif group == "pipelines":
        row = _pipeline
    elif verb.startswith("project "):
        row = _project
    elif group == "repos":
        row = _repository
    else:
        return None
    if isinstance(result, dict) and isinstance(result.get("value"), list):
        result = sorted(result["value"], key=lambda one: str(one["name"]).lower())
    return [row(one) for one in (result if isinstance(result, list) else [result])]


def _queued(one: Row) -> Row:
    """What was made: a build, a run of the newer API, or a pipeline."""
    if "buildNumber" in one:
        return _run(one)
    if "queueStatus" in one:
        return _pipeline(one)
    return _run(
        {
            "id": one["id"],
            "buildNumber": one["name"],
            "status": one["state"],
            "result": one.get("result"),
            "definition": one["pipeline"],
            "sourceBranch": one["resources"]["repositories"]["self"]["refName"],
            "queueTime": one["createdDate"],
            "reason": "manual",
        }
    )


def _pipeline(one: Row) -> Row:
    name = str(one["name"])
    return {
        "ID": one["id"],
        "Name": f"{name[:_LONGEST_NAME]}.." if len(name) > _LONGEST_NAME else name,
        "Status": one.get("queueStatus") or " ",
        "Default Queue": (one.get("queue") or {}).get("name") or " ",
    }


def _run(one: Row) -> Row:
    return _build(one, ("Run ID", "Pipeline ID", "Pipeline Name"))


def _build(
    one: Row, names: tuple[str, str, str] = ("ID", "Definition ID", "Definition Name")
) -> Row:
    queued = datetime.fromisoformat(str(one["queueTime"])).astimezone()
    return {
        names[0]: one["id"],
        "Number": one["buildNumber"],
        "Status": one["status"],
        "Result": one.get("result") or " ",
        names[1]: one["definition"]["id"],
        names[2]: one["definition"]["name"],
        "Source Branch": str(one.get("sourceBranch") or " ").removeprefix("refs/heads/"),
        "Queued Time": f"{queued.date()} {queued.time()}",
        "Reason": one["reason"],
    }


def _project(one: Row) -> Row:
    row = {"ID": one["id"], "Name": one["name"], "Visibility": str(one["visibility"]).capitalize()}
    can = one.get("capabilities") or {}
    if process := (can.get("processTemplate") or {}).get("templateName"):
        row["Process"] = process
    if control := (can.get("versioncontrol") or {}).get("sourceControlType"):
        row["Source Control"] = control
    return row


def _repository(one: Row) -> Row:
    return {
        "ID": one["id"],
        "Name": one["name"],
        "Default Branch": str(one.get("defaultBranch") or " ").removeprefix("refs/heads/"),
        "Project": one["project"]["name"],
    }
