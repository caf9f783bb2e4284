"""What the answers of Azure DevOps are made of: lists, times, people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def listed(value: Sequence[object]) -> dict[str, object]:
    """A collection, with how many it has."""
    return {"count": len(value), "value": list(value)}


def moment(at: float | None) -> str | None:
    """A time in seconds since 1970 as ISO 8601 in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def identity_json(id: str, name: str) -> dict[str, object]:
    """A person, as an `IdentityRef`."""
    return {"id": id, "displayName": name, "uniqueName": name, "descriptor": f"penstock.{id}"}
