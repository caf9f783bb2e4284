"""The workspace of a command: declared ones are made on first use, missing ones are explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Refused
from penstock.ml.workspaces import Workspace

T = TypeVar("T")


def in_workspace(call: Call, do: Callable[[Workspace], T]) -> T:
    """Do something in the workspace of the command; made first where it is declared and missing."""
    workspace = call.workspace
    try:
        return do(workspace)
    except Refused as refused:
        if not refused.is_missing_workspace:
            raise
    from penstock.cli.az.declared import make_declared

    if not make_declared(call, workspace):
        raise missing(workspace, call)
    return do(workspace)


def missing(workspace: Workspace, call: Call) -> Failed:
    """The failure that names both ways to have a workspace."""
    name, group = workspace.name, workspace.resource_group
    return Failed(
        f"(ResourceNotFound) workspace '{name}' in resource group '{group}' does not exist\n"
        f"create it:  penstock az ml workspace create --name {name} --resource-group {group}\n"
        f"or declare what it holds, as Azure ML YAML files, in .penstock/workspaces/{name}/",
        3 if call.words.endswith(" show") else 1,
    )
