"""What a client may change of a job that is there already, and what stays as it was submitted."""

from __future__ import annotations

import dataclasses
import json

from penstock.ml.fields import Json, field, seconds, table, text
from penstock.ml.jobstore import Job
from penstock.ml.ports import place_of
from penstock.ml.references import Problem, Refused

EXISTS = (
    "A job with this name already exists. If you are trying to create a new job, use a different"
    " name. If you are trying to update an existing job, the existing job's configuration cannot be"
    " changed. Only description, tags, displayName, properties, and isArchived can be updated."
)
_FIXED = (
    "job_type",
    "jobs",
    "component_id",
    "command",
    "code_id",
    "environment_id",
    "environment_variables",
    "compute_id",
    "inputs",
    "distribution",
)


def experiment_of(properties: Json) -> str:
    """The experiment of the job whose body has these `properties`."""
    return text(field(properties, "experiment_name", "Default"))


def patched(job: Job, patch: Json) -> Job:
    """The job with what a client said of it; tags and properties are merged."""
    properties = table(job.document, "properties")
    for name in ("displayName", "description"):
        if patch.get(name) is not None:
            properties[name] = patch[name]
    for name in ("tags", "properties"):
        if isinstance(patch.get(name), dict):
            properties[name] = {**table(properties, name), **patch[name]}
    return dataclasses.replace(
        job,
        document={**job.document, "properties": properties},
        display_name=text(properties.get("displayName") or job.display_name),
        archived=bool(patch.get("hidden", job.archived)),
    )


def patch_of_whole(job: Job, properties: Json) -> dict[str, object]:
    """The patch that a whole body comes to. Raises `Refused` when it would run otherwise.

    azure-ai-ml up to 1.31 sends the whole job, as it read it, to change its name or tags.
    """
    if _as_run(job, properties) != _as_run(job, table(job.document, "properties")):
        raise Refused(Problem(code="UserError", message=EXISTS, target="name"))
    patch = {
        "displayName": field(properties, "display_name"),
        "description": field(properties, "description"),
        "tags": table(properties, "tags"),
        "properties": table(properties, "properties"),
        "hidden": bool(field(properties, "is_archived", False)),
    }
    return {key: value for key, value in patch.items() if value is not None}


def _as_run(job: Job, properties: Json) -> str:
    """All that decides how a job runs, in one spelling.

    What a client read and sends again has each output's address, and durations written anew.
    """
    settings = {
        name: value for name, value in table(properties, "settings").items() if name != "_source"
    }
    parts = {
        **{name: field(properties, name) for name in _FIXED},
        "experiment": experiment_of(properties),
        "instances": text(field(table(properties, "resources"), "instance_count", 1)),
        "outputs": [
            _output(job, name, entry)
            for name, entry in sorted(table(properties, "outputs").items())
        ],
        "settings": settings,
        "timeout": seconds(table(properties, "limits").get("timeout")),
    }
    return json.dumps(_bare(parts), sort_keys=True)


def _output(job: Job, name: str, entry: object) -> list[str]:
    place, kept = place_of(entry), job.outputs.get(name)
    is_where_it_lies = place.uri is None or (kept is not None and place.uri == kept.uri)
    return [
        name,
        place.type or "uri_folder",
        place.mode or "rw_mount",
        "" if is_where_it_lies else text(place.uri),
        place.asset_name,
        place.asset_version,
    ]


def _bare(part: object) -> object:
    """A part of a body without what is null or empty, to compare two of them."""
    if isinstance(part, dict):
        kept = {key: _bare(entry) for key, entry in part.items()}
        return {key: entry for key, entry in kept.items() if entry not in (None, {}, [])}
    return [_bare(entry) for entry in part] if isinstance(part, list) else part
