"""What the answers of Azure DevOps are made of: lists, times, projects, people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from penstock.store.projects import Project


def listed(value: Sequence[object]) -> dict[str, object]:
    """A collection, with how many it has."""
    return {"count": len(value), "value": list(value)}


def moment(at: float | None) -> str | None:
    """A time in seconds since 1970 as ISO 8601 in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def project_reference(organization: str, project: Project) -> dict[str, object]:
    """A `TeamProjectReference`; `organization` is the address of the organization."""
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "url": f"{organization}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "revision": 1,
        "visibility": "private",
        "lastUpdateTime": moment(project.updated),
    }


def identity_json(id: str, name: str) -> dict[str, object]:
    """A person, as an `IdentityRef`."""
    return {"id": id, "displayName": name, "uniqueName": name, "descriptor": f"penstock.{id}"}
