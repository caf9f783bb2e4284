"""`az group`: resource groups, which here are names above workspaces."""

from __future__ import annotations

from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Refused


def create(call: Call) -> dict[str, Any]:
    """Make a resource group, or change its tags."""
    body: dict[str, Any] = {"location": call.text("--location")}
    tags = dict(tag.partition("=")[::2] for tag in call.texts("--tags"))
    if tags:
        body["tags"] = tags
    return call.wire.send("PUT", _path(call), body)


def show(call: Call) -> dict[str, Any]:
    """One resource group; exit code 3 where there is none."""
    found = call.wire.find(_path(call))
    if found is None:
        name = call.text("--name")
        raise Failed(
            f"(ResourceGroupNotFound) Resource group '{name}' could not be found.\n"
            "Code: ResourceGroupNotFound\n"
            f"Message: Resource group '{name}' could not be found.\n"
            f"create it: az group create --name {name} --location local",
            3,
        )
    return found


def list_groups(call: Call) -> list[dict[str, Any]]:
    """The resource groups of the subscription."""
    found: list[dict[str, Any]] = call.wire.get(_groups(call))["value"]
    wanted = call.text("--tag")
    if wanted is None:
        return found
    name, equals, value = wanted.partition("=")
    return [
        group
        for group in found
        if name in (group.get("tags") or {}) and (not equals or group["tags"][name] == value)
    ]


def exists(call: Call) -> bool:
    """Whether there is such a resource group."""
    return call.wire.find(_path(call)) is not None


def delete(call: Call) -> None:
    """Forget a resource group."""
    try:
        call.wire.send("DELETE", _path(call))
    except Refused as refused:
        if refused.status != 405:
            raise
        raise Failed(
            "az group delete is not supported here: delete its workspaces instead"
        ) from None


def _groups(call: Call) -> str:
    return f"/subscriptions/{call.subscription}/resourcegroups"


def _path(call: Call) -> str:
    return f"{_groups(call)}/{call.text('--name')}"
