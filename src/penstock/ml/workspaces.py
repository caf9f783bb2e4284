"""Which workspace is meant: its Azure id, and the name of the folder that holds its files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.records import record

PROVIDER = "Microsoft.MachineLearningServices"
DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
SUBSCRIPTION_NAME = "Penstock (local)"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,32}")
_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]")
_SUBSCRIPTION = re.compile(r"[A-Za-z0-9-]{1,36}")
_RULES = {
    "workspace": "use up to 33 letters, digits, underscores and hyphens",
    "resource group": "use up to 90 letters, digits, underscores, hyphens, periods (not at the end)"
    " and parentheses",
    "subscription": "use a GUID",
}


@record
class Workspace:
    """A workspace by its three names, as the user spelled them. Azure ignores their case."""

    subscription: str
    resource_group: str
    name: str

    @property
    def path(self) -> str:
        """The resource id: `/subscriptions/.../workspaces/NAME`."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/workspaces/{self.name}"
        )

    @property
    def scope(self) -> str:
        """The resource id as the store compares it."""
        return self.path.lower()

    @property
    def key(self) -> str:
        """The name of the workspace's folder under the storage root.

        It can be read back (`from_key`), because neither a workspace's name nor a subscription's id
        can hold a dot.
        """
        return f"{self.name}.{self.resource_group}.{self.subscription}".lower()


def check_names(workspace: Workspace) -> Iterator[str]:
    """What is wrong with the names of a new workspace. Azure's own rules, but for the shortest
    names; `key` can be read back only because they hold."""
    for what, name, rule in (
        ("workspace", workspace.name, _NAME),
        ("resource group", workspace.resource_group, _GROUP),
        ("subscription", workspace.subscription, _SUBSCRIPTION),
    ):
        if not rule.fullmatch(name):
            yield f'"{name}" is no name for a {what}: {_RULES[what]}'


def from_key(key: str) -> Workspace | None:
    """The workspace whose `key` this is."""
    name, dot, rest = key.partition(".")
    resource_group, second_dot, subscription = rest.rpartition(".")
    if not (dot and second_dot and name and resource_group and subscription):
        return None
    return Workspace(subscription=subscription, resource_group=resource_group, name=name)


def parse_arm_id(text: str) -> tuple[Workspace, tuple[str, ...]] | None:
    """Split `[azureml:]/subscriptions/S/resourceGroups/R/providers/.../workspaces/W/data/d/...`.

    Returns the workspace and what follows it (`("data", "d", ...)`), or None when the
    text is no such id. Fixed words are compared without case, as ARM does.
    """
    parts = text.removeprefix("azureml:").strip("/").split("/")
    if len(parts) < 8 or not all(parts):
        return None
    words = tuple(parts[index].lower() for index in (0, 2, 4, 5, 6))
    if words != ("subscriptions", "resourcegroups", "providers", PROVIDER.lower(), "workspaces"):
        return None
    workspace = Workspace(subscription=parts[1], resource_group=parts[3], name=parts[7])
    return workspace, tuple(parts[8:])
